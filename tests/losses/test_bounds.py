import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.losses import bits_per_dimension, dreg_loss, log_mean_exp, scale_gradient


@pytest.fixture
def log_weights():
    return tf.constant(np.random.default_rng(0).normal(size=(5, 4)).astype("float32") * 3 - 100)


def test_log_mean_exp_is_the_log_of_the_mean_weight(log_weights):
    expected = np.log(np.exp(log_weights.numpy().astype("float64")).mean(axis=0))
    np.testing.assert_allclose(log_mean_exp(log_weights), expected, rtol=1e-6)


def test_log_mean_exp_of_one_sample_is_that_sample(log_weights):
    np.testing.assert_array_equal(log_mean_exp(log_weights[:1]), log_weights[0])


def test_log_mean_exp_lies_between_mean_and_largest(log_weights):
    bound = log_mean_exp(log_weights).numpy()
    assert (bound > log_weights.numpy().mean(axis=0)).all() and (bound < log_weights.numpy().max(axis=0)).all()


def test_log_mean_exp_does_not_overflow_and_commutes_with_shifts(log_weights):
    np.testing.assert_allclose(log_mean_exp(log_weights + 3000) - 3000, log_mean_exp(log_weights), atol=1e-3)
    np.testing.assert_allclose(log_mean_exp(log_weights[::-1]), log_mean_exp(log_weights), rtol=1e-6)


def test_log_mean_exp_gradient_is_the_normalised_weight(log_weights):
    with tf.GradientTape() as tape:
        tape.watch(log_weights)
        bound = log_mean_exp(log_weights)
    weights = np.exp(log_weights - log_weights.numpy().max(axis=0))
    np.testing.assert_allclose(tape.gradient(bound, log_weights), weights / weights.sum(axis=0), rtol=1e-4)


def test_scale_gradient_leaves_values_and_weighs_gradients():
    z, weights = tf.ones([3, 2, 4]), tf.reshape(tf.range(6.0), [3, 2])
    with tf.GradientTape() as tape:
        tape.watch(z)
        same, weight = scale_gradient(z)
        weight(weights)
        total = tf.reduce_sum(2 * same)
    np.testing.assert_array_equal(same, z)
    np.testing.assert_allclose(tape.gradient(total, z), np.broadcast_to(2 * weights[..., None], z.shape))


def test_dreg_value_and_weights(log_weights):
    """The value is minus the bound; log-weights get w in the gradient, and z another factor w."""
    z, direct = tf.zeros([5, 4, 1]), tf.identity(log_weights)
    with tf.GradientTape() as tape:
        tape.watch([z, direct])
        scaled, weight = scale_gradient(z)
        loss = dreg_loss(direct + scaled[..., 0], weight)
    np.testing.assert_allclose(loss, -log_mean_exp(log_weights), rtol=1e-6)
    by_z, by_weight = tape.gradient(loss, [z, direct])
    normalised = tf.nn.softmax(log_weights, axis=0)
    np.testing.assert_allclose(by_weight, -normalised, rtol=1e-5)
    np.testing.assert_allclose(by_z[..., 0], -(normalised**2), rtol=1e-5)


def test_bits_per_dimension():
    assert bits_per_dimension(8 * np.log(2.0), 8) == pytest.approx(1.0)  # a fair coin for each of 8 pixels
