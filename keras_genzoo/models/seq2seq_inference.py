"""What a trained translator is used for: strings in, strings out, one graph each."""

import math
import operator

import tensorflow as tf

from keras_genzoo import decoding
from keras_genzoo.losses import token_nll
from keras_genzoo.models import text
from keras_genzoo.preprocessing import END, PADDING, START


class Seq2SeqInference:
    """The public methods of `Seq2Seq` and `Ensemble` beside training.

    It works on `preprocessor` and three methods: `_encode(source_ids)`, whose result the others take;
    `_begin(encoded)`, which returns the step of `keras_genzoo.decoding` and its first state; and
    `_forced(encoded, decoder_ids)`, which returns logits `(batch, time, vocabulary_size)` and attention weights
    `(batch, time, source)`.
    """

    @property
    def source_preprocessor(self):
        """What turns sources into ids."""
        return getattr(self.preprocessor, "source", self.preprocessor)

    @property
    def target_preprocessor(self):
        """What turns targets into ids, and ids into texts."""
        return getattr(self.preprocessor, "target", self.preprocessor)

    def generate(self, sources, beam_width=5, max_length=60, length_penalty=1.0, num_best=1):
        """Translates, or whatever the model has learnt to make of sources.

        Unknown tokens are never generated; those of a source are read as one special token. A source without a token
        gives an empty text, for certain: its score is 0, and there is no second best.

        Args:
            sources: list of str.
            beam_width: int of at least 1; 1 is greedy. Defaults to 5.
            max_length: int, tokens at most, the end token not counted. Defaults to 60.
            length_penalty: float. A hypothesis's score is log p divided by its length to this power. Defaults to 1.
            num_best: int, how many hypotheses a source. Defaults to 1.

        Returns:
            list of str; for `num_best` above 1 a list of such lists, the best first.

        Raises:
            ValueError: for an argument out of range or that is no whole number, or a lone str.
        """
        beam_width, max_length, length_penalty, num_best = check_search(
            beam_width, max_length, length_penalty, num_best
        )
        sources = text.text_tensor("sources", sources)
        options = tf.constant(beam_width), tf.constant(max_length), tf.constant(length_penalty, tf.float32)
        found = text.strings(tf.reshape(self._generate(sources, *options)["texts"], (-1,)))
        rows = [found[i : i + beam_width] for i in range(0, len(found), beam_width)]
        return [row[0] for row in rows] if num_best == 1 else [row[:num_best] for row in rows]

    def align(self, sources, targets):
        """What was attended to when targets are made of sources.

        Args:
            sources, targets: lists of str, aligned.

        Returns:
            dict of `attention`, float32 `(batch, target, source)`, 0 at padding, and the tokens that rows and columns
            stand for, `source_tokens` and `target_tokens`, lists of lists of str; the end token is one of them.
        """
        sources, targets = self._aligned(sources, targets)
        source_ids, target_ids = self.source_preprocessor(sources), self.target_preprocessor(targets)
        return {
            "attention": self._align_ids(source_ids, target_ids).numpy(),
            "source_tokens": _tokens(self.source_preprocessor, source_ids),
            "target_tokens": _tokens(self.target_preprocessor, target_ids[:, 1:]),
        }

    def score(self, sources, targets):
        """How probable targets are, given sources.

        Args:
            sources, targets: lists of str, aligned.

        Returns:
            dict of arrays `(batch,)`: float32 `nats`, the sum of -log p over the target's tokens, the end included;
            int32 `tokens`, how many these are, and `unknown`, how many of them are not in the vocabulary.
        """
        return {name: value.numpy() for name, value in self._score(*self._aligned(sources, targets)).items()}

    def token_nll(self, x, next_ids):
        """Nats of every target token: float32 `(batch, time)`, 0 where `next_ids` is padding.

        Args:
            x: dict of `source_ids` `(batch, source)` and `decoder_ids` `(batch, time)`.
            next_ids: int `(batch, time)`.
        """
        ids = (x["source_ids"], x["decoder_ids"], next_ids)
        return self._token_nll(*(tf.cast(values, tf.int32) for values in ids))

    def _aligned(self, sources, targets):
        sources, targets = text.text_tensor("sources", sources), text.text_tensor("targets", targets)
        if sources.shape[0] != targets.shape[0]:
            raise ValueError(
                "Expected as many targets as sources. "
                f"Received: {sources.shape[0]} sources and {targets.shape[0]} targets"
            )
        return sources, targets

    # ---- graphs ----

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(self, sources, *options):
        found = self._generate_ids(self.source_preprocessor(sources), *options)
        return {"texts": self._texts(found.pop("token_ids")), **found}

    def _texts(self, ids):
        batch, width, length = tf.unstack(tf.shape(ids))
        texts = self.target_preprocessor.detokenize(tf.reshape(ids, (batch * width, length)))
        return tf.reshape(texts, (batch, width))

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate_ids(self, source_ids, beam_width, max_length, length_penalty):
        """The best sequences, their scores, and what the tokens and the end of the best one were written by."""
        step, state = self._begin(self._encode(source_ids))
        rows = tf.shape(tf.nest.flatten(state)[0])[0]
        logits, state = step(tf.fill([rows], START), state)
        end_id = self.target_preprocessor.end_id
        found = decoding.beam_search(
            step,
            tf.where(_empty(source_ids)[:, None] & (tf.range(logits.shape[-1]) != end_id), decoding.NEVER, logits),
            state,
            tf.maximum(max_length, 0),
            end_id,
            beam_width=tf.maximum(beam_width, 1),
            length_penalty=length_penalty,
            forbidden=text.NEVER_GENERATED,
            record=lambda state: state["attention"],
        )
        attention, best = found.pop("recorded")[:, 0], found["token_ids"][:, 0]
        longest = tf.reduce_max(tf.concat([[0], tf.math.count_nonzero(best, axis=1, dtype=tf.int32)], axis=0))
        return {**found, "attention": attention[:, : longest + 1]}

    @tf.function(autograph=False, reduce_retracing=True)
    def _align_ids(self, source_ids, target_ids):
        """What every token after the first was written by, `(batch, time - 1, source)`; 0 where it is padding."""
        _, weights = self._forced(self._encode(source_ids), target_ids[:, :-1])
        return tf.where(target_ids[:, 1:, None] != PADDING, weights, 0.0)

    @tf.function(autograph=False, reduce_retracing=True)
    def _token_nll(self, source_ids, decoder_ids, next_ids):
        logits, _ = self._forced(self._encode(source_ids), decoder_ids)
        return tf.where(next_ids != PADDING, token_nll(logits, next_ids), 0.0)

    @tf.function(autograph=False, reduce_retracing=True)
    def _score(self, sources, targets):
        return self._score_ids(self.source_preprocessor(sources), self.target_preprocessor(targets))

    @tf.function(autograph=False, reduce_retracing=True)
    def _score_ids(self, source_ids, target_ids):
        counted = target_ids[:, 1:]
        nll = self._token_nll(source_ids, target_ids[:, :-1], counted)
        return {"nats": tf.reduce_sum(nll, axis=-1), **text.counts(counted)}

    # ---- export ----

    def signatures(self):
        options = [
            tf.TensorSpec((), tf.int32, "beam_width"),
            tf.TensorSpec((), tf.int32, "max_length"),
            tf.TensorSpec((), tf.float32, "length_penalty"),
        ]
        sources, targets = (tf.TensorSpec((None,), tf.string, name) for name in ("sources", "targets"))
        source_ids, target_ids = (tf.TensorSpec((None, None), tf.int32, f"{name}_ids") for name in ("source", "target"))
        return {
            "generate": (lambda *inputs: self._generate(*inputs), [sources, *options]),
            "score": (lambda *inputs: self._score(*inputs), [sources, targets]),
            "generate_ids": (lambda *inputs: self._generate_ids(*inputs), [source_ids, *options]),
            "score_ids": (lambda *inputs: self._score_ids(*inputs), [source_ids, target_ids]),
        }

    def resources(self):
        lookups = [*self.source_preprocessor.lookups, *self.target_preprocessor.lookups]
        return list({id(table): table for table in lookups}.values())


