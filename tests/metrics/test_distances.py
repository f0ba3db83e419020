import numpy as np
import pytest

from keras_genzoo.metrics import distances, nearest


@pytest.fixture
def sets():
    generator = np.random.default_rng(0)
    return generator.normal(size=(30, 4)) + 50.0, generator.normal(size=(40, 4)) + 50.0


def brute_force(a, b):
    return np.array([[np.sqrt(np.sum((x - y) ** 2)) for y in b] for x in a])


@pytest.mark.parametrize("block", [1, 100, 10**6])
def test_nearest_is_brute_force_whatever_the_block(monkeypatch, sets, block):
    monkeypatch.setattr(distances, "BLOCK", block)
    exact = brute_force(*sets)
    for rank in (0, 1, 3):
        indices, found = nearest(*sets, rank=rank)
        np.testing.assert_array_equal(indices, np.argsort(exact, axis=1)[:, rank])
        np.testing.assert_allclose(found, np.sort(exact, axis=1)[:, rank], rtol=1e-8)


def test_equal_rows_are_at_distance_zero():
    """The expansion of the square would give rounding, or a negative number, for float32 far from 0."""
    rows = np.random.default_rng(1).random((20, 784), "float32") + 3
    assert np.diag(distances.squared_distances(rows, rows)).max() == 0
    assert nearest(rows, rows)[1].dtype == np.float32


def test_images_are_flattened():
    images = np.random.default_rng(2).random((6, 4, 4, 1))
    np.testing.assert_array_equal(nearest(images[::-1], images)[0], [5, 4, 3, 2, 1, 0])


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (np.zeros((3, 2)), np.zeros((3, 4)), r"of one size\. Received: real\.shape=\(3, 2\), fake\.shape=\(3, 4\)$"),
        (np.zeros((1, 2)), np.zeros((3, 2)), r"at least 2 examples\. Received: real\.shape=\(1, 2\)$"),
        (np.zeros((3, 2)), np.full((3, 2), np.nan), r"^NaN or infinite values\. Expected .*Received: fake$"),
        (np.zeros(3), np.zeros(3), r"^Expected real of shape \(examples, \.\.\.\)"),
    ],
)
def test_bad_sets(real, fake, message):
    with pytest.raises(ValueError, match=message):
        distances.as_pair(real, fake, minimum=2)
