import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.losses import gaussian_kl, gaussian_log_prob


def test_closed_form_values():
    # 0.5 (mean^2 + variance - 1 - log variance), by hand
    kl = gaussian_kl([[0.0, 1.0, 0.0]], [[0.0, 0.0, np.log(4.0)]])
    np.testing.assert_allclose(kl, [[0.0, 0.5, 0.5 * (4 - 1 - np.log(4))]], rtol=1e-6)


def test_is_of_the_log_variance_not_of_the_deviation():
    # N(0, 4) against N(0, 1): with log 2 for log 4 the value would be 0.15
    np.testing.assert_allclose(gaussian_kl(0.0, np.log(4.0)), 0.8068528, rtol=1e-5)


@pytest.mark.parametrize("log_var", [1e-4, -1e-4, 1e-6])
def test_accurate_and_positive_near_its_zero(log_var):
    kl = float(gaussian_kl(0.0, log_var))
    assert 0 <= kl == pytest.approx(0.25 * log_var**2, abs=2e-12)


def test_gradient():
    mean, log_var = tf.constant([0.7]), tf.constant([-0.3])
    with tf.GradientTape() as tape:
        tape.watch([mean, log_var])
        kl = gaussian_kl(mean, log_var)
    by_mean, by_log_var = tape.gradient(kl, [mean, log_var])
    np.testing.assert_allclose(by_mean, mean, rtol=1e-6)
    np.testing.assert_allclose(by_log_var, 0.5 * (np.exp(-0.3) - 1) * np.ones(1), rtol=1e-5)


def test_half_precision_inputs_are_computed_in_float32():
    kl = gaussian_kl(tf.constant([1.0], tf.bfloat16), tf.constant([-0.5], tf.bfloat16))
    assert kl.dtype == tf.float32
    np.testing.assert_allclose(kl, gaussian_kl([1.0], [-0.5]), rtol=1e-6)


def test_log_prob_is_a_density_summed_over_the_last_axis():
    z, mean, log_var = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    variance = np.exp(log_var)
    expected = (-0.5 * ((z - mean) ** 2 / variance + np.log(2 * np.pi * variance))).sum(axis=-1)
    np.testing.assert_allclose(gaussian_log_prob(z, mean, log_var), expected, rtol=1e-4)
    grid = tf.linspace(-12.0, 12.0, 4001)[:, None]
    total = tf.reduce_sum(tf.exp(gaussian_log_prob(grid, 0.5, tf.math.log([2.0])))) * (24 / 4000)
    np.testing.assert_allclose(total, 1.0, rtol=1e-4)
