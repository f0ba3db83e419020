"""Several models that decode together, and one model made of several checkpoints."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.seq2seq_inference import Seq2SeqInference

AVERAGES = ("probability", "log_probability")


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Ensemble(Seq2SeqInference, GenerativeModel):
    """Translators that are asked for every next token together.

    It translates, aligns, scores and is exported as each of them; attention weights are their mean. It is not trained.

    Args:
        models: list of at least one `Seq2Seq`, all with the same target ids.
        average: `"probability"`, the mean of the members' probabilities; or `"log_probability"`, their geometric mean,
            normalised. Defaults to `"probability"`.
        **kwargs: of `keras.Model`.

    Raises:
        ValueError: for no models, models of different vocabularies, or an unknown average.

    Example:

    >>> import keras_genzoo as genzoo
    >>> preprocessor = genzoo.preprocessing.TextPreprocessor.learn(["one two"], level="words")
    >>> def member(seed):
    ...     encoder = genzoo.networks.RecurrentEncoder(6, embedding_dim=4, units=4, seed=seed)
    ...     return genzoo.Seq2Seq(encoder, genzoo.networks.AttentionDecoder(6, 4, 4, 8, seed=seed), preprocessor)
    >>> ensemble = genzoo.models.Ensemble([member(0), member(1)])
    >>> len(ensemble.generate(["two one"], beam_width=2, max_length=3))
    1
    """

    def __init__(self, models, average="probability", **kwargs):
        super().__init__(**kwargs)
        models = list(models)
        if average not in AVERAGES:
            raise ValueError(f"Unknown average. Expected one of {', '.join(AVERAGES)}. Received: average={average!r}")
        if not models:
            raise ValueError("No models. Expected at least one Seq2Seq. Received: models=[]")
        for side in ("source_preprocessor", "target_preprocessor"):
            known = [list(getattr(model, side).vocabulary) for model in models]
            if any(vocabulary != known[0] for vocabulary in known):
                raise ValueError(
                    "The models do not speak of the same tokens. Expected equal vocabularies. "
                    f"Received: {side} of sizes {[len(vocabulary) for vocabulary in known]}"
                )
        self.models, self.average = models, average
        self.preprocessor = models[0].preprocessor
        self.supports_masking = True  # its masks are its own
        self.built = True

    def call(self, inputs, training=None):
        """The average's logits `(batch, time, vocabulary_size)` with teacher forcing."""
        return self._averaged([model(inputs) for model in self.models])

    def _encode(self, source_ids):
        return [model._encode(source_ids) for model in self.models]

    def _begin(self, encoded):
        begun = (model._begin(part) for model, part in zip(self.models, encoded, strict=True))
        steps, states = zip(*begun, strict=True)

        def step(token_ids, state):
            results = [step(token_ids, state[str(i)]) for i, step in enumerate(steps)]
            logits, states = zip(*results, strict=True)
            attention = tf.add_n([last["attention"] for last in states]) / len(steps)
            return self._averaged(logits), {**{str(i): s for i, s in enumerate(states)}, "attention": attention}

        return step, {str(i): state for i, state in enumerate(states)}

    def _forced(self, encoded, decoder_ids):
        forced = (model._forced(part, decoder_ids) for model, part in zip(self.models, encoded, strict=True))
        logits, weights = zip(*forced, strict=True)
        return self._averaged(logits), tf.add_n(weights) / len(self.models)

    def _averaged(self, logits):
        log_p = tf.stack([tf.nn.log_softmax(values) for values in logits])
        if self.average == "log_probability":
            return tf.reduce_mean(log_p, axis=0)
        return tf.reduce_logsumexp(log_p, axis=0) - np.log(len(self.models)).astype("float32")


def average_checkpoints(model, paths):
    """Gives a model the mean of the weights in several files, such as the last checkpoints of a run.

    Args:
        model: the model that was saved.
        paths: list of str or paths of `.weights.h5` files of it.

    Returns:
        the model.

    Raises:
        ValueError: for no files, or one that holds another model.

    Example:

    >>> import pathlib
    >>> from keras_genzoo.models import average_checkpoints
    >>> files = sorted(pathlib.Path("runs/kept").glob("*.weights.h5"))
    >>> model = average_checkpoints(model, files)  # doctest: +SKIP
    """
    paths = list(paths)
    if not paths:
        raise ValueError("No checkpoints. Expected at least one .weights.h5 file. Received: paths=[]")
    sums = None
    for path in paths:
        model.load_weights(path)
        values = [np.asarray(weight, "float64") for weight in model.trainable_weights]
        sums = values if sums is None else [total + value for total, value in zip(sums, values, strict=True)]
    for weight, total in zip(model.trainable_weights, sums, strict=True):
        weight.assign((total / len(paths)).astype(weight.dtype))
    return model
