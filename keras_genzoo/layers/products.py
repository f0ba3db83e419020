"""A matrix product of the last axis in few operations: inside a loop over steps each of them is paid at every step."""

import tensorflow as tf


def times(values, kernel, transposed=False):
    """`tf.tensordot(values, kernel, 1)`, without the dozen operations that it takes where sizes are open.

    Args:
        values: `(..., features)`, of a known rank of at least 2.
        kernel: `(features, width)`, or transposed, as embeddings are.
        transposed: bool. Defaults to `False`.

    Returns:
        `(..., width)`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.layers.products import times
    >>> tuple(times(tf.ones((2, 3, 4)), tf.ones((4, 5))).shape)
    (2, 3, 5)
    """
    values = tf.convert_to_tensor(values)
    if values.shape.rank == 2:
        return tf.matmul(values, kernel, transpose_b=transposed)
    features, width = kernel.shape[::-1] if transposed else kernel.shape
    rows = tf.matmul(tf.reshape(values, (-1, features)), kernel, transpose_b=transposed)
    return tf.reshape(rows, tf.concat([tf.shape(values)[:-1], [width]], axis=0))
