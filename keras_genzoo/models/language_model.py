"""The recurrent language model."""

import keras
import tensorflow as tf

from keras_genzoo import decoding
from keras_genzoo.losses import token_nll
from keras_genzoo.models import text
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.preprocessing import PADDING, START, UNKNOWN

NEVER_GENERATED = (PADDING, UNKNOWN, START)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class LanguageModel(GenerativeModel):
    """A language model over characters, words or subwords, trained by plain `compile` and `fit`.

    The loss is the mean of nats over the real tokens of a batch, so padding never counts. Models of sentences count the
    end token; models of running text have none and do not count a text's first token.

    Args:
        network: `networks.RecurrentDecoder`, or another layer with its `features`, `logits`, `stepper` and
            `initial_state`.
        preprocessor: `preprocessing.TextPreprocessor` of the same vocabulary size.
        label_smoothing: float in [0, 1), in training only. Defaults to 0.
        num_streams: int, the rows of a training batch, whose states go on from batch to batch within an epoch, for
            windows whose rows do so too (`stream=True` of `TextSplits.with_preprocessor`); or `None`: every row of
            every batch begins anew, as it always does in measuring. Defaults to `None`.
        seed: int. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        `(ids, next_ids, sample_weight)`, int, int and float `(batch, time)`; the weight marks the real tokens. The logs
        are `loss`, `nll` (nats a token), `perplexity` and `accuracy`, over all tokens of the epoch.

    Raises:
        ValueError: if network and preprocessor do not fit together, or an argument is out of range.

    Example:

    >>> import keras_genzoo as genzoo
    >>> preprocessor = genzoo.preprocessing.TextPreprocessor.learn(["to be or not to be"], level="words")
    >>> network = genzoo.networks.RecurrentDecoder(preprocessor.vocabulary_size, embedding_dim=8, units=16)
    >>> model = genzoo.LanguageModel(network, preprocessor)
    >>> model.compile(optimizer="adam")
    >>> ids = preprocessor(["to be or not to be"] * 8)
    >>> history = model.fit(ids[:, :-1], ids[:, 1:], epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss', 'nll', 'perplexity']
    >>> len(model.generate(["to be"], max_length=5, seed=1))
    1
    """

    def __init__(self, network, preprocessor, label_smoothing=0.0, num_streams=None, seed=0, **kwargs):
        super().__init__(**kwargs)
        if network.vocabulary_size != preprocessor.vocabulary_size:
            raise ValueError(
                f"Network and preprocessor differ. Expected a vocabulary_size of {preprocessor.vocabulary_size}. "
                f"Received: network.vocabulary_size={network.vocabulary_size}"
            )
        text.check_label_smoothing(label_smoothing)
        if num_streams is not None and num_streams < 1:
            raise ValueError(f"Expected num_streams of at least 1, or None. Received: num_streams={num_streams}")
        self.network, self.preprocessor = network, preprocessor
        self.label_smoothing, self.num_streams, self.seed = label_smoothing, num_streams, seed
        self._carried = {
            name: self.add_weight(value.shape, dtype=value.dtype.name, initializer="zeros", trainable=False, name=name)
            for name, value in (network.initial_state(num_streams) if num_streams else {}).items()
        }
        self._trackers = text.token_metrics()
        self.built = True

    # ---- training ----

    def call(self, inputs, training=None):
        """Logits `(batch, time, vocabulary_size)` of ids `(batch, time)`, in inference mode whatever `training` says.

        `compute_loss` makes its own pass, with dropout, so the graph of a training step does not run this one.
        """
        return self.network(tf.convert_to_tensor(inputs))[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Nats a real token, averaged over those of the batch; also updates the metrics."""
        state = {name: tf.convert_to_tensor(value) for name, value in self._carried.items()} if training else None
        features, state = self.network.features(x, state or None, training=training)
        if training:
            for name, variable in self._carried.items():
                variable.assign(state[name])
        return text.token_loss(
            self._trackers,
            self.network.logits,
            features,
            y,
            sample_weight,
            self.label_smoothing if training else 0.0,
            dense=bool(self.jit_compile),
        )

    def check_batch(self, x, y):
        text.check_token_ids("x", x, self.network.vocabulary_size)
        if y is None:
            raise ValueError("No targets. Expected (ids, next_ids[, sample_weight]). Received: y=None")
        text.check_token_ids("y", y, self.network.vocabulary_size)

    def fit(self, x=None, y=None, *args, callbacks=None, **kwargs):
        """As `GenerativeModel.fit`; carried states begin every epoch with zeros."""
        if self._carried:
            callbacks = [
                *keras.tree.flatten(callbacks or []),
                keras.callbacks.LambdaCallback(on_epoch_begin=self._rewind),
            ]
        return super().fit(x, y, *args, callbacks=callbacks, **kwargs)

    def _rewind(self, epoch, logs=None):
        for variable in self._carried.values():
            variable.assign(keras.ops.zeros_like(variable))

    # ---- use ----

    def generate(
        self, prompts, max_length=100, temperature=1.0, top_k=0, top_p=1.0, seed=0, min_length=0,
        repetition_penalty=1.0, first_row=0,
    ):  # fmt: skip
        """Goes on with prompts.

        Args:
            prompts: list of str; an empty one begins anew.
            max_length: int, new tokens at most, the end token not counted. Defaults to 100.
            temperature: float of at least 0; 0 takes the most probable token. Defaults to 1.
            top_k: int; draws from the so many most probable tokens; 0 is off. Defaults to 0.
            top_p: float in (0, 1]; draws from the smallest set of tokens with this probability. Defaults to 1.
            seed: int. A text depends on the arguments and the number of its row alone. Defaults to 0.
            min_length: int, before which no text ends. Defaults to 0.
            repetition_penalty: float of at least 1 (Keskar et al. 2019). Defaults to 1, off.
            first_row: int, the number of the first row; prompts given one by one with their numbers get the texts they
                get together. Defaults to 0.

        Returns:
            list of str, the prompts included.

        Raises:
            ValueError: for an argument out of range, or a lone str.
        """
        text.check_sampling(max_length, temperature, top_k, top_p)
        if repetition_penalty < 1 or min_length < 0:
            raise ValueError(
                "Expected repetition_penalty of at least 1 and min_length of at least 0. "
                f"Received: {repetition_penalty=}, {min_length=}"
            )
        prompts = text.text_tensor("prompts", prompts)
        numbers = (tf.constant(n, tf.int32) for n in (max_length, top_k, seed, first_row, min_length))
        max_length, top_k, seed, first_row, min_length = numbers
        temperature, top_p = tf.constant(temperature, tf.float32), tf.constant(top_p, tf.float32)
        return text.strings(
            self._generate(
                prompts, max_length, temperature, top_k, top_p, seed, first_row, min_length, float(repetition_penalty)
            )
        )

    def score(self, texts):
        """How probable texts are.

        Args:
            texts: list of str.

        Returns:
            dict of arrays `(batch,)`: float32 `nats`, the sum of -log p over the tokens; int32 `tokens`, how many these
            are, and `unknown`, how many of them are not in the vocabulary.
        """
        return {name: value.numpy() for name, value in self._score(text.text_tensor("texts", texts)).items()}

    def token_nll(self, token_ids, next_ids, state=None):
        """Nats of every token, with the state carried over.

        Args:
            token_ids, next_ids: int `(batch, time)`; where `next_ids` is 0 the nats are 0.
            state: dict, from an earlier call, or `None` to begin anew.

        Returns:
            `(nll, state)`: float32 `(batch, time)` and the state after the last token that is not padding.
        """
        return self._token_nll(tf.convert_to_tensor(token_ids), tf.convert_to_tensor(next_ids), state)

    @tf.function(autograph=False, reduce_retracing=True)
    def _token_nll(self, token_ids, next_ids, state):
        features, state = self.network.features(token_ids, state, mask=token_ids != PADDING)
        nll = token_nll(self.network.logits(features), next_ids)
        return tf.where(next_ids != PADDING, nll, 0.0), state

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(
        self, prompts, max_length, temperature, top_k, top_p, seed, first_row=0, min_length=0, repetition_penalty=1.0
    ):
        new = self._generate_ids(
            self.preprocessor.encode_prompts(prompts), max_length, temperature, top_k, top_p, seed, first_row,
            min_length, repetition_penalty,
        )  # fmt: skip
        return text.continued(self.preprocessor, prompts, new)

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate_ids(
        self, prompt_ids, max_length, temperature, top_k, top_p, seed, first_row=0, min_length=0, repetition_penalty=1.0
    ):
        """New token ids `(batch, max_length)` after prompts `(batch, time)`, padded on the right.

        A model that is called from outside gets no error for an argument out of range: a negative `max_length` is 0, a
        negative `temperature` is greedy, and `top_p` of 0 or less leaves the best token.
        """
        mask = prompt_ids != PADDING
        features, state = self.network.features(prompt_ids, mask=mask)
        last = tf.maximum(tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1) - 1, 0)
        return decoding.sample(
            self.network.stepper(),
            self.network.logits(tf.gather(features, last, batch_dims=1)),
            state,
            tf.maximum(max_length, 0),
            end_id=self.preprocessor.end_id,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            first_row=first_row,
            forbidden=NEVER_GENERATED,
            min_length=min_length,
            repetition_penalty=repetition_penalty,
            prompt_ids=prompt_ids,
        )["token_ids"]

    @tf.function(autograph=False, reduce_retracing=True)
    def _score(self, texts):
        return self._score_ids(self.preprocessor(texts))

    @tf.function(autograph=False, reduce_retracing=True)
    def _score_ids(self, token_ids):
        token_ids = tf.pad(token_ids, [[0, 0], [0, tf.maximum(0, 2 - tf.shape(token_ids)[1])]])
        nll, _ = self._token_nll(token_ids[:, :-1], token_ids[:, 1:], None)
        counted = token_ids[:, 1:]
        return {
            "nats": tf.reduce_sum(nll, axis=-1),
            "tokens": tf.reduce_sum(tf.cast(counted != PADDING, tf.int32), axis=-1),
            "unknown": tf.reduce_sum(tf.cast(counted == UNKNOWN, tf.int32), axis=-1),
        }

    # ---- export ----

    def signatures(self):
        options = [
            tf.TensorSpec((), tf.int32, "max_length"),
            tf.TensorSpec((), tf.float32, "temperature"),
            tf.TensorSpec((), tf.int32, "top_k"),
            tf.TensorSpec((), tf.float32, "top_p"),
            tf.TensorSpec((), tf.int32, "seed"),
        ]
        prompts, texts = tf.TensorSpec((None,), tf.string, "prompts"), tf.TensorSpec((None,), tf.string, "texts")
        prompt_ids = tf.TensorSpec((None, None), tf.int32, "prompt_ids")
        token_ids = tf.TensorSpec((None, None), tf.int32, "token_ids")
        return {
            "generate": (lambda prompts, *options: {"texts": self._generate(prompts, *options)}, [prompts, *options]),
            "score": (lambda texts: self._score(texts), [texts]),
            "generate_ids": (
                lambda prompt_ids, *options: {"token_ids": self._generate_ids(prompt_ids, *options)},
                [prompt_ids, *options],
            ),
            "score_ids": (lambda token_ids: self._score_ids(token_ids), [token_ids]),
        }

    def resources(self):
        return self.preprocessor.lookups
