"""One token of every row, from its logits."""

import tensorflow as tf

COLDEST = 1e-25  # the temperature at which the best token has all probability, however close the others are


def choose(logits, uniform, temperature=1.0, top_k=0, top_p=1.0):
    """One token a row, by the inverse of the cumulative distribution.

    Args:
        logits: float32 `(batch, vocabulary_size)`.
        uniform: float32 `(batch,)` in [0, 1), the place in the distribution.
        temperature, top_k, top_p: as for `sample`.

    Returns:
        int32 `(batch,)`.
    """
    factor, uniform = tempered(temperature, uniform)
    scores = factor * logits
    return draw(either(restricts(top_k, top_p), lambda: restrict(scores, top_k, top_p), lambda: scores), uniform)


def restrict(logits, top_k=0, top_p=1.0):
    """Logits with all but the `top_k` best, and all but the smallest set of probability `top_p`, set to -inf.

    Of equal logits the one with the lower id is the better. The best always stays.

    Args:
        logits: float32 `(batch, vocabulary_size)`.
        top_k: int; 0 is off. Defaults to 0.
        top_p: float in (0, 1]. Defaults to 1.

    Returns:
        float32 `(batch, vocabulary_size)`.
    """
    values, place = tf.sort(logits, axis=-1, direction="DESCENDING"), tf.range(tf.shape(logits)[-1])
    within = place < tf.where(top_k > 0, top_k, tf.size(place))
    probability = tf.nn.softmax(tf.where(within, values, -float("inf")))
    before = tf.cumsum(probability, axis=-1, exclusive=True)
    kept = tf.reduce_sum(tf.cast(within & ((before < top_p) | (place == 0)), tf.int32), axis=-1, keepdims=True)
    least = tf.gather(values, kept - 1, batch_dims=1)  # of those that stay, which are the first in order
    above, equal = logits > least, logits == least
    room = kept - tf.reduce_sum(tf.cast(above, tf.int32), axis=-1, keepdims=True)
    return tf.where(above | (equal & (tf.cumsum(tf.cast(equal, tf.int32), axis=-1) <= room)), logits, -float("inf"))


def tempered(temperature, uniform):
    """A factor on logits, and places in the distribution they make then.

    Temperature 0 is the limit: all probability at the best token, and the place 0, that of the first of equal ones. A
    loop draws in the same few operations then, whatever the temperature.
    """
    temperature = tf.cast(temperature, tf.float32)
    return 1.0 / tf.maximum(temperature, COLDEST), tf.where(temperature > 0, uniform, 0.0)


def draw(logits, uniform):
    """The first token whose cumulative probability is above `uniform`, int32 `(batch,)`."""
    cumulative = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    above = cumulative > uniform[:, None] * cumulative[:, -1:]  # the last sum may not be 1
    return tf.argmax(above, axis=-1, output_type=tf.int32)


def restricts(top_k, top_p):
    """Whether any token is left out by `restrict`: a Python bool where that is known, else a tensor."""
    known_k, known_p = tf.get_static_value(top_k), tf.get_static_value(top_p)
    if known_k is None or known_p is None:
        return (top_k > 0) | (top_p < 1.0)
    return bool(known_k > 0 or known_p < 1.0)


def either(condition, if_true, if_false):
    """`tf.cond`, which leaves out the branch that a known condition never takes."""
    if tf.is_tensor(condition):
        return tf.cond(condition, if_true, if_false)
    return if_true() if condition else if_false()
