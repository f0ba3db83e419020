"""The largest of many values."""

import tensorflow as tf

GROUP, MANY = 32, 1024


def largest_of(values, count):
    """`tf.math.top_k` where a few of many values are asked for (`benchmarks/largest.py`).

    It looks among groups of `GROUP` values, by the largest of each, and then into as many groups as values are asked
    for: these hold all of them. Equal values are in the order of their places, as there.

    Args:
        values: float `(rows, size)` of known size.
        count: int scalar tensor, at most `size`.

    Returns:
        `(values, places)`, each `(rows, count)`, the largest first.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.decoding.largest import largest_of
    >>> found, places = largest_of(tf.range(5000.0)[None], tf.constant(2))
    >>> found.numpy().tolist(), places.numpy().tolist()
    ([[4999.0, 4998.0]], [[4999, 4998]])
    """
    size = values.shape[-1]
    if size < MANY:
        return tf.math.top_k(values, count)

    def grouped():
        groups = tf.pad(values, [[0, 0], [0, -size % GROUP]], constant_values=-float("inf"))
        groups = tf.reshape(groups, (-1, groups.shape[-1] // GROUP, GROUP))
        _, chosen = tf.math.top_k(tf.reduce_max(groups, axis=-1), tf.minimum(count, groups.shape[1]))
        chosen = tf.sort(chosen, axis=-1)
        candidates = tf.gather(groups, chosen, batch_dims=1)
        found, places = tf.math.top_k(tf.reshape(candidates, (tf.shape(values)[0], tf.shape(chosen)[1] * GROUP)), count)
        return found, tf.gather(chosen, places // GROUP, batch_dims=1) * GROUP + places % GROUP

    return tf.cond(count > 1, grouped, lambda: tuple(tf.math.top_k(values, count)))
