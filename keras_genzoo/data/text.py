"""Text splits: raw strings, and the batches of token ids that a preprocessor makes of them."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from keras_genzoo.data import sentences
from keras_genzoo.data.encoding import Encoding, encoded
from keras_genzoo.data.pipeline import in_order, length_sorted, pick_rows, row_batches, shuffled, some_rows
from keras_genzoo.data.windows import num_windows, stream_batches, window_batches
from keras_genzoo.preprocessing import END, START, UNKNOWN


@dataclasses.dataclass(frozen=True)
class TextSplit:
    """Texts in memory and how they become batches.

    Attributes:
        columns: dict with `"texts"`, list of str; where there are `"targets"`, list of str aligned with them, and
            `"labels"`, int32 `(examples,)`.
        training: whether batches are shuffled.
        encoding: `Encoding` or `None`, with which batches are raw strings.
    """

    columns: dict = dataclasses.field(repr=False)
    training: bool = False
    encoding: Encoding | None = None

    def __len__(self):
        """The number of examples: windows of running text, else texts; in training those within `max_length`."""
        if self.window is not None:
            return num_windows(len(self.running_ids), self.window, self.training)
        return len(self.texts) if self.encoding is None else len(self._rows)

    @property
    def texts(self):
        """list of str."""
        return self.columns["texts"]

    @property
    def targets(self):
        """list of str aligned with `texts`, or `None`."""
        return self.columns.get("targets")

    @property
    def labels(self):
        """int32 `(examples,)`, or `None`."""
        return self.columns.get("labels")

    @property
    def window(self):
        """The ids a window, or `None` for whole sentences."""
        return None if self.encoding is None else self.encoding.window

    @functools.cached_property
    def running_ids(self):
        """The ids of the texts, joined by line breaks, as one running text: int32 `(tokens,)`."""
        return self.encoding.preprocessor.tokenize(["\n".join(self.texts)]).flat_values.numpy()

    @functools.cached_property
    def sequences(self):
        """Ids of whole sentences, with start and end: a dict of ragged int32 `(examples, None)`."""
        return {name: encoded(self.columns[name], part) for name, part in self.encoding.preprocessors.items()}

    @property
    def unknown_share(self):
        """The share of the tokens, start and end not counted, that are not in the vocabulary: float."""
        running = self.window is not None
        ids = [self.running_ids] if running else [part.flat_values.numpy() for part in self.sequences.values()]
        tokens = np.concatenate(ids)
        tokens = tokens[(tokens != START) & (tokens != END)]
        return float(np.mean(tokens == UNKNOWN)) if len(tokens) else 0.0

    def batches(self, batch_size=128, seed=0, first_epoch=0, shuffle=None, drop_remainder=None):
        """A finite `tf.data.Dataset` for plain `fit`, as that of `Split.batches`.

        Every iteration over that of the training split is the next epoch; the others repeat theirs. Shuffled
        sentences come in batches of about equal length, each exactly once an epoch.

        Args:
            batch_size: int. Defaults to 128.
            seed: int. The order, the batches and the windows' offset are functions of (seed, epoch). Defaults to 0.
            first_epoch: int, the number of the first epoch, to go on with an interrupted run. Defaults to 0.
            shuffle: bool. Defaults to `True` for the training split.
            drop_remainder: bool, whether a last smaller batch is left out. Defaults to `True` for windows and static
                shapes of the training split.

        Returns:
            Dataset of what the encoding's view makes, or of string tensors `(batch,)`, `(texts, targets)` where
            there are targets, when there is no preprocessor.

        Raises:
            ValueError: if there are no examples, or `batch_size` is below 1.
        """
        shuffle = self.training if shuffle is None else shuffle
        fixed = self.encoding is not None and (self.encoding.static or self.window is not None)
        drop_remainder = (self.training and fixed) if drop_remainder is None else drop_remainder
        common = {"seed": seed, "first_epoch": first_epoch}
        if self.window is not None and self.encoding.stream:
            return stream_batches(self.running_ids, self.window, batch_size, training=shuffle, **common)
        common |= {"drop_remainder": drop_remainder, "repeat_first": not self.training}
        if self.window is not None:
            return window_batches(self.running_ids, self.window, batch_size, shuffle=shuffle, **common)
        return self._sentence_batches(batch_size, shuffle, common)

    def pairs(self, batch_size=100):
        """The examples once, in order, as pairs `(x, y)`: what a model is given, and the ids it is to predict."""
        for batch in self.batches(batch_size, shuffle=False, drop_remainder=False):
            yield batch[:2] if isinstance(batch, tuple) else (batch, None)

    def take(self, count):
        """The first `count` examples, windows of running text, as another split."""
        if self.window is None:
            columns = {name: values[:count] for name, values in self.columns.items()}
        else:
            ids = self.running_ids[: count * self.window + 1]
            columns = {"texts": [self.encoding.preprocessor.detokenize(ids[None])[0].numpy().decode()]}
        return dataclasses.replace(self, columns=columns)

    def some(self, count, seed=0):
        """As `Split.some`, of whole texts."""
        return dataclasses.replace(self, columns=pick_rows(self.columns, some_rows(len(self.texts), count, seed)))

    @functools.cached_property
    def _lengths(self):
        """The longer of an example's sequences: int64 `(examples,)`; source and target that count the end token."""
        return np.max([ids.row_lengths().numpy() - 1 for ids in self.sequences.values()], axis=0)

    @functools.cached_property
    def _rows(self):
        """The examples that are used: in training those of at most `max_length` tokens, else all."""
        limit = self.encoding.max_length if self.training else None
        return np.flatnonzero(self._lengths <= (np.inf if limit is None else limit + 1)).astype("int32")

    def _sentence_batches(self, batch_size, shuffle, common):
        cut = self.encoding.subword_dropout if self.encoding and self.training else 0.0
        if self.encoding is None:
            data, rows = {k: tf.constant(self.columns[k]) for k in ("texts", "targets") if k in self.columns}, None
            count, order = len(self), shuffled(len(self)) if shuffle else in_order(len(self))
        else:
            rows, count = self._rows, len(self._rows)
            texts = {name: tf.constant(self.columns[name]) for name in self.encoding.preprocessors} if cut else {}
            data = texts or dict(self.sequences)
            if self.encoding.conditional:
                data["labels"] = tf.constant(self.labels)
            order = length_sorted(self._lengths[rows], batch_size) if shuffle and count else in_order(count)

        def make(chosen, epoch, batch_seed):
            chosen = chosen if rows is None else tf.gather(rows, chosen)
            batch = {name: tf.gather(value, chosen) for name, value in data.items()}
            if self.encoding is None:
                return (batch["texts"], batch["targets"]) if "targets" in batch else batch["texts"]
            if cut:
                for side, (name, part) in enumerate(self.encoding.preprocessors.items()):
                    key = tf.random.experimental.stateless_fold_in(batch_seed, side)
                    batch[name] = part.encode(batch[name], cut, key)
            return getattr(sentences, self.encoding.view)(batch, 8 if self.encoding.static else 1)

        return row_batches(count, batch_size, make, order, **common)


