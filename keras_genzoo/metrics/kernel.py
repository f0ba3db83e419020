"""The kernel distance (KID) between two sets of features."""

import numpy as np

from keras_genzoo.metrics.distances import as_pair


def kernel_distance(real, fake, num_blocks=10, seed=0):
    """The squared maximum mean discrepancy under the cubic kernel, without bias, and its standard error.

    Binkowski et al. 2018, section 4.2: k(x, y) = (x . y / size + 1)^3. Both sets are shuffled and cut into blocks
    that share no example, so that the estimates of the blocks are independent; their mean is the result. Unlike the
    Frechet distance its expected value does not depend on the number of examples.

    Args:
        real, fake: arrays `(examples, ...)` of features, at least two a block; computed in float64.
        num_blocks: int. Defaults to 10.
        seed: int, of the shuffling. Defaults to 0.

    Returns:
        `(distance, standard_error)`: floats; the distance can be below 0, and the error is NaN for a single block.

    Raises:
        ValueError: for fewer examples than two a block, sizes that differ, or values that are not finite.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.metrics import kernel_distance
    >>> x = np.random.default_rng(0).normal(size=(2, 1000, 4))
    >>> distance, standard_error = kernel_distance(x[0], x[1])
    >>> abs(distance) < 4 * standard_error
    True
    """
    if num_blocks < 1:
        raise ValueError(f"Expected at least one block. Received: {num_blocks=}")
    real, fake = as_pair(real, fake, minimum=2 * num_blocks)
    generator = np.random.default_rng(seed)
    cut = [np.array_split(generator.permutation(values), num_blocks) for values in (real, fake)]
    estimates = [unbiased_mmd(*pair) for pair in zip(*cut, strict=True)]
    error = np.std(estimates, ddof=1) / np.sqrt(num_blocks) if num_blocks > 1 else np.nan
    return float(np.mean(estimates)), float(error)


def cubic_kernel(a, b):
    """k(x, y) = (x . y / size + 1)^3 for all pairs of rows."""
    return (a @ b.T / a.shape[1] + 1.0) ** 3


def unbiased_mmd(real, fake):
    """The unbiased estimate of the squared discrepancy (Gretton et al. 2012, equation 3) on one block.

    Args:
        real, fake: float64 arrays `(examples, size)`, at least two examples each.

    Returns:
        float.
    """
    within = 0.0
    for values in (real, fake):
        gram, count = cubic_kernel(values, values), len(values)
        within += (gram.sum() - np.trace(gram)) / (count * (count - 1))
    return float(within - 2.0 * cubic_kernel(real, fake).mean())
