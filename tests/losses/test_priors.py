import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses

LATENT, EVENT = 2, (3,)


def encode(events):
    """A posterior known in NumPy: mean the first two values, log-variance -1."""
    return events[:, :LATENT], tf.fill([tf.shape(events)[0], LATENT], -1.0)


def made(prior):
    prior.create_weights(LATENT, EVENT)
    return prior


PRIORS = [losses.StandardNormal, lambda: losses.GaussianMixture(4), lambda: losses.VampPrior(5)]
every = pytest.mark.parametrize("make", PRIORS, ids=["standard_normal", "gaussian_mixture", "vamp"])


@every
def test_config_round_trip(make, revive):
    prior = make()
    assert revive(prior).get_config() == prior.get_config()


@every
def test_density_integrates_to_one(make):
    axis = np.linspace(-9, 9, 241)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, LATENT).astype("float32")
    total = np.exp(made(make()).log_prob(grid, encode)).sum() * (axis[1] - axis[0]) ** 2
    np.testing.assert_allclose(total, 1.0, rtol=1e-3)


@every
def test_samples_follow_the_density(make):
    """The mean of log p over draws against its integral over a grid."""
    prior = made(make())
    draws = prior.sample(20_000, 3, encode)
    tf.random.set_seed(9)
    np.testing.assert_array_equal(draws, prior.sample(20_000, 3, encode))
    axis = np.linspace(-9, 9, 241)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, LATENT).astype("float32")
    log_p = prior.log_prob(grid, encode).numpy()
    negative_entropy = (np.exp(log_p) * log_p).sum() * (axis[1] - axis[0]) ** 2
    measured = prior.log_prob(draws, encode).numpy()
    np.testing.assert_allclose(measured.mean(), negative_entropy, atol=5 * measured.std() / 20_000**0.5)


@every
def test_log_prob_agrees_with_its_distribution(make):
    prior, z = made(make()), tf.random.stateless_normal([7, 5, LATENT], [0, 0])
    np.testing.assert_allclose(prior.log_prob(z, encode), prior.distribution(encode).log_prob(z), rtol=1e-4)


@every
def test_kl_shape_and_value(make):
    prior = made(make())
    z_mean, z_log_var = tf.constant([[0.5, -1.0], [0.0, 2.0]]), tf.constant([[-1.0, 0.0], [0.5, -2.0]])
    z = z_mean + tf.exp(0.5 * z_log_var) * tf.random.stateless_normal([20_000, 2, LATENT], [1, 0])
    kl = prior.kl(z_mean, z_log_var, z, encode)
    assert kl.shape == (2, LATENT if prior.factorised else 1)
    log_ratio = losses.gaussian_log_prob(z, z_mean, z_log_var) - prior.log_prob(z, encode)
    error = 5 * np.std(log_ratio, axis=0) / 20_000**0.5
    assert (np.abs(np.sum(kl, axis=1) - np.mean(log_ratio, axis=0)) <= error).all()


def test_mixture_density_is_that_of_numpy():
    prior = made(losses.GaussianMixture(2))
    prior.logits.assign(np.log([0.25, 0.75]))
    prior.means.assign([[0.0, 1.0], [2.0, -1.0]])
    prior.log_vars.assign(np.log([[1.0, 4.0], [0.25, 1.0]]))
    z = np.array([0.5, 0.5])
    expected = 0
    for weight, mean, variance in ((0.25, [0, 1], [1, 4]), (0.75, [2, -1], [0.25, 1])):
        squared = (z - mean) ** 2 / variance
        expected += weight * np.prod(np.exp(-0.5 * squared) / np.sqrt(2 * np.pi * np.array(variance)))
    np.testing.assert_allclose(np.exp(prior.log_prob(z[None].astype("float32"), None)), [expected], rtol=1e-5)


def test_vamp_is_the_mixture_of_posteriors_at_the_pseudo_inputs():
    prior = made(losses.VampPrior(3))
    means = tf.sigmoid(prior.pseudo_inputs.value)[:, :LATENT]
    z = tf.constant([[0.3, 0.2]])
    components = [losses.gaussian_log_prob(z, mean, tf.fill([LATENT], -1.0)) for mean in means]
    np.testing.assert_allclose(prior.log_prob(z, encode), losses.log_mean_exp(tf.stack(components)), rtol=1e-5)


@pytest.mark.parametrize("make", PRIORS[1:], ids=["gaussian_mixture", "vamp"])
def test_every_weight_of_a_learned_prior_gets_a_gradient(make):
    prior = made(make())
    with tf.GradientTape() as tape:
        log_prob = prior.log_prob(tf.ones([1, LATENT]), encode)
    gradients = tape.gradient(log_prob, prior.trainable_variables)
    assert len(gradients) >= 2 and all(np.abs(gradient).max() > 0 for gradient in gradients)


def test_starts_follow_the_seed():
    one, same, other = (made(losses.GaussianMixture(4, seed=seed)).means.numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).min() > 0


@pytest.mark.parametrize("prior", [losses.GaussianMixture, losses.VampPrior])
def test_errors(prior):
    with pytest.raises(ValueError, match=r"^A mixture needs at least one component\. Received: num_components=0$"):
        prior(0)
    with pytest.raises(
        ValueError, match=r"^Unknown prior\. Expected one of \['gaussian_mixture', 'standard_normal', 'va"
    ):
        losses.get_prior("normal")
    with pytest.raises(NotImplementedError, match=r"^Prior must implement distribution\(encode\)\.$"):
        losses.Prior().log_prob(tf.zeros([1, 2]), encode)


@pytest.mark.parametrize("mean", [0.0, 1.0, -0.5])
def test_vamp_mean_must_be_inside_the_interval(mean):
    with pytest.raises(ValueError, match=rf"^Expected mean in \(0, 1\)\. Received: mean={mean}$"):
        losses.VampPrior(mean=mean)
