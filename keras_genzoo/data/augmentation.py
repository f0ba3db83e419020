"""Random changes of training images."""

import tensorflow as tf

from keras_genzoo.layers import noise


def shifted(images, pixels, fill, seed):
    """Moves every image by whole pixels of its own, drawn evenly from the square of side `2 * pixels + 1`.

    Args:
        images: float tensor `(batch, height, width, channels)`.
        pixels: int, the largest move along an axis.
        fill: float, the value that comes in at the edges.
        seed: int32 tensor `(2,)`; the result is a function of it and the images alone.

    Returns:
        Tensor as `images`.
    """
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    drawn = noise.uniform([2, batch, 1], seed) * (2 * pixels + 1)
    down, across = tf.unstack(tf.cast(tf.floor(drawn), tf.int32))  # (batch, 1)
    edges = [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]]
    padded = tf.pad(images, edges, constant_values=fill)
    rows = tf.gather(padded, down + tf.range(height), axis=1, batch_dims=1)
    moved = tf.gather(rows, across + tf.range(width), axis=2, batch_dims=1)
    return tf.ensure_shape(moved, images.shape)
