"""Data that needs no file and no network: real digits, points of known density, sentences of known entropy."""

import numpy as np

from keras_genzoo.data import dates, grammar, reverse

NUM_POINTS = 20_000


def digits():
    """scikit-learn's 1,797 handwritten digits, 8 x 8 in 17 grey values, stretched to 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype("uint8")[..., None]
    return {"train": {"images": images, "labels": bunch.target.astype("int32")}}


def ring_centers():
    """The 8 means of `ring`, on the unit circle: float32 `(8, 2)`."""
    angles = np.arange(8) * (2 * np.pi / 8)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def grid_centers():
    """The 25 means of `grid`, {-4, -2, 0, 2, 4} squared: float32 `(25, 2)`."""
    axis = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype("float32")


RING_SCALE, GRID_SCALE = 0.01, 0.05
MODES = {"ring": (ring_centers, RING_SCALE), "grid": (grid_centers, GRID_SCALE)}  # the means, and their deviation


def ring():
    """Points of 8 Gaussians on the unit circle, standard deviation 0.01; the label is the mode."""
    return _mixture(ring_centers(), RING_SCALE)


def grid():
    """Points of 25 Gaussians on a grid, standard deviation 0.05; the label is the mode."""
    return _mixture(grid_centers(), GRID_SCALE)


def _mixture(centers, scale):
    generator = np.random.default_rng(0)
    parts = {}
    for part, size in (("train", NUM_POINTS), ("validation", NUM_POINTS // 10), ("test", NUM_POINTS // 10)):
        labels = generator.integers(len(centers), size=size)
        points = centers[labels] + scale * generator.standard_normal((size, 2))
        parts[part] = {"points": points.astype("float32"), "labels": labels.astype("int32")}
    return parts


SOURCES = {
    "digits": (digits, "UCI optical recognition of handwritten digits, by way of scikit-learn"),
    "ring": (ring, "made: a mixture of 8 Gaussians"),
    "grid": (grid, "made: a mixture of 25 Gaussians"),
    "grammar": (grammar.sentences, "made: sentences of a probabilistic context-free grammar"),
    "dates": (dates.pairs, "made: dates of 1900 to 2099 in seven languages, and in ISO 8601"),
    "reverse": (reverse.pairs, "made: sequences of integers and their reverse"),
}
