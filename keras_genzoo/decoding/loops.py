"""What loops over a step share."""

import tensorflow as tf

NEVER = -1e9  # the logit of a token that must not come; finite, so that no difference is NaN


def marked(token_ids, size):
    """`(size,)`: `NEVER` at these tokens, 0 elsewhere."""
    return NEVER * tf.reduce_sum(tf.one_hot(tf.constant(list(token_ids), tf.int32), size), axis=0)


def unknown_batch(start):
    """Shape invariants of a loop: every size is open but that of the last axis of two or more."""

    def invariant(value):
        if isinstance(value, tf.TensorArray):
            return tf.TensorShape(None)
        shape = value.shape.as_list()
        return tf.TensorShape([None] * len(shape[:-1]) + (shape[-1:] if len(shape) > 1 else [None] * len(shape)))

    return tf.nest.map_structure(invariant, start)
