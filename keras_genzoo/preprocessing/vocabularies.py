"""Vocabularies: checked, and as lookup tables."""

import collections

import tensorflow as tf


def checked(vocabulary):
    """The vocabulary as a list; an error if it is empty, holds a token twice, or one that is no str."""
    vocabulary = list(vocabulary)
    if not vocabulary:
        raise ValueError("The vocabulary is empty. Expected at least one token. Received: vocabulary=[]")
    wrong = next((token for token in vocabulary if not isinstance(token, str) or not token), None)
    if wrong is not None:
        raise ValueError(f"Wrong token. Expected non-empty str. Received: {wrong!r} in the vocabulary")
    counts = collections.Counter(vocabulary)
    if len(counts) < len(vocabulary):
        twice = next(token for token, count in counts.items() if count > 1)
        raise ValueError(f"The vocabulary has a token twice. Expected distinct tokens. Received: {twice!r}")
    return vocabulary


def table(keys, key_dtype, values, value_dtype, default):
    """A lookup table that lives in the graph: its content is written into an exported SavedModel without a file."""
    with tf.init_scope(), tf.device("CPU:0"):
        initializer = tf.lookup.KeyValueTensorInitializer(
            tf.constant(list(keys), key_dtype), tf.constant(list(values), value_dtype)
        )
        return tf.lookup.StaticHashTable(initializer, default)
