"""Vocabularies: learned from texts, checked, and as lookup tables."""

import collections
import itertools

import tensorflow as tf

from keras_genzoo.preprocessing import strings


def learn(texts, units, size=None, min_count=1):
    """The tokens of texts, the most frequent first, equally frequent ones in the order of their code points.

    Args:
        texts: iterable of str.
        units: function from a string tensor `(batch,)` to the ragged strings of its tokens.
        size: int, the most tokens to keep, or `None`.
        min_count: int, tokens that are seen less often are left out.

    Returns:
        list of str.

    Raises:
        ValueError: if nothing is left.
    """
    counts = collections.Counter()
    for batch in unit_batches(texts, units):
        counts.update(batch)
    tokens = [(-count, token.decode()) for token, count in counts.items() if count >= min_count]
    tokens = [token for _, token in sorted(tokens) if token.upper() != strings.UNKNOWN_WORD]
    if not tokens:
        raise ValueError(
            f"No token to learn. Expected texts with a token that is there {min_count} times. "
            f"Received: {len(counts)} distinct tokens"
        )
    return tokens[:size]


def unit_batches(texts, units):
    """Yields the units of some texts after the other, as lists of bytes."""
    texts = iter([texts] if isinstance(texts, (str, bytes)) else texts)
    while batch := list(itertools.islice(texts, 1024)):
        yield units(strings.string_tensor(batch)).flat_values.numpy().tolist()


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
