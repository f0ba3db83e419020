"""A layer that turns texts into token ids and token ids into texts."""

import keras
import tensorflow as tf

from keras_genzoo.preprocessing import languages, learning, splitting, strings, subwords, vocabularies

PADDING, UNKNOWN, START, END = 0, 1, 2, 3
NUM_SPECIAL = 4


@keras.saving.register_keras_serializable(package="keras_genzoo")
class TextPreprocessor(keras.layers.Layer):
    """Characters, words or subwords of texts as token ids, and back; all in the graph, with core TensorFlow ops.

    The layer is complete once constructed: the vocabulary is in its configuration. Ids are 0 for padding, 1 for what
    is not in the vocabulary, 2 and 3 for the start and the end of a sentence, then those of `vocabulary`, in order.
    The same object serves `Dataset.map`, `generate` and the export, for which `lookups` are its tables.

    Args:
        vocabulary: list of distinct str, see `learn`.
        level: `"characters"` (code points), `"words"` or `"subwords"` (byte-pair encoding). Defaults to `"characters"`.
        lowercase: bool. Defaults to `False`.
        split: how words are found, see `strings.words`, and the pieces of subwords, see `subwords.pieces`:
            `"punctuation"` or `"whitespace"`; or by the rules of a language, `"english"`, `"german"` or `"french"`, see
            `languages`. Defaults to `"punctuation"`.
        merges: list of pairs of str, which characters and subwords are merged, the first first; for subwords alone.
        sentences: bool, whether a text is a whole, with a start and an end, or a window of running text, with neither.
            Defaults to `True`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        texts: list of str, or strings `(batch,)`. Invalid UTF-8 counts as U+FFFD.

    Returns:
        int32 `(batch, time)` with time >= 1: start, tokens and end of sentences, or the tokens alone of windows, and 0
        on the right up to the longest.

    Raises:
        ValueError: for an empty vocabulary, a token twice, a token that is no str, or an unknown level or split.

    Example:

    >>> from keras_genzoo.preprocessing import TextPreprocessor
    >>> preprocessor = TextPreprocessor.learn(["a cat sat", "a dog sat"], level="words")
    >>> preprocessor.vocabulary
    ['a', 'sat', 'cat', 'dog']
    >>> ids = preprocessor(["a dog", "a bird sat"])
    >>> ids.numpy().tolist()
    [[2, 4, 7, 3, 0], [2, 4, 1, 5, 3]]
    >>> [text.decode() for text in preprocessor.detokenize(ids).numpy()]
    ['a dog', 'a [UNK] sat']
    """

    def __init__(
        self,
        vocabulary,
        level="characters",
        lowercase=False,
        split="punctuation",
        merges=None,
        sentences=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        splitting.check(level, split)
        self.vocabulary = vocabularies.checked(vocabulary)
        self.level = level
        self.lowercase = bool(lowercase)
        self.split = split
        self.merges = None if merges is None else [list(merge) for merge in merges]
        self.sentences = bool(sentences)
        ids = range(NUM_SPECIAL, self.vocabulary_size)
        self._ids = vocabularies.table(self.vocabulary, tf.string, ids, tf.int32, UNKNOWN)
        self._strings = vocabularies.table(ids, tf.int64, self.vocabulary, tf.string, self.unknown_text)
        if (level == "subwords") != (merges is not None):
            given = "without merges" if merges is None else "with merges"
            raise ValueError(f"Expected merges for subwords, and only for them. Received: {level=} {given}")
        self._subwords = (
            None if merges is None else subwords.Subwords(self._ids, self.vocabulary, self.merges, NUM_SPECIAL)
        )
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    @classmethod
    def learn(
        cls,
        texts,
        level="characters",
        vocabulary_size=None,
        min_count=1,
        lowercase=False,
        split="punctuation",
        sentences=True,
    ):
        """A preprocessor whose vocabulary is that of the texts: the most frequent tokens first, or learned subwords.

        Args:
            texts: iterable of str.
            level, lowercase, split, sentences: as above.
            vocabulary_size: int, the largest number of ids, the four special ones included; or `None` for no limit, of
                subwords 8,000.
            min_count: int, how often a token must be there to be known, or a pair of subwords to be merged. Defaults
                to 1.

        Raises:
            ValueError: if no token is left, or an argument is out of range.
        """
        splitting.check(level, split)
        batches = learning.unit_batches(texts, level, lowercase, split)
        learned = learning.learn(batches, level, NUM_SPECIAL, vocabulary_size, min_count)
        return cls(**learned, level=level, lowercase=lowercase, split=split, sentences=sentences)

    @property
    def vocabulary_size(self):
        """The number of ids, the four special ones included."""
        return len(self.vocabulary) + NUM_SPECIAL

    @property
    def start_id(self):
        """The id that generation begins from: start, or for windows that of a line break where there is one."""
        if not self.sentences and self.level == "characters" and "\n" in self.vocabulary:
            return self.vocabulary.index("\n") + NUM_SPECIAL
        return START

    @property
    def end_id(self):
        """The id of the end token; -1 for windows, which have none."""
        return END if self.sentences else -1

    @property
    def unknown_text(self):
        """How an unknown token is written: `[UNK]` among words, U+FFFD among characters and subwords."""
        return strings.UNKNOWN_WORD if self.level == "words" else strings.REPLACEMENT

    @property
    def lookups(self):
        """The lookup tables: an `ExportArchive` must track them."""
        return [self._ids, self._strings] + ([self._subwords.merges] if self._subwords else [])

    def tokenize(self, texts, dropout=0.0, seed=None):
        """The ids of the tokens, without start and end: ragged int32 `(batch, None)`.

        Args:
            texts: as of the call.
            dropout: float in [0, 1], how much chance there is in how a text is cut into subwords, see
                `subwords.Subwords`; in training, and of subwords alone. Defaults to 0.
            seed: int32 `(2,)`, of which the cuts are a function; or `None` without dropout.

        Raises:
            ValueError: for a dropout out of range, without a seed, or of what is not subwords.
        """
        if not 0 <= dropout <= 1 or (dropout and (seed is None or self._subwords is None)):
            raise ValueError(
                "Expected dropout in [0, 1], and 0 without a seed and but for subwords. "
                f"Received: {dropout=}, {seed=}, level={self.level!r}"
            )
        units = splitting.units(strings.string_tensor(texts), self.level, self.lowercase, self.split)
        if self._subwords:
            return self._subwords(units, dropout, seed)
        return tf.ragged.map_flat_values(self._ids.lookup, units)

    def encode(self, texts, dropout=0.0, seed=None):
        """As `tokenize`, but with start and end where texts are sentences."""
        ids = self.tokenize(texts, dropout, seed)
        return tf.concat([_column(ids, START), ids, _column(ids, END)], axis=1) if self.sentences else ids

    def call(self, texts):
        return _padded(self.encode(texts))

    def encode_prompts(self, texts):
        """What generation goes on from: int32 `(batch, time)`, time >= 1, padded with 0 on the right.

        Sentences begin with the start token; windows are the tokens alone, or `start_id` for an empty text.
        """
        ids = self.tokenize(texts)
        if self.sentences:
            return _padded(tf.concat([_column(ids, START), ids], axis=1))
        padded = _padded(ids)
        first = tf.range(tf.shape(padded)[1]) == 0
        return tf.where((ids.row_lengths() == 0)[:, None] & first, self.start_id, padded)

    def detokenize(self, ids):
        """The texts of ids, with tokens put together as the language writes them: string tensor `(batch,)`.

        Args:
            ids: integers `(batch, time)`. What follows the first end token is left out, and so are padding and start
                tokens. Ids out of range count as unknown.
        """
        texts = self.join(ids)
        by_language = self.level != "characters" and self.split in languages.LANGUAGES
        return languages.detokenized(texts, self.split) if by_language else texts

    def join(self, ids):
        """As `detokenize`, but with one space between tokens, as published BLEU figures want it."""
        ids = tf.cast(ids, tf.int64)
        ended = tf.cumsum(tf.cast(ids == END, tf.int32), axis=1) > 0
        kept = ~ended & (ids != PADDING) & (ids != START)
        tokens = self._strings.lookup(ids)
        if self.level == "words":
            tokens = " " + tokens
        texts = tf.strings.reduce_join(tf.where(kept, tokens, ""), axis=1)
        if self.level == "subwords":
            texts = tf.strings.regex_replace(texts, subwords.SPACE, " ")
        return texts if self.level == "characters" else tf.strings.regex_replace(texts, "^ ", "")

    def unknown_count(self, ids):
        """How many of the ids `(batch, time)` are unknown: int32 `(batch,)`."""
        return tf.math.count_nonzero(tf.equal(ids, UNKNOWN), axis=1, dtype=tf.int32)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], None)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": list(self.vocabulary),
            "level": self.level,
            "lowercase": self.lowercase,
            "split": self.split,
            "merges": None if self.merges is None else [list(merge) for merge in self.merges],
            "sentences": self.sentences,
        }


def _column(ids, value):
    return tf.fill([tf.cast(ids.nrows(), tf.int32), 1], value)


def _padded(ids):
    """Ragged ids as int32 `(batch, time)`, padded, with at least one column."""
    ids = ids.to_tensor(default_value=PADDING)
    return tf.pad(ids, [[0, 0], [0, tf.maximum(0, 1 - tf.shape(ids)[1])]])
