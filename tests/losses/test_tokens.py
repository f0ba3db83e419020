"""Nats a token."""

import numpy as np
import pytest
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
    nll = token_nll(tf.constant([[1e4, -1e4, -1e9]], tf.bfloat16), [1])
    assert nll.dtype == tf.float32
    np.testing.assert_allclose(nll, 2e4, rtol=1e-2)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_gradient(smoothing, jit):
    logits, ids, log_p = case()
    weights = np.random.default_rng(1).random(ids.shape).astype("float32")

    @tf.function(jit_compile=jit, autograph=False)
    def gradient(logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = tf.reduce_sum(weights * token_nll(logits, ids, smoothing))
        return tape.gradient(loss, logits)

    target = (1 - smoothing) * np.eye(5)[ids] + smoothing / 5
    np.testing.assert_allclose(gradient(tf.constant(logits)), weights[..., None] * (np.exp(log_p) - target), atol=1e-6)
