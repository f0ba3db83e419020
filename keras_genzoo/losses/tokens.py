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
    return nll + label_smoothing * _above_mean(logits, token_ids) if label_smoothing else nll


@tf.custom_gradient
def _above_mean(logits, token_ids):
    """How far a token's logit is above the mean of all, which is by how much smoothing changes the loss of a share.

    (1 - s) nll + s mean(nll of all tokens) = nll + s (logit - mean(logits)), so nothing of the vocabulary's size has to
    be exponentiated again; nor does the gradient, whose vocabulary is constant but for the token.
    """
    token_ids = tf.convert_to_tensor(token_ids)
    above = tf.gather(logits, token_ids, batch_dims=token_ids.shape.rank) - tf.reduce_mean(logits, axis=-1)

    def gradient(upstream):
        size = logits.shape[-1]
        one_hot = tf.one_hot(token_ids, size, on_value=1.0 - 1.0 / size, off_value=-1.0 / size)
        return upstream[..., None] * one_hot, None

    return above, gradient