@dataclasses.dataclass(frozen=True)
class TextSplits:
    """`train`, `validation` and `test`, and `info` about where they come from."""

    train: TextSplit
    validation: TextSplit
    test: TextSplit
    info: dict

    def with_preprocessor(
        self,
        preprocessor,
        view="language_model",
        window=None,
        max_length=None,
        static=False,
        stream=False,
        conditional=False,
        subword_dropout=0.0,
    ):
        """The same splits, whose batches are token ids.

        Args:
            preprocessor: `TextPreprocessor`, or for translation one with `source` and `target`.
            view: `"language_model"`: `(ids, next_ids, sample_weight)`; `"text_vae"`:
                `({"token_ids", "decoder_ids"}, next_ids, sample_weight)`; `"seq2seq"`:
                `({"source_ids", "source_mask", "decoder_ids"}, next_ids, sample_weight)`.
            window: int, the ids a window of running text; for preprocessors without sentences, and only those.
                Defaults to 256 for them.
            max_length: int, training sentences with more tokens are left out; or `None`. Others are always measured.
            static: bool, whether sentences are padded to multiples of 8, so that XLA sees few shapes.
            stream: bool, whether the rows of windows go on from batch to batch, see `stream_batches`.
            conditional: bool, whether labels go along.
            subword_dropout: float in [0, 1], how much chance there is, in training, in how a sentence is cut into
                subwords, anew in every epoch (Provilkov et al. 2020). Defaults to 0.

        Raises:
            ValueError: for arguments that do not go together, or splits that have no such column.
        """
        if view not in sentences.VIEWS:
            raise ValueError(f"Unknown view. Expected one of {sentences.VIEWS}. Received: {view=}")
        running = not getattr(preprocessor, "sentences", True)
        window = 256 if running and window is None else window
        if running != (window is not None) or (stream and not running) or (running and view != "language_model"):
            raise ValueError(
                "Expected windows and streams with a preprocessor of running text (sentences=False) and the view "
                f"'language_model'. Received: {window=}, {stream=}, {view=}, sentences={not running}"
            )
        if self.info.get("running") and not running:
            raise ValueError(
                "The data are one running text. Expected a preprocessor of running text (sentences=False), or data of "
                f"sentences. Received: {self.info.get('name')!r} for the view {view!r}"
            )
        if min(number for number in (window, max_length, 1) if number is not None) < 1 or (
            view == "seq2seq" and self.train.targets is None
        ):
            raise ValueError(
                "Expected window and max_length of at least 1, and targets for the view 'seq2seq'. "
                f"Received: {window=}, {max_length=}, columns {sorted(self.train.columns)}"
            )
        if conditional and self.train.labels is None:
            raise ValueError(f"A conditional model needs labels. Received: columns {sorted(self.train.columns)}")
        encoding = Encoding(preprocessor, view, window, max_length, static, stream, conditional, subword_dropout)
        levels = {part.level for part in encoding.preprocessors.values()}
        if not 0 <= subword_dropout <= 1 or (subword_dropout and (running or levels != {"subwords"})):
            raise ValueError(
                "Expected subword_dropout in [0, 1], and 0 but for sentences of subwords. "
                f"Received: {subword_dropout=}, level {' and '.join(sorted(levels))}, sentences={not running}"
            )
        parts = {name: getattr(self, name) for name in ("train", "validation", "test")}
        return dataclasses.replace(
            self, **{name: dataclasses.replace(part, encoding=encoding) for name, part in parts.items()}
        )
