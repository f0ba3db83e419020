"""Random changes of images: anew in every epoch, or once for all."""

import numpy as np
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


def binarized(images, binarization, seed):
    """uint8 images of 0 and 255: `"threshold"`, or `"static"`, drawn once with their greys as probabilities."""
    if binarization == "none":
        return images
    if binarization == "threshold":
        return np.where(images > 127, 255, 0).astype("uint8")
    generator = np.random.default_rng(seed)
    drawn = np.empty_like(images)
    for start in range(0, len(images), 4096):
        rows = images[start : start + 4096]
        drawn[start : start + 4096] = 255 * (generator.random(rows.shape, dtype="float32") * 255 < rows)
    return drawn


def corrupted(images, corruption, value_range, seed):
    """float32 images in `value_range` with noise drawn once, so that a measurement does not depend on its batches."""
    low, high = value_range
    clean = low + (high - low) * (images / np.float32(255))
    added = np.random.default_rng([seed, 1]).standard_normal(images.shape, dtype="float32")
    return np.clip(clean + corruption * added, low, high).astype("float32")
