"""Divergences between distributions, per example and in nats."""

import math

import tensorflow as tf


def gaussian_kl(z_mean, z_log_var):
    """KL( N(z_mean, exp(z_log_var)) || N(0, 1) ) of every dimension, in closed form.

    Kingma & Welling 2014, appendix B. Sum it over the last axis for the divergence of the whole posterior.

    Args:
        z_mean: `(..., latent_dim)`.
        z_log_var: `(..., latent_dim)`, the log of the variance (not of the standard deviation).

    Returns:
        `(..., latent_dim)`, at least 0.

    Example:

    >>> from keras_genzoo.losses import gaussian_kl
    >>> gaussian_kl([[0.0, 1.0]], [[0.0, 0.0]]).numpy().tolist()
    [[0.0, 0.5]]
    """
    z_mean, z_log_var = tf.cast(z_mean, tf.float32), tf.cast(z_log_var, tf.float32)
    return 0.5 * (tf.square(z_mean) + tf.math.expm1(z_log_var) - z_log_var)


def gaussian_log_prob(z, z_mean, z_log_var):
    """log N(z; z_mean, exp(z_log_var)), summed over the last axis: `(..., latent_dim)` to `(...)`."""
    scaled = tf.square(z - z_mean) * tf.exp(-z_log_var)
    return -0.5 * tf.reduce_sum(scaled + z_log_var + math.log(2 * math.pi), axis=-1)
