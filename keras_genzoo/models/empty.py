"""Networks on a batch of no rows."""

import tensorflow as tf


def apply_rows(network, inputs):
    """`network(inputs, training=False)`, also for a batch of 0.

    TensorFlow 2.21 fuses a convolution with its bias and activation, and the fused kernel gives an empty batch a wrong
    shape. So an empty batch gets one row of zeros, and its outputs lose theirs.

    Args:
        network: layer or model.
        inputs: structure of tensors `(batch, ...)`.

    Returns:
        What the network returns, a structure of tensors `(batch, ...)`.
    """
    count = tf.shape(tf.nest.flatten(inputs)[0])[0]
    more = tf.cast(count == 0, tf.int32)

    def pad(values):
        padded = tf.pad(values, [[0, more]] + [[0, 0]] * (values.shape.rank - 1))
        return tf.ensure_shape(padded, [None, *values.shape[1:]])

    outputs = network(tf.nest.map_structure(pad, inputs), training=False)
    return tf.nest.map_structure(lambda values: values[:count], outputs)
