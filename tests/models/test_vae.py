"""The VAE's numbers: what it computes, against NumPy and against itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses, networks
from keras_genzoo.layers import Sampling
from keras_genzoo.models import vae_inference


def parts(vae, x, num_samples):
    """log p(x | z), log p(z) - log q(z | x) and the closed KL in NumPy, with the noise of the first training step."""
    z_mean, z_log_var = (np.asarray(value, "float64") for value in vae.encoder(x))
    epsilon = Sampling(vae.seed)([tf.zeros_like(z_mean), tf.zeros_like(z_mean)], num_samples=num_samples).numpy()
    z = z_mean + np.exp(0.5 * z_log_var) * epsilon
    logits = np.stack([np.asarray(vae.decoder(sample.astype("float32")), "float64") for sample in z])
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=-1)
    log_ratio = 0.5 * (epsilon**2 + z_log_var - z**2).sum(axis=-1)
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var)
    return log_likelihood, log_ratio, kl


@pytest.mark.parametrize("beta", [1.0, 0.25, 4])
def test_elbo_loss_and_metrics(make_vae, binary, beta):
    vae = make_vae(num_samples=3, beta=beta, seed=5)
    log_likelihood, _, kl = parts(vae, binary, 3)
    nll, kl = -log_likelihood.mean(), kl.sum(axis=1).mean()
    np.testing.assert_allclose(vae.compute_loss(binary), nll + beta * kl, rtol=1e-5)
    logs = {metric.name: float(metric.result()) for metric in vae.metrics if metric.name != "loss"}
    assert logs == pytest.approx({"elbo": -nll - kl, "kl": kl, "reconstruction_nll": nll}, rel=1e-5)


@pytest.mark.parametrize("objective", ["iwae", "dreg"])
def test_importance_weighted_loss_and_metrics(make_vae, binary, objective):
    vae = make_vae(objective=objective, num_samples=4, beta=0.5, seed=5)
    log_likelihood, log_ratio, _ = parts(vae, binary, 4)
    expected = np.log(np.exp(log_likelihood + 0.5 * log_ratio).mean(axis=0)).mean()
    np.testing.assert_allclose(vae.compute_loss(binary), -expected, rtol=1e-5)
    logs = {metric.name: float(metric.result()) for metric in vae.metrics}
    bound = np.log(np.exp(log_likelihood + log_ratio).mean(axis=0)).mean()
    assert logs["importance_weighted_bound"] == pytest.approx(bound, rel=1e-5)  # at beta 1
    assert logs["elbo"] < logs["importance_weighted_bound"]


def test_free_bits_penalise_each_dimension_above_the_floor(make_vae, binary):
    for free_bits in (0.0, 0.02, 0.2, 3.0):
        vae = make_vae(free_bits=free_bits)
        log_likelihood, _, kl = parts(vae, binary, 1)
        expected = -log_likelihood.mean() + np.maximum(kl.mean(axis=0), free_bits).sum()
        np.testing.assert_allclose(vae.compute_loss(binary), expected, rtol=1e-5)
        vae_elbo = next(float(metric.result()) for metric in vae.metrics if metric.name == "elbo")
        np.testing.assert_allclose(vae_elbo, log_likelihood.mean() - kl.sum(axis=1).mean(), rtol=1e-5)


def test_a_collapsed_dimension_gets_no_gradient_below_the_floor(make_vae, binary):
    vae = make_vae(free_bits=3.0)
    vae.decoder.get_layer("hidden_0").kernel.assign(tf.zeros([2, 8]))  # nothing but the divergence reaches the encoder
    with tf.GradientTape() as tape:
        loss = vae.compute_loss(binary)
    assert all(np.abs(gradient).max() == 0 for gradient in tape.gradient(loss, vae.encoder.trainable_variables))


def test_denoiser_encodes_the_noisy_and_is_judged_by_the_clean(make_vae, binary):
    noisy = np.clip(binary + 0.3, 0, 1)
    vae = make_vae(seed=2)
    z_mean, z_log_var = vae.encoder(noisy)
    z = Sampling(2)([z_mean, z_log_var])
    kl = tf.reduce_sum(losses.gaussian_kl(z_mean, z_log_var), axis=-1)
    nll = -vae.likelihood.log_prob(binary, vae.decoder(z), event_rank=1)
    np.testing.assert_allclose(vae.compute_loss(noisy, binary), np.mean(nll + kl), rtol=1e-5)


def test_sample_weights(make_vae, binary):
    weights = np.zeros(64, "float32")
    weights[:16] = 2.0
    vae = make_vae()
    log_likelihood, _, kl = parts(vae, binary, 1)
    terms = -log_likelihood[0] + kl.sum(axis=1)
    np.testing.assert_allclose(vae.compute_loss(binary, sample_weight=weights), (weights * terms).mean(), rtol=1e-5)
    elbo = next(metric for metric in vae.metrics if metric.name == "elbo")
    np.testing.assert_allclose(elbo.result(), -terms[:16].mean(), rtol=1e-5)


def test_encode_decode_reconstruct_predict(make_vae, binary):
    vae = make_vae()
    codes = vae.encode(binary)
    assert set(codes) == {"z_mean", "z_log_var"} and codes["z_mean"].shape == (64, 2)
    reconstruction = vae.reconstruct(binary)
    np.testing.assert_allclose(vae.decode(codes["z_mean"]), reconstruction, atol=1e-6)
    np.testing.assert_allclose(vae.predict(binary, verbose=0), reconstruction, atol=1e-6)
    np.testing.assert_allclose(reconstruction, tf.sigmoid(vae.decoder(vae.encoder(binary)[0])), atol=1e-6)


def test_empty_batches(make_vae):
    vae, none = make_vae(), np.zeros((0, 6), "float32")
    assert vae.reconstruct(none).shape == (0, 6)
    assert vae.generate(0).shape == (0, 6)
    assert vae.log_likelihood(none, 3).shape == (0,)


def test_generate_is_a_function_of_its_arguments(make_vae, binary):
    vae = make_vae()
    first = vae.generate(5, seed=3)
    vae.compute_loss(binary)
    keras.utils.set_random_seed(11)
    np.testing.assert_array_equal(vae.generate(5, seed=3), first)
    np.testing.assert_allclose(vae.generate(3, seed=3), first[:3], atol=1e-6)
    assert np.abs(vae.generate(5, seed=4) - first).max() > 1e-3
    draws = vae.generate(400, seed=3, sample=True).numpy()
    assert set(np.unique(draws)) == {0.0, 1.0}
    np.testing.assert_array_equal(draws, vae.generate(400, seed=3, sample=True))
    np.testing.assert_allclose(draws.mean(), np.mean(vae.generate(400, seed=3)), atol=0.05)


def test_log_likelihood_is_the_log_mean_weight(make_vae, binary):
    vae = make_vae()
    epsilon = tf.random.stateless_normal([7, 1, 2], [3, 0], alg="philox")
    z_mean, z_log_var = vae.encoder(binary)
    z = z_mean + tf.exp(0.5 * z_log_var) * epsilon
    logits = tf.reshape(vae.decoder(tf.reshape(z, [-1, 2])), [7, 64, 6])
    log_weights = losses.Bernoulli().log_prob(binary, logits, 1) + losses.gaussian_log_prob(z, 0.0, tf.zeros_like(z))
    log_weights -= losses.gaussian_log_prob(z, z_mean, z_log_var)
    np.testing.assert_allclose(vae.log_likelihood(binary, 7, seed=3), losses.log_mean_exp(log_weights), rtol=1e-5)


def test_log_likelihood_depends_on_neither_batch_nor_chunk(make_vae, binary, monkeypatch):
    whole = make_vae().log_likelihood(binary, 50, seed=1).numpy()
    vae = make_vae()
    np.testing.assert_allclose(
        np.concatenate([vae.log_likelihood(row[None], 50, seed=1) for row in binary]), whole, atol=1e-4
    )
    monkeypatch.setattr(vae_inference, "ROWS_AT_ONCE", 200)  # chunks of 3 samples, the last of 2
    np.testing.assert_allclose(make_vae().log_likelihood(binary, 50, seed=1), whole, atol=1e-4)


@pytest.mark.parametrize("prior", ["standard_normal", "gaussian_mixture", "vamp"])
def test_elbo_in_chunks_of_samples(make_vae, binary, monkeypatch, prior):
    """The decoder is given so many rows at most, also of large events, and the result is that of all at once."""
    arguments = {"prior": losses.VampPrior(4) if prior == "vamp" else prior}
    whole = make_vae(**arguments).elbo(binary, num_samples=50, seed=1)
    monkeypatch.setattr(vae_inference, "ELEMENTS_AT_ONCE", 200 * 6)  # chunks of 3 samples, the last of 2
    vae, seen = make_vae(**arguments), []
    score = vae.likelihood.log_prob
    monkeypatch.setattr(vae.likelihood, "log_prob", lambda x, p, **rank: seen.append(p.shape[0]) or score(x, p, **rank))
    tf.config.run_functions_eagerly(True)
    try:
        parts = vae.elbo(binary, num_samples=50, seed=1)
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen == [3] * 16 + [2]
    for name, values in whole.items():
        np.testing.assert_allclose(parts[name], values, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(make_vae(**arguments).elbo(binary, num_samples=50, seed=1)[name], values, rtol=1e-5)


def test_log_likelihood_of_a_denoiser(make_vae, binary):
    vae, noisy = make_vae(), np.clip(binary + 0.3, 0, 1)
    given = vae.log_likelihood(noisy, 20, y=binary)
    assert np.abs(given - vae.log_likelihood(noisy, 20)).max() > 0.1
    np.testing.assert_allclose(vae.log_likelihood(binary, 20, y=binary), vae.log_likelihood(binary, 20))


def test_conditional_depends_on_the_label(make_vae, binary, labels):
    vae = make_vae(num_classes=3)
    x = {"images": binary, "labels": labels}
    other = {"images": binary, "labels": (labels + 1) % 3}
    assert np.abs(vae.log_likelihood(x, 20) - vae.log_likelihood(other, 20)).min() > 1e-4
    assert np.abs(vae.reconstruct(x) - vae.reconstruct(other)).max() > 1e-3
    same_noise = vae.generate(labels=[0, 1], seed=1), vae.generate(labels=[0, 2], seed=1)
    np.testing.assert_allclose(same_noise[0][0], same_noise[1][0], atol=1e-6)
    assert np.abs(same_noise[0][1] - same_noise[1][1]).max() > 1e-3
    assert vae.decode(np.zeros((2, 2)), labels=[0, 1]).shape == (2, 6)


@pytest.mark.parametrize("prior", [losses.GaussianMixture(3), losses.VampPrior(4)])
def test_learned_priors(make_vae, round_trip, binary, prior):
    vae = make_vae(prior=prior, objective="iwae", num_samples=2)
    before = [np.array(variable) for variable in prior.trainable_variables]
    vae.fit(binary, epochs=2, verbose=0)
    assert all(np.abs(a - b).max() > 0 for a, b in zip(before, prior.trainable_variables, strict=True))
    loaded = round_trip(vae)
    np.testing.assert_allclose(loaded.generate(5, seed=2), vae.generate(5, seed=2), atol=1e-6)
    np.testing.assert_allclose(loaded.log_likelihood(binary, 5), vae.log_likelihood(binary, 5), atol=1e-4)


def test_prior_moves_samples(make_vae):
    vae = make_vae(prior=losses.GaussianMixture(1))
    vae.prior.means.assign([[100.0, 0.0]])
    np.testing.assert_allclose(vae.generate(3, seed=0), vae.decode([[100.0, 0.0]] * 3), atol=0.2)


def test_config_round_trip(make_vae, revive):
    vae = make_vae(
        likelihood=losses.Gaussian(0.3, learn_scale=True), prior=losses.GaussianMixture(3), objective="iwae",
        num_samples=5, beta=losses.LinearWarmup(7), seed=9,
    )  # fmt: skip
    again = revive(vae)
    assert (again.objective, again.num_samples, again.seed, again.beta.steps) == ("iwae", 5, 9, 7)
    assert again.likelihood.initial_scale == 0.3 and again.prior.num_components == 3
    assert [v.shape for v in again.trainable_variables] == [v.shape for v in vae.trainable_variables]


def test_a_learned_scale_is_trained_and_saved(make_vae, round_trip, binary):
    vae = make_vae(likelihood=losses.Gaussian(2.0, learn_scale=True))
    vae.fit(binary, epochs=5, verbose=0)
    assert 0 < float(vae.likelihood.scale) < 1.9
    np.testing.assert_array_equal(round_trip(vae).likelihood.scale, vae.likelihood.scale)


def test_convolutional_and_any_rank(make_vae):
    x = np.random.default_rng(0).random((8, 4, 4, 1)).astype("float32")
    pair = (
        networks.conv_encoder((4, 4, 1), 2, filters=(3,), units=(4,)),
        networks.conv_decoder(2, (4, 4, 1), (3,), (4,)),
    )
    vae = make_vae(networks=pair, likelihood="continuous_bernoulli")
    vae.fit(x, verbose=0)
    assert vae.generate(3).shape == (3, 4, 4, 1) and vae.log_likelihood(x, 4).shape == (8,)
