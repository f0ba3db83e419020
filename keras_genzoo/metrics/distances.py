"""Distances between sets of vectors, in blocks of bounded memory."""

import numpy as np

BLOCK = 2**23  # numbers of a block of distances: 64 MB of float64


def as_vectors(name, values, minimum=1):
    """A set of events `(examples, *event)` as vectors `(examples, size)`, float32 as given, all else as float64.

    Raises:
        ValueError: if there are fewer than `minimum` of them, or a value is not finite.
    """
    values = np.asarray(values)
    if values.ndim < 2 or len(values) < minimum:
        raise ValueError(
            f"Expected {name} of shape (examples, ...) with at least {minimum} examples. "
            f"Received: {name}.shape={values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"NaN or infinite values. Expected finite numbers. Received: {name}")
    return values.reshape(len(values), -1).astype("float32" if values.dtype == np.float32 else "float64", copy=False)


def as_pair(real, fake, minimum=1):
    """Both sets as float64 vectors of one size; see `as_vectors`."""
    real, fake = as_vectors("real", real, minimum), as_vectors("fake", fake, minimum)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Expected real and fake of one size. Received: real.shape={real.shape}, fake.shape={fake.shape}"
        )
    return real.astype("float64"), fake.astype("float64")


def squared_distances(a, b):
    """Squared Euclidean distances `(len(a), len(b))` of vectors; what rounding cannot tell from 0 is 0."""
    a_squares, b_squares = np.sum(a**2, axis=1), np.sum(b**2, axis=1)
    distances = a @ b.T  # in place from here on, as memory is what takes the time
    distances *= -2.0
    distances += a_squares[:, None]
    distances += b_squares
    rounding = 64 * np.finfo(distances.dtype).eps * (a_squares.max() + b_squares.max())
    return np.multiply(distances, distances >= rounding, out=distances)


def blocks(queries, points):
    """Walks over `squared_distances(queries, points)` in blocks of rows: pairs of a slice and its distances."""
    rows = max(1, BLOCK // len(points))
    for start in range(0, len(queries), rows):
        part = slice(start, start + rows)
        yield part, squared_distances(queries[part], points)


def nearest(queries, points, rank=0):
    """The nearest of `points` to each of `queries`.

    Args:
        queries, points: arrays `(examples, ...)` of events of one shape. float32 is computed in float32.
        rank: int: 0 for the nearest, 1 for the second nearest, and so on: 1 is the nearest other one, where the
            queries are themselves among the points. Defaults to 0.

    Returns:
        `(indices, distances)`: int64 and float `(len(queries),)`, Euclidean.

    Example:

    >>> from keras_genzoo.metrics import nearest
    >>> nearest([[0.9, 0.0]], [[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])[0]
    array([1])
    """
    queries, points = as_vectors("queries", queries), as_vectors("points", points, rank + 1)
    indices, distances = np.empty(len(queries), "int64"), np.empty(len(queries), queries.dtype)
    for part, squared in blocks(queries, points):
        found = squared.argmin(axis=1) if rank == 0 else np.argpartition(squared, rank, axis=1)[:, rank]
        indices[part], distances[part] = found, np.sqrt(squared[np.arange(len(found)), found])
    return indices, distances
