"""The bounds on log p(x) against probabilistic PCA, where log p(x) is known."""

import numpy as np
import tensorflow as tf

from keras_genzoo.verification.linear_gaussian import LinearGaussian
from keras_genzoo.verification.table import Check, Row

STRETCH, WIDEN = 1.3, 0.5  # how far the encoder is from the exact posterior


def exact_posterior():
    """With the exact posterior every importance weight is p(x), so one sample gives it, whatever the noise."""
    world = LinearGaussian()
    x, model = world.sample(64), world.vae()
    exact = world.log_prob(x)
    for num_samples in (1, 50):
        error = np.max(np.abs(model.log_likelihood(x, num_samples, seed=num_samples) - exact))
        detail = f"exact posterior, {num_samples} samples of z, largest error of 64 examples, nats"
        yield Row("log p(x) of probabilistic PCA", error, 0.0, "=", 1e-3, detail)


def order():
    """ELBO <= importance-weighted bound, growing with its samples, <= log p(x); the gap closes."""
    world = LinearGaussian()
    x = world.sample(16)
    exact, model = world.log_prob(x).mean(), world.vae(STRETCH, WIDEN)
    elbo = exact - world.posterior_kl(x, STRETCH, WIDEN).mean()
    many = np.tile(x, (2000, 1))
    measured = [model.evaluate(many, batch_size=len(many), verbose=0, return_dict=True)["elbo"] for _ in range(4)]
    yield Row("ELBO = log p(x) - KL(q || posterior)", np.mean(measured), elbo, "=", 0.02, "128,000 samples")

    previous, error = elbo, 0.0
    for num_samples, repeats in ((1, 2000), (4, 1000), (16, 500), (64, 250), (1000, 50)):
        bound, own_error = _bound(model, x, num_samples, repeats)
        slack = 4 * np.hypot(error, own_error)
        detail = f"{repeats} seeds, tolerance of 4 standard errors"
        if num_samples == 1:
            yield Row("bound of 1 sample = ELBO", bound, elbo, "=", slack, detail)
        else:
            yield Row(f"bound of {num_samples} samples, above that of fewer", bound, previous, ">=", slack, detail)
        yield Row("and below log p(x)", bound, exact, "<=", 4 * own_error, detail)
        previous, error = bound, own_error
    yield Row("gap between bound of 1,000 samples and log p(x)", exact - bound, 0.0, "=", 0.01, "nats")


def single_sample():
    """With one sample and a prior without closed form, ELBO and IWAE are one number and one gradient."""
    from keras_genzoo.losses import GaussianMixture

    world = LinearGaussian()
    x, results = world.sample(32), []
    for objective in ("elbo", "iwae"):
        model = world.vae(STRETCH, WIDEN, objective=objective, prior=GaussianMixture(num_components=1), seed=3)
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x)
        gradients = tape.gradient(loss, model.trainable_variables)
        results.append((float(loss), np.concatenate([np.ravel(gradient) for gradient in gradients])))
    (elbo, elbo_gradient), (iwae, iwae_gradient) = results
    yield Row("IWAE loss of 1 sample = ELBO loss", iwae, elbo, "=", 1e-4, "same noise")
    difference = np.max(np.abs(iwae_gradient - elbo_gradient))
    yield Row("and so is its gradient", difference, 0.0, "=", 1e-4, "largest difference")


def _bound(model, x, num_samples, repeats):
    """Mean of the bound over examples and seeds, and its standard error over seeds."""
    values = [float(tf.reduce_mean(model.log_likelihood(x, num_samples, seed=seed))) for seed in range(repeats)]
    return np.mean(values), np.std(values) / np.sqrt(repeats)


CHECKS = [
    Check("exact posterior", "VAE", exact_posterior),
    Check("order of the bounds", "VAE", order),
    Check("IWAE of one sample", "VAE", single_sample),
]
