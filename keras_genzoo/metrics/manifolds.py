"""Improved precision and recall: how much of one set lies on the manifold of the other."""

import numpy as np

from keras_genzoo.metrics.distances import as_pair, blocks


def precision_recall(real, fake, neighbors=3):
    """The share of the fake examples on the real manifold, and of the real ones on the fake manifold.

    Kynkaanniemi et al. 2019, section 2: the manifold of a set is the union of the balls around its examples that
    reach to their `neighbors`-th nearest other example. Both depend on the number of examples. Memory is bounded, time
    is quadratic.

    Args:
        real, fake: arrays `(examples, ...)` of features, more than `neighbors` examples; computed in float64.
        neighbors: int. Defaults to 3.

    Returns:
        `(precision, recall)`: floats in [0, 1]; both 1 for equal sets.

    Raises:
        ValueError: for too few examples, sizes that differ, or values that are not finite.

    Example:

    >>> from keras_genzoo.metrics import precision_recall
    >>> precision_recall([[0.0], [1.0], [2.0], [3.0]], [[0.0], [0.25], [0.5], [9.0]], neighbors=1)
    (0.75, 1.0)
    """
    if neighbors < 1:
        raise ValueError(f"Expected at least one neighbour. Received: {neighbors=}")
    real, fake = as_pair(real, fake, minimum=neighbors + 1)
    center = real.mean(axis=0)  # distances stay, rounding shrinks
    real, fake = real - center, fake - center
    real_radii, fake_radii = _radii(real, neighbors), _radii(fake, neighbors)
    precise, recalled = 0, np.zeros(len(real), bool)
    for part, squared in blocks(fake, real):
        precise += np.count_nonzero((squared <= real_radii).any(axis=1))
        recalled |= (squared <= fake_radii[part, None]).any(axis=0)
    return float(precise / len(fake)), float(recalled.mean())


def _radii(points, neighbors):
    """The squared distance of every point to its `neighbors`-th nearest other one."""
    radii = np.empty(len(points))
    for part, squared in blocks(points, points):
        radii[part] = np.partition(squared, neighbors, axis=1)[:, neighbors]  # the point itself is the first
    return radii
