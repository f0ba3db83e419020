import numpy as np
import tensorflow as tf

from keras_genzoo.layers import Sampling


def test_config_round_trip(revive):
    layer = revive(Sampling(seed=7, name="draw"))
    assert (layer.seed, layer.name) == (7, "draw")


def test_shapes_and_dtype():
    mean = tf.zeros([4, 3], tf.bfloat16)
    assert Sampling()([mean, mean]).shape == (4, 3)
    z = Sampling()([mean, mean], num_samples=5)
    assert z.shape == (5, 4, 3) and z.dtype == tf.float32


def test_moments_of_the_samples():
    mean, log_var = tf.constant([[1.0, -2.0]]), tf.math.log([[0.25, 4.0]])
    z = Sampling()([mean, log_var], num_samples=50_000)[:, 0].numpy()
    np.testing.assert_allclose(z.mean(axis=0), [1, -2], atol=5 * 2 / 50_000**0.5)
    np.testing.assert_allclose(z.std(axis=0), [0.5, 2.0], rtol=0.02)
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.02


def test_gradient_is_that_of_the_reparameterisation():
    mean, log_var = tf.constant([[0.3, 0.1]]), tf.constant([[0.5, -1.0]])
    with tf.GradientTape() as tape:
        tape.watch([mean, log_var])
        z = Sampling()([mean, log_var])
        total = tf.reduce_sum(z)
    by_mean, by_log_var = tape.gradient(total, [mean, log_var])
    np.testing.assert_allclose(by_mean, 1.0)
    np.testing.assert_allclose(by_log_var, 0.5 * (z - mean), rtol=1e-5)


def test_noise_follows_the_seed_and_moves_on():
    zeros = [tf.zeros([4, 3])] * 2
    one, same, other = Sampling(seed=1), Sampling(seed=1), Sampling(seed=2)
    first = one(zeros)
    np.testing.assert_array_equal(first, same(zeros))
    assert np.abs(first - one(zeros)).min() > 0  # the next call draws anew
    assert np.abs(first - other(zeros)).min() > 0


def test_same_noise_in_a_graph():
    zeros = [tf.zeros([4, 3])] * 2
    eager, traced = Sampling(seed=1), Sampling(seed=1)
    step = tf.function(lambda: traced(zeros))
    for _ in range(3):
        np.testing.assert_array_equal(eager(zeros), step())
