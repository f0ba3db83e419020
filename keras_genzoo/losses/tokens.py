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
    token_ids = tf.convert_to_tensor(token_ids)

    @tf.custom_gradient
    def nll(logits):
        """By one vectorised softmax, whose largest value also gives the logarithm of the sum of all exponentials.

        The target's share of the token is `1 - s + s / size`, that of any other `s / size`; so the loss is
        `(1 - s) nll + s mean(nll of all tokens) = nll + s (logit - mean(logits))`.
        """
        size = logits.shape[-1]
        probabilities = tf.nn.softmax(logits)
        total = tf.reduce_max(logits, axis=-1) - tf.math.log(tf.reduce_max(probabilities, axis=-1))
        logit = tf.gather(logits, token_ids, batch_dims=token_ids.shape.rank)
        loss = total - logit
        if label_smoothing:
            loss += label_smoothing * (logit - tf.reduce_mean(logits, axis=-1))

        def gradient(upstream):
            rest = label_smoothing / size
            target = tf.one_hot(token_ids, size, on_value=1.0 - label_smoothing + rest, off_value=rest)
            return upstream[..., None] * (probabilities - target)

        return loss, gradient

    return nll(tf.cast(logits, tf.float32))
