"""Nats a token."""

import numpy as np
import tensorflow as tf

from keras_genzoo.losses import token_nll


def case():
    generator = np.random.default_rng(0)
    logits = generator.standard_normal((2, 3, 5)).astype("float32") * 4
    ids = generator.integers(0, 5, (2, 3)).astype("int32")
    log_p = logits - np.log(np.exp(logits.astype("float64")).sum(-1, keepdims=True))
    return logits, ids, log_p


def test_against_numpy():
    logits, ids, log_p = case()
    np.testing.assert_allclose(
        token_nll(logits, ids), -np.take_along_axis(log_p, ids[..., None], -1)[..., 0], rtol=1e-5
    )


def test_label_smoothing_is_the_cross_entropy_to_the_smoothed_target():
    logits, ids, log_p = case()
    target = 0.9 * np.eye(5)[ids] + 0.1 / 5
    np.testing.assert_allclose(token_nll(logits, ids, 0.1), -(target * log_p).sum(-1), rtol=1e-5)


def test_in_float32_and_finite():
    logits = tf.constant([[1e4, -1e4]], tf.bfloat16)
    nll = token_nll(logits, [1])
    assert nll.dtype == tf.float32 and np.isfinite(nll).all()


def test_the_gradient_with_label_smoothing():
    logits, ids, log_p = case()
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = token_nll(logits, ids, 0.1)
    target = 0.9 * np.eye(5)[ids] + 0.1 / 5
    np.testing.assert_allclose(tape.gradient(loss, logits), np.exp(log_p) - target, atol=1e-6)
