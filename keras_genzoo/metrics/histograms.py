"""How evenly samples fall on classes or modes."""

import numpy as np


def histogram_kl(counts, reference):
    """KL(p || q) in nats, of the distribution p that `counts` give from q that `reference` gives.

    With the counts of generated samples and those of the data this is the reverse divergence: finite where samples
    miss a class, infinite where they fall into one that the data do not have.

    Args:
        counts, reference: arrays `(classes,)` of at least 0, with a positive sum.

    Returns:
        float, at least 0.

    Raises:
        ValueError: for shapes that differ, values below 0, or nothing counted.

    Example:

    >>> from keras_genzoo.metrics import histogram_kl
    >>> round(histogram_kl([5, 0], [1, 1]), 4)
    0.6931
    """
    counts, reference = np.asarray(counts, "float64"), np.asarray(reference, "float64")
    if counts.ndim != 1 or counts.shape != reference.shape:
        raise ValueError(
            "Expected counts and reference of one shape (classes,). "
            f"Received: counts.shape={counts.shape}, reference.shape={reference.shape}"
        )
    if min(counts.min(), reference.min()) < 0 or not (counts.sum() > 0 and reference.sum() > 0):
        raise ValueError("Expected counts of at least 0 and some above. Received: negative ones, or none above 0")
    p, q = counts / counts.sum(), reference / reference.sum()
    seen = p > 0
    with np.errstate(divide="ignore"):
        return float(max(0.0, np.sum(p[seen] * np.log(p[seen] / q[seen]))))


def covered(counts, min_samples):
    """The number of classes, or modes, with at least `min_samples` samples (a number, or one for each): int."""
    return int(np.sum(np.asarray(counts) >= min_samples))
