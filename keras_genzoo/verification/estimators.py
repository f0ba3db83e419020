"""Gradient estimators against closed forms and against each other."""

import numpy as np
import tensorflow as tf

from keras_genzoo import losses
from keras_genzoo.layers import Sampling
from keras_genzoo.verification.linear_gaussian import LinearGaussian
from keras_genzoo.verification.table import Check, Row


def reparameterised():
    """d/d mean and d/d log-variance of E[z^2] = mean^2 + variance."""
    count, mean, log_var = 200_000, 0.7, -0.5
    z_mean, z_log_var = tf.fill([count, 1], mean), tf.fill([count, 1], log_var)
    with tf.GradientTape() as tape:
        tape.watch([z_mean, z_log_var])
        z = Sampling(seed=0)([z_mean, z_log_var])
        squared = tf.reduce_sum(tf.square(z))
    for name, gradient, exact in zip(
        ("mean", "log-variance"), tape.gradient(squared, [z_mean, z_log_var]), (2 * mean, np.exp(log_var)), strict=True
    ):
        gradient = gradient.numpy().astype("float64")
        error = 5 * gradient.std() / np.sqrt(count)
        yield Row(f"d E[z^2] / d {name}", gradient.mean(), exact, "=", error, "200,000 samples, 5 standard errors")


def doubly_reparameterised():
    """DReG's gradient is an explicit two-pass one, that of IWAE in expectation, and less noisy than IWAE's."""
    world = LinearGaussian()
    x = world.sample(16)
    measured = np.concatenate([np.ravel(g) for g in _gradients(_model(world, "dreg", 5), x)])
    explicit = np.concatenate([np.ravel(g) for g in _two_passes(_model(world, "dreg", 5), x)])
    difference = np.max(np.abs(measured - explicit))
    yield Row("DReG gradient, against two explicit passes", difference, 0.0, "=", 1e-5, "largest difference")

    repeats = 40
    draws, many = {}, tf.tile(x, [100, 1])
    for objective in ("iwae", "dreg"):
        model = _model(world, objective, 5)
        draws[objective] = _draws(model, many, repeats)
    error = np.sqrt(sum(d.var(axis=0, ddof=1) for d in draws.values()) / repeats)
    off = np.max(np.abs(draws["iwae"].mean(axis=0) - draws["dreg"].mean(axis=0)) / error)
    detail = f"largest of {len(error)} weights, in standard errors of {repeats} batches"
    yield Row("DReG gradient = IWAE gradient in the mean", off, 0.0, "=", 6.0, detail)
    encoder = sum(int(np.prod(v.shape)) for v in model.encoder.trainable_variables)
    noise = {name: d[:, :encoder].var(axis=0).sum() for name, d in draws.items()}
    yield Row("DReG's variance over IWAE's, encoder", noise["dreg"] / noise["iwae"], 1.0, "<=", 0.0, "5 samples of z")


def path_derivative():
    """Where q(z | x) is the posterior, every single draw of the path derivative is 0; that of the ELBO is not."""
    world = LinearGaussian()
    x = world.sample(64)
    largest = {}
    for objective in ("dreg", "elbo"):
        model = world.vae(objective=objective, seed=7)
        of_encoder = _gradients(model, x)[: len(model.encoder.trainable_variables)]
        largest[objective] = max(np.max(np.abs(gradient)) for gradient in of_encoder)
    detail = f"largest of the encoder, one sample; the ELBO's is {largest['elbo']:.2g}"
    yield Row("path derivative at the posterior", largest["dreg"], 0.0, "=", 1e-4, detail)


def _model(world, objective, num_samples):
    return world.vae(stretch=1.3, widen=0.5, objective=objective, num_samples=num_samples, seed=7)


def _gradients(model, x):
    """Of the encoder's weights, then of the decoder's."""
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x)
    return tape.gradient(loss, model.encoder.trainable_variables + model.decoder.trainable_variables)


def _draws(model, x, repeats):
    """The gradient of `repeats` steps, float64 `(repeats, weights)`."""

    @tf.function(autograph=False)
    def step():
        return tf.concat([tf.reshape(gradient, [-1]) for gradient in _gradients(model, x)], axis=0)

    return np.stack([step().numpy() for _ in range(repeats)]).astype("float64")


def _two_passes(model, x):
    """Tucker et al. 2019, eq. 8, with weights from a first pass and one tape for each network."""
    epsilon = Sampling(model.seed)([tf.zeros_like(x[:, : model.latent_dim])] * 2, num_samples=model.num_samples)

    def log_weights(hold_posterior):
        z_mean, z_log_var = model.encoder(x)
        z = z_mean + tf.exp(0.5 * z_log_var) * epsilon  # (num_samples, batch, latent_dim)
        if hold_posterior:
            z_mean, z_log_var = tf.stop_gradient(z_mean), tf.stop_gradient(z_log_var)
        mean = tf.reshape(model.decoder(tf.reshape(z, [-1, model.latent_dim])), [model.num_samples, *x.shape])
        log_joint = model.likelihood.log_prob(x, mean, event_rank=1) + model.prior.log_prob(z)
        return log_joint - losses.gaussian_log_prob(z, z_mean, z_log_var)

    weights = np.exp(log_weights(False).numpy().astype("float64"))
    weights = (weights / weights.sum(axis=0)).astype("float32")
    with tf.GradientTape(persistent=True) as tape:
        encoder_loss = -tf.reduce_mean(tf.reduce_sum(weights**2 * log_weights(True), axis=0))
        decoder_loss = -tf.reduce_mean(tf.reduce_sum(weights * log_weights(False), axis=0))
    return tape.gradient(encoder_loss, model.encoder.trainable_variables) + tape.gradient(
        decoder_loss, model.decoder.trainable_variables
    )


CHECKS = [
    Check("reparameterised gradient", "VAE", reparameterised),
    Check("doubly reparameterised gradient", "VAE", doubly_reparameterised),
    Check("path derivative", "VAE", path_derivative),
]
