"""The recurrent language model."""

import keras
import tensorflow as tf

from keras_genzoo.models import text
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.language_model_inference import LanguageModelInference


@keras.saving.register_keras_serializable(package="keras_genzoo")
class LanguageModel(LanguageModelInference, GenerativeModel):
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

        `compute_loss` makes its own pass, with dropout.
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
