"""Subwords by byte-pair encoding (Sennrich et al. 2016), learned by the `tokenizers` library, applied in the graph."""

import tensorflow as tf

from keras_genzoo.preprocessing import strings, vocabularies

SPACE = "▁"  # begins what stood after a space, as in SentencePiece
MARK = "\x1f"  # stands for it while punctuation is split off: U+2581 counts as a symbol
LONGEST = 64
NONE = tf.int64.max


def pieces(texts, split="punctuation"):
    """The parts of valid texts across which nothing is merged.

    A part is a word with the mark of the space before it. With the split `"punctuation"`, each punctuation mark and
    symbol is a part, too, with the space before it if there is one; with `"whitespace"` it stays in its word. No part
    is longer than 64 characters. Nothing but the kind and number of spaces is lost.

    Returns:
        ragged strings `(batch, None)`.
    """
    texts = strings.spaced(tf.strings.regex_replace(texts, SPACE, " "))
    texts = tf.strings.regex_replace(texts, r"(^| )([^ ])", rf" {MARK}\2")
    if split == "punctuation":
        texts = tf.strings.regex_replace(texts, rf"({MARK}?{strings.PUNCTUATION})", r" \1 ")
    texts = tf.strings.regex_replace(texts, rf"([^ ]{{{LONGEST}}})", r"\1 ")
    return tf.strings.split(tf.strings.regex_replace(texts, MARK, SPACE))


class Subwords:
    """Merges the characters of pieces into subwords, in the graph.

    Args:
        ids: lookup table from the subwords of the vocabulary to their ids, int32.
        vocabulary: list of str; `first_id` is the id of its first.
        merges: list of pairs of str, the first merged first; both, and what they make, are in the vocabulary.
        first_id: int.

    Raises:
        ValueError: for a merge that is there twice or is not of the vocabulary.
    """

    def __init__(self, ids, vocabulary, merges, first_id):
        known = {token: i for i, token in enumerate(vocabulary, first_id)}
        self.ids, self.size = ids, first_id + len(vocabulary)
        made = {}
        for rank, (left, right) in enumerate(merges):
            if not {left, right, left + right} <= known.keys() or (known[left], known[right]) in made:
                raise ValueError(
                    "Wrong merge. Expected distinct pairs of tokens that make a token of the vocabulary. "
                    f"Received: {(left, right)!r}"
                )
            made[known[left], known[right]] = rank * self.size + known[left + right]
        keys = [0, *(left * self.size + right for left, right in made)]  # 0, of padding, as no table may be empty
        self.merges = vocabularies.table(keys, tf.int64, [NONE, *made.values()], tf.int64, NONE)

    def __call__(self, parts, dropout=0.0, seed=None):
        """The ids of the subwords of ragged pieces `(batch, None)`: ragged int32 `(batch, None)`.

        Args:
            parts: ragged strings.
            dropout: float in [0, 1], the chance of every possible merge to be passed over at every step, so that a
                piece is cut in other ways at other places (Provilkov et al. 2020, BPE-Dropout: Simple and Effective
                Subword Regularization, algorithm 1). Defaults to 0.
            seed: int32 `(2,)`, of which the cuts are a function; or `None` without dropout.
        """
        distinct, where = (parts.flat_values, None) if dropout else tf.unique(parts.flat_values)
        characters = tf.ragged.map_flat_values(self.ids.lookup, strings.characters(distinct))
        merged = tf.RaggedTensor.from_tensor(self._merged(characters.to_tensor(0), dropout, seed), padding=0)
        return parts.with_values(merged if where is None else tf.gather(merged, where)).merge_dims(1, 2)

    def _merged(self, symbols, dropout, seed):
        """Ids of characters `(pieces, time)`, 0 on the right, merged as long as there is a pair to merge.

        Every step merges in each piece the first of the pairs that come first in `merges`, then looks up the two pairs
        that this makes. With dropout, a piece is done when a step passes over all of its pairs.
        """
        symbols = tf.pad(tf.cast(symbols, tf.int64), [[0, 0], [0, 1]])
        places = tf.range(tf.shape(symbols, tf.int64)[1])

        def pair(left, right):
            return self.merges.lookup(left * self.size + right)

        def at(values, place):
            return tf.gather(values, tf.clip_by_value(place, 0, places[-1]), axis=1, batch_dims=1)

        def step(number, symbols, pairs):
            chosen = pairs
            if dropout:
                key = tf.random.experimental.stateless_fold_in(seed, number)
                chosen = tf.where(tf.random.stateless_uniform(tf.shape(pairs), key) < dropout, NONE, pairs)
            best = tf.reduce_min(chosen, axis=1)
            found = best < NONE
            first = tf.reduce_min(tf.where(chosen == best[:, None], places, places[-1]), axis=1)
            place = tf.where(found, first, places[-1] + 2)  # past the end: nothing changes
            new = best % self.size
            before = tf.where(place > 0, pair(at(symbols, place - 1), new), NONE)
            after = pair(new, at(symbols, place + 2))
            here, earlier, beyond = (places == place[:, None], places == place[:, None] - 1, places > place[:, None])
            symbols = tf.where(here, new[:, None], tf.where(beyond, _shifted(symbols, 0), symbols))
            pairs = tf.where(beyond, _shifted(pairs, NONE), pairs)
            pairs = tf.where(here, after[:, None], tf.where(earlier, before[:, None], pairs))
            return number + 1, symbols, tf.where(found[:, None], pairs, NONE) if dropout else pairs

        pairs = pair(symbols, _shifted(symbols, 0))
        shapes = (tf.TensorShape([]), *(tf.TensorShape([None, None]),) * 2)
        _, symbols, _ = tf.while_loop(
            lambda number, symbols, pairs: tf.reduce_any(pairs < NONE), step, (0, symbols, pairs),
            shape_invariants=shapes,
        )  # fmt: skip
        return tf.cast(symbols, tf.int32)


def _shifted(values, fill):
    """Everything one place to the left."""
    return tf.concat([values[:, 1:], tf.fill([tf.shape(values)[0], 1], tf.constant(fill, values.dtype))], axis=1)
