"""Samples of a mixture whose modes are known: how many are found, how well, and how wide."""

import numpy as np

from keras_genzoo.metrics.distances import nearest
from keras_genzoo.metrics.histograms import covered, histogram_kl

RADIUS = 3.0  # standard deviations within which a sample is of high quality: 98.9 % of true samples in the plane


def mode_coverage(points, centers, scale, min_samples=1):
    """The number of modes with at least `min_samples` samples of high quality.

    Srivastava et al. 2017 (VEEGAN), section 5.1, with one sample; with more of them a mode that is hit by chance does
    not count.

    Args:
        points: array `(samples, axes)`.
        centers: array `(modes, axes)`.
        scale: float, the standard deviation of every mode, the same along all axes.
        min_samples: int. Defaults to 1.

    Returns:
        int.

    Example:

    >>> from keras_genzoo.metrics import mode_coverage
    >>> mode_coverage([[0.0, 0.1], [0.0, 3.5], [9.0, 0.0]], [[0.0, 0.0], [0.0, 4.0], [9.0, 9.0]], scale=0.2)
    2
    """
    modes, good = _assigned(points, centers, scale)
    return covered(np.bincount(modes[good], minlength=len(centers)), min_samples)


def high_quality_share(points, centers, scale):
    """The share of the samples within 3 standard deviations of a mode; arguments as of `mode_coverage`."""
    return float(np.mean(_assigned(points, centers, scale)[1]))


def mode_reverse_kl(points, centers, reference=None):
    """KL in nats of the shares of samples nearest to each mode, from the true shares (VEEGAN, section 5.1).

    Args:
        points, centers: as of `mode_coverage`.
        reference: array `(modes,)`, proportional to the true shares. Defaults to equal ones.

    Returns:
        float, at least 0.
    """
    modes, _ = nearest(points, centers)
    reference = np.ones(len(centers)) if reference is None else reference
    return histogram_kl(np.bincount(modes, minlength=len(centers)), reference)


def mode_spread(points, centers, scale):
    """The standard deviation inside each mode and along each axis, as a share of the true one.

    Of samples of high quality, around their own mean; so the truth gives 0.974 in the plane, where 3 standard
    deviations cut off the rest, and a generator that has shrunk a mode to a point gives 0.

    Args:
        points, centers, scale: as of `mode_coverage`.

    Returns:
        float64 array `(modes, axes)`; NaN for a mode with fewer than two samples of high quality.
    """
    points = np.asarray(points, "float64")
    modes, good = _assigned(points, centers, scale)
    spread = np.full((len(centers), points.shape[1]), np.nan)
    for mode in range(len(centers)):
        own = points[good & (modes == mode)]
        if len(own) > 1:
            spread[mode] = own.std(axis=0, ddof=1) / scale
    return spread


def _assigned(points, centers, scale):
    """The nearest mode of each sample, and whether it is within its radius."""
    if not scale > 0:
        raise ValueError(f"Expected a positive standard deviation. Received: {scale=}")
    modes, distances = nearest(np.asarray(points, "float64"), np.asarray(centers, "float64"))
    return modes, distances <= RADIUS * scale
