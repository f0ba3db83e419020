"""The loss of text: nats a token."""

import tensorflow as tf


def token_nll(logits, token_ids, label_smoothing=0.0):
    """-log p of every token, in float32 whatever the logits' type.

    Args:
        logits: float `(..., vocabulary_size)`.
        token_ids: int `(...)`.
        label_smoothing: float in [0, 1), the share of the target that is spread evenly over the vocabulary (Szegedy et
            al. 2016, section 7). Defaults to 0.

    Returns:
        float32 `(...)`, nats.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.losses import token_nll
    >>> [round(float(nats), 4) for nats in token_nll(tf.zeros((1, 10)), [3])]
    [2.3026]
    """
    logits = tf.cast(logits, tf.float32)
    nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=token_ids, logits=logits)
    if not label_smoothing:
        return nll
    spread = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
    return (1.0 - label_smoothing) * nll + label_smoothing * spread
