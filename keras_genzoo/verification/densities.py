"""Divergences and likelihoods against closed forms, sums, integrals and TensorFlow Probability."""

import numpy as np
import tensorflow as tf

from keras_genzoo import losses
from keras_genzoo.layers import noise
from keras_genzoo.verification.table import Check, Row

SAMPLES = 200_000


def gaussian_kl():
    """The closed form against its zero, TensorFlow Probability, and the mean of log q(z) - log p(z)."""
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    generator = np.random.default_rng(0)
    z_mean = generator.normal(size=(8, 3)).astype("float32")
    z_log_var = generator.uniform(-4.0, 1.5, size=(8, 3)).astype("float32")
    kl = tf.reduce_sum(losses.gaussian_kl(z_mean, z_log_var), axis=-1)
    posterior = tfd.MultivariateNormalDiag(z_mean, tf.exp(0.5 * z_log_var))
    registered = tfd.kl_divergence(posterior, tfd.MultivariateNormalDiag(tf.zeros([3])))
    yield Row("KL(N(0, 1) || N(0, 1))", losses.gaussian_kl(0.0, 0.0), 0.0, detail="nats")
    yield Row("Gaussian KL, against TFP", _largest(kl - registered), 0.0, "=", 1e-4, "largest difference of 8, nats")

    prior = losses.StandardNormal()
    prior.create_weights(3, ())
    z = z_mean + tf.exp(0.5 * z_log_var) * noise.normal([SAMPLES // 10, 8, 3], noise.seed_pair(1))
    log_ratio = losses.gaussian_log_prob(z, z_mean, z_log_var) - prior.log_prob(z)
    off = _largest(_standard_errors(log_ratio, kl))
    detail = f"largest of 8, in standard errors of {SAMPLES // 10:,} samples"
    yield Row("Gaussian KL, against Monte Carlo", off, 0.0, "=", 5.0, detail)

    mixture = losses.GaussianMixture(num_components=1)
    mixture.create_weights(3, ())
    mixture.means.assign(tf.zeros_like(mixture.means))
    estimate = mixture.kl(z_mean, z_log_var, z, None)[:, 0]
    exact = tf.reduce_mean(log_ratio, axis=0)
    yield Row("KL to a mixture of one N(0, 1)", _largest(estimate - exact), 0.0, "=", 1e-3, "same samples, nats")


def normalisation():
    """Probabilities sum to 1 over their levels, densities integrate to 1 over [0, 1]."""
    levels = np.arange(256) / 255.0
    for scale in (0.002, 0.05, 1.0):
        likelihood = losses.DiscretizedLogistic(scale=scale, learn_scale=False)
        means = np.array([-0.5, 0.0, 0.001, 0.37, 0.999, 1.0, 1.5])
        log_prob = likelihood.log_prob(levels[:, None, None], means[:, None], event_rank=1)  # (level, mean)
        totals = np.exp(log_prob.numpy().astype("float64")).sum(axis=0)
        detail = f"scale {scale}, largest error of 7 means in and beyond [0, 1]"
        yield Row("discretized logistic sums to 1", _largest(totals - 1), 0.0, "=", 1e-3, detail)
    logits = np.array([-20.0, -5.0, -1e-3, 0.0, 1e-3, 0.3, 5.0, 20.0])
    nodes, weights = np.polynomial.legendre.leggauss(64)  # exact to rounding for a density this smooth
    x, weights = 0.5 * (nodes + 1), 0.5 * weights
    log_prob = losses.ContinuousBernoulli().log_prob(x[:, None, None], logits[:, None], event_rank=1)
    density = np.exp(log_prob.numpy().astype("float64"))
    total, mean = weights @ density, (weights * x) @ density
    measured = losses.ContinuousBernoulli().mean(logits).numpy()
    yield Row("continuous Bernoulli integrates to 1", _largest(total - 1), 0.0, "=", 1e-4, "8 logits in [-20, 20]")
    yield Row("continuous Bernoulli mean", _largest(measured - mean), 0.0, "=", 1e-4, "against the integral")


def bernoulli():
    """log p and its gradient against TensorFlow Probability and sigmoid - x."""
    import tensorflow_probability as tfp

    logits = tf.constant([-90.0, -20.0, -1.0, 0.0, 1e-4, 2.0, 30.0, 90.0])[:, None]
    for x in (0.0, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            log_prob = losses.Bernoulli().log_prob(tf.fill([8, 1], x), logits, event_rank=1)
        theirs = tfp.distributions.Bernoulli(logits=logits[:, 0]).log_prob(x)
        gradient = tape.gradient(log_prob, logits)
        detail = f"x = {x:.0f}, 8 logits in [-90, 90]"
        yield Row("Bernoulli log p, against TFP", _largest(log_prob - theirs), 0.0, "=", 1e-5, detail)
        yield Row("its gradient", _largest(gradient - (x - tf.sigmoid(logits))), 0.0, "=", 1e-6, detail)


def output_bias():
    """A decoder started at `output_bias(mean)` predicts `mean`."""
    means = np.array([0.02, 0.13, 0.4999, 0.5, 0.7, 0.97], "float32")
    for name in sorted(losses.LIKELIHOODS):
        likelihood = losses.get_likelihood(name)
        measured = likelihood.mean(likelihood.output_bias(means))
        yield Row(f"{name}: mean(output_bias(m)) = m", _largest(measured - means), 0.0, "=", 1e-4, "6 means")


def samples():
    """Draws follow the likelihood: the share of every level, in standard errors."""
    levels, parameter = 9, 0.8
    for likelihood in (losses.DiscretizedLogistic(0.15, levels=levels), losses.Bernoulli()):
        values = np.array([0.0, 1.0]) if isinstance(likelihood, losses.Bernoulli) else np.arange(levels) / (levels - 1)
        draws = likelihood.sample(tf.fill([SAMPLES], parameter), noise.seed_pair(2)).numpy()
        expected = np.exp(likelihood.log_prob(values[:, None], [[parameter]], event_rank=1).numpy())
        shares = (np.abs(draws[:, None] - values) < 1e-6).mean(axis=0)
        off = (shares - expected) / np.sqrt(expected * (1 - expected) / SAMPLES)
        detail = f"shares of {len(values)} values, in standard errors"
        yield Row(f"{type(likelihood).__name__} draws follow p", _largest(off), 0.0, "=", 5.0, detail)


def _largest(values):
    return np.max(np.abs(np.asarray(values)))


def _standard_errors(draws, expected):
    """How far the mean over the first axis is from `expected`, in standard errors."""
    draws = np.asarray(draws, "float64")
    return (draws.mean(axis=0) - np.asarray(expected)) / (draws.std(axis=0) / np.sqrt(len(draws)))


CHECKS = [
    Check("Gaussian KL", "losses", gaussian_kl),
    Check("normalisation", "losses", normalisation),
    Check("Bernoulli", "losses", bernoulli),
    Check("output bias", "losses", output_bias),
    Check("draws", "losses", samples),
]