def check_search(beam_width, max_length, length_penalty, num_best=1):
    """Refuses arguments of `generate` that have no meaning, each with one line; the same as plain numbers."""
    whole = {"beam_width": beam_width, "max_length": max_length, "num_best": num_best}
    for name, value in whole.items():
        try:
            whole[name] = operator.index(value)
        except TypeError:
            raise ValueError(f"Expected {name} to be a whole number. Received: {name}={value!r}") from None
    beam_width, max_length, num_best = whole.values()
    if not 1 <= num_best <= beam_width:
        raise ValueError(
            f"Expected beam_width of at least 1 and num_best in [1, beam_width]. Received: {beam_width=}, {num_best=}"
        )
    if max_length < 0:
        raise ValueError(f"Expected max_length of at least 0. Received: max_length={max_length}")
    if not math.isfinite(length_penalty):
        raise ValueError(f"Expected a finite length_penalty. Received: length_penalty={length_penalty}")
    return beam_width, max_length, float(length_penalty), num_best


def _empty(ids):
    """Whether there is nothing but a start, an end and padding in ids `(batch, time)`: bool `(batch,)`."""
    return tf.reduce_all((ids == PADDING) | (ids == START) | (ids == END), axis=1)


def _tokens(preprocessor, ids):
    """The tokens of ids `(batch, time)` as lists of str, padding left out."""
    names = ["", preprocessor.unknown_text, "<s>", "</s>", *preprocessor.vocabulary]
    return [[names[i] for i in row if i != PADDING] for row in ids.numpy().tolist()]
