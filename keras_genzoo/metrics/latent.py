"""What a latent code carries: active units and mutual information."""

import numpy as np


def active_units(z_means, threshold=0.01):
    """The number of latent dimensions whose posterior mean varies over the data.

    Burda et al. 2016, section 5.2: a dimension is active when the variance of its mean exceeds `threshold`.

    Args:
        z_means: array `(examples, latent_dim)`.
        threshold: float. Defaults to 0.01.

    Returns:
        int.

    Example:

    >>> from keras_genzoo.metrics import active_units
    >>> active_units([[0.0, 1.0], [0.0, -1.0]])
    1
    """
    return int(np.sum(np.var(np.asarray(z_means, "float64"), axis=0) > threshold))


def mutual_information(z_means, z_log_vars, seed=0, block=256):
    """I(x; z) in nats between data and code, under the aggregated posterior of the given examples.

    The estimator of He et al. 2019 (section 4.2): the mean of log q(z | x) - log q(z) with one z an example and q(z)
    the mixture of all posteriors given. It cannot exceed `log(examples)`.

    Args:
        z_means, z_log_vars: arrays `(examples, latent_dim)`.
        seed: int, of the samples. Defaults to 0.
        block: int, rows handled at once. Defaults to 256.

    Returns:
        float.
    """
    means, log_vars = np.asarray(z_means, "float64"), np.asarray(z_log_vars, "float64")
    count = len(means)
    z = means + np.exp(0.5 * log_vars) * np.random.default_rng(seed).standard_normal(means.shape)
    precision = np.exp(-log_vars)
    constant = -0.5 * np.sum(log_vars + means**2 * precision, axis=1)
    total = 0.0
    for start in range(0, count, block):
        rows = z[start : start + block]
        # log q(z_i | x_j) without the 2 pi terms, which cancel: (rows, examples)
        log_q = constant + rows @ (means * precision).T - 0.5 * rows**2 @ precision.T
        own = log_q[np.arange(len(rows)), np.arange(start, start + len(rows))]
        highest = log_q.max(axis=1)
        marginal = highest + np.log(np.exp(log_q - highest[:, None]).sum(axis=1)) - np.log(count)
        total += np.sum(own - marginal)
    return float(total / count)
