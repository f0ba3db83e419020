"""What the text models share: the loss over real tokens, their metrics, and scores of texts."""

import numpy as np
import tensorflow as tf

from keras_genzoo.losses import token_nll
from keras_genzoo.metrics import DirectedMean, Perplexity
from keras_genzoo.preprocessing import PADDING, START, UNKNOWN, string_tensor

NEVER_GENERATED = (PADDING, UNKNOWN, START)
LENGTH = 60  # tokens of a new sentence at most, unless others are longer


def token_metrics():
    """`nll` (nats a token over the epoch), `perplexity` and `accuracy`."""
    return {"nll": DirectedMean("nll"), "perplexity": Perplexity(), "accuracy": DirectedMean("accuracy", "up")}


def real_tokens(features, token_ids, sample_weight, dense):
    """The positions that count, so that nothing is computed for padding.

    Args:
        features: `(batch, time, units)`.
        token_ids: int `(batch, time)`, the targets.
        sample_weight: `(batch, time)` or `None`, which leaves out padding.
        dense: bool, whether all positions stay, as XLA wants it.

    Returns:
        `(features, token_ids, weights)`, all flat over positions.
    """
    weights = tf.cast(token_ids != 0, tf.float32) if sample_weight is None else tf.cast(sample_weight, tf.float32)
    if dense:
        return tf.reshape(features, (-1, features.shape[-1])), tf.reshape(token_ids, (-1,)), tf.reshape(weights, (-1,))
    places = tf.where(weights > 0)
    return tf.gather_nd(features, places), tf.gather_nd(token_ids, places), tf.gather_nd(weights, places)


def update_metrics(metrics, logits, token_ids, weights):
    """Updates `token_metrics` from flat logits `(tokens, vocabulary_size)`; returns the nats of every token."""
    nll = token_nll(logits, token_ids)
    hits = tf.cast(tf.math.equal(tf.argmax(logits, axis=-1, output_type=token_ids.dtype), token_ids), tf.float32)
    for name, values in (("nll", nll), ("perplexity", nll), ("accuracy", hits)):
        metrics[name].update_state(values, sample_weight=weights)
    return nll


def token_loss(metrics, logits, features, token_ids, sample_weight, label_smoothing=0.0, dense=False):
    """Nats a real token, averaged over those of the batch; also updates the metrics.

    Args:
        metrics: of `token_metrics`.
        logits: function from features to logits.
        features: `(batch, time, units)`.
        token_ids: int `(batch, time)`, the targets.
        sample_weight: `(batch, time)` or `None`, which leaves out padding.
        label_smoothing: float, in training. Defaults to 0.
        dense: bool, whether padding is computed too, as XLA wants it. Defaults to `False`.

    Returns:
        Scalar tensor, divided by the number of replicas, as gradients are summed over them.
    """
    features, token_ids, weights = real_tokens(features, token_ids, sample_weight, dense)
    logits = logits(features)
    nll = update_metrics(metrics, logits, token_ids, weights)
    if label_smoothing:
        nll = token_nll(logits, token_ids, label_smoothing)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return tf.math.divide_no_nan(tf.reduce_sum(nll * weights), tf.reduce_sum(weights)) / replicas


def check_label_smoothing(label_smoothing):
    """Refuses a share that is out of range."""
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"Expected label_smoothing in [0, 1). Received: label_smoothing={label_smoothing}")


def counts(token_ids):
    """How many of the ids `(batch, time)` are real `tokens`, and how many of these `unknown`: each int32 `(batch,)`."""
    return {
        "tokens": tf.math.count_nonzero(token_ids, axis=-1, dtype=tf.int32),
        "unknown": tf.math.count_nonzero(tf.equal(token_ids, UNKNOWN), axis=-1, dtype=tf.int32),
    }


def check_token_ids(name, values, vocabulary_size):
    """Refuses what is not integers `(batch, time)` in `[0, vocabulary_size)`.

    Raises:
        ValueError: one line: what is wrong, what is accepted, what was received.
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "iu" or 0 in values.shape:
        raise ValueError(
            f"Wrong {name}. Expected integers of shape (batch, time), none of them 0. "
            f"Received: {name}.shape={values.shape}, {name}.dtype={values.dtype}"
        )
    if values.min() < 0 or values.max() >= vocabulary_size:
        raise ValueError(
            f"Ids of {name} out of range. Expected integers in [0, {vocabulary_size - 1}]. "
            f"Received: min={values.min()}, max={values.max()}"
        )


def check_sampling(max_length, temperature, top_k, top_p):
    """Refuses arguments of `generate` that have no meaning, each with one line."""
    if max_length < 0:
        raise ValueError(f"Expected max_length of at least 0. Received: max_length={max_length}")
    if not 0 <= temperature < float("inf"):
        raise ValueError(
            f"Expected a finite temperature of at least 0, where 0 is greedy. Received: temperature={temperature}"
        )
    if top_k < 0:
        raise ValueError(f"Expected top_k of at least 0, where 0 is off. Received: top_k={top_k}")
    if not 0 < top_p <= 1:
        raise ValueError(f"Expected top_p in (0, 1]. Received: top_p={top_p}")


def text_tensor(name, texts):
    """A string tensor `(batch,)` of a list of str; a lone str is refused, as it would be read letter by letter."""
    if isinstance(texts, (str, bytes)):
        raise ValueError(f"Expected a list of texts. Received: {name}={texts!r}")
    return string_tensor(texts, name)


def continued(preprocessor, prompts, token_ids):
    """Prompts as they were typed, with new tokens after them: string `(batch,)`."""
    new = preprocessor.detokenize(token_ids)
    if preprocessor.level == "characters":
        return prompts + new
    between = tf.where((tf.strings.length(prompts) > 0) & (tf.strings.length(new) > 0), " ", "")
    return prompts + between + new


def strings(tensor):
    """A list of str of a string tensor."""
    return [text.decode("utf-8", "replace") for text in tensor.numpy().tolist()]


def longest(preprocessor, texts):
    """How many tokens new sentences may have at most, so that none like these is cut short: int."""
    lengths = preprocessor.tokenize(string_tensor(texts)).row_lengths().numpy()
    return max(LENGTH, *lengths.tolist()) if len(lengths) else LENGTH


def labelled(model, texts, labels=None):
    """What the methods of a `TextVAE` take: the texts, or `{"texts", "labels"}` when it is conditional."""
    return texts if model.num_classes is None else {"texts": texts, "labels": labels}
