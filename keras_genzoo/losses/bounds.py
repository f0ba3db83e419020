"""Bounds on the log-likelihood as training losses: per example, to be minimised, in nats.

All three take `log_weights`, `(num_samples, batch)`: log p(x, z) - log q(z | x) for z drawn from q(z | x).
"""

import math

import tensorflow as tf


def log_mean_exp(log_weights):
    """log of the mean of exp over the first axis: `(num_samples, batch)` to `(batch,)`.

    With importance weights it is the bound of Burda et al. 2016, eq. 8; one sample makes it the ELBO.

    Example:

    >>> import math
    >>> from keras_genzoo.losses import log_mean_exp
    >>> round(math.exp(float(log_mean_exp([[math.log(1.0)], [math.log(3.0)]])[0])), 5)
    2.0
    """
    log_weights = tf.convert_to_tensor(log_weights)
    count = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(count)


def scale_gradient(z):
    """The identity, whose gradient can be weighted after the forward pass.

    Returns:
        `z` and a function `weight(w)`, to be called before gradients are taken: the gradient that comes back to `z`
        is multiplied by `w`, `(num_samples, batch)`. The doubly reparameterised estimator needs it, since its weights
        are known only once the decoder has run.
    """
    held = {}

    @tf.custom_gradient
    def identity(value):
        return tf.identity(value), lambda upstream: upstream * held["weights"][..., None]

    def weight(weights):
        held["weights"] = tf.stop_gradient(weights)

    return identity(z), weight


def dreg_loss(log_weights, weight):
    """The importance-weighted bound with the doubly reparameterised gradient (Tucker et al. 2019, eq. 8).

    The gradient of the decoder and prior weighs sample k by the normalised importance weight w_k, that of the encoder
    by w_k squared. With one sample it is the ELBO with the path derivative (Roeder, Wu & Duvenaud 2017, Sticking the
    Landing), whose noise in the encoder vanishes as q(z | x) nears the posterior. `log_weights` must have been made
    with z from `scale_gradient` and log q(z | x) with its parameters held constant; `weight` is the function which
    that returned.

    Returns:
        `(batch,)`: minus the bound in value, the estimator in gradient.
    """
    normalised = tf.stop_gradient(tf.nn.softmax(log_weights, axis=0))
    weight(normalised)
    surrogate = tf.reduce_sum(normalised * log_weights, axis=0)
    return tf.stop_gradient(surrogate - log_mean_exp(log_weights)) - surrogate


def bits_per_dimension(nats, num_dimensions):
    """Nats of a whole event to bits of each of its dimensions."""
    return nats / (num_dimensions * math.log(2.0))
