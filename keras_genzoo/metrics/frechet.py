"""The Frechet distance between two sets of features, or two Gaussians."""

import numpy as np

from keras_genzoo.metrics.distances import as_pair


def frechet_distance(real, fake):
    """The squared Frechet distance of the Gaussians that have the mean and covariance of each set.

    Heusel et al. 2017, section 3, on features of the caller's choice. It depends on the number of examples, as the
    estimate has a positive bias of about 1 / examples: compare only figures of equal numbers, beside that of two real
    sets.

    Args:
        real, fake: arrays `(examples, ...)` of features, at least two examples each; computed in float64.

    Returns:
        float, at least 0; 0 for equal sets, up to rounding.

    Raises:
        ValueError: for fewer than two examples, sizes that differ, or values that are not finite.

    Example:

    >>> from keras_genzoo.metrics import frechet_distance
    >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    (real_mean, real_factor), (fake_mean, fake_factor) = map(_moments, as_pair(real, fake, minimum=2))
    return _distance(real_mean, real_factor, fake_mean, fake_factor)


def gaussian_frechet_distance(mean, covariance, other_mean, other_covariance):
    """The squared Frechet (2-Wasserstein) distance of two Gaussians in closed form (Dowson & Landau 1982).

    Args:
        mean, other_mean: arrays `(size,)`.
        covariance, other_covariance: symmetric arrays `(size, size)`; eigenvalues below 0 are taken as 0.

    Returns:
        float, at least 0.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.metrics import gaussian_frechet_distance
    >>> round(gaussian_frechet_distance([0.0, 0.0], np.eye(2), [1.0, 0.0], 4 * np.eye(2)), 6)
    3.0
    """
    means = np.asarray(mean, "float64"), np.asarray(other_mean, "float64")
    return _distance(means[0], _factor(covariance), means[1], _factor(other_covariance))


def _moments(values):
    """The mean, and a factor F of the covariance F^T F, without squaring the values."""
    mean = values.mean(axis=0)
    return mean, np.linalg.qr((values - mean) / np.sqrt(len(values) - 1), mode="r")


def _factor(covariance):
    covariance = np.asarray(covariance, "float64")
    if covariance.ndim != 2 or not np.allclose(covariance, covariance.T):
        raise ValueError(f"Expected a symmetric covariance (size, size). Received: shape={covariance.shape}")
    values, vectors = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def _distance(mean, factor, other_mean, other_factor):
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)); the last trace is the sum of the singular values of F1 F2^T."""
    shared = np.linalg.svd(factor @ other_factor.T, compute_uv=False).sum()
    squares = np.sum(factor**2) + np.sum(other_factor**2)
    return float(np.sum((mean - other_mean) ** 2) + max(0.0, squares - 2.0 * shared))
