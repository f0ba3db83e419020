import numpy as np
import pytest

from keras_genzoo import data
from keras_genzoo.data import embedded


def test_digits_are_scikit_learns():
    part = embedded.digits()["train"]
    images, labels = part["images"], part["labels"]
    assert images.shape == (1797, 8, 8, 1) and images.dtype == np.uint8 and labels.dtype == np.int32
    assert (images.min(), images.max()) == (0, 255) and len(np.unique(images)) == 17
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize(
    ("name", "centers", "scale"),
    [("ring", embedded.ring_centers(), embedded.RING_SCALE), ("grid", embedded.grid_centers(), embedded.GRID_SCALE)],
)
def test_points_are_the_mixture(name, centers, scale):
    part = data.sources.find(name).parts["train"]
    errors = part["points"] - centers[part["labels"]]
    assert len(part["points"]) == embedded.NUM_POINTS
    np.testing.assert_allclose(errors.std(axis=0), scale, rtol=0.03)
    np.testing.assert_allclose(errors.mean(axis=0), 0, atol=5 * scale / len(errors) ** 0.5)
    shares = np.bincount(part["labels"]) / len(errors)
    np.testing.assert_allclose(shares, 1 / len(centers), atol=5 / len(centers) ** 0.5 / len(errors) ** 0.5)


def test_centers():
    np.testing.assert_allclose(np.linalg.norm(embedded.ring_centers(), axis=1), 1, rtol=1e-6)
    assert len(np.unique(embedded.ring_centers().round(6), axis=0)) == 8
    assert {tuple(center) for center in embedded.grid_centers().tolist()} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }


@pytest.mark.parametrize("name", sorted(embedded.SOURCES))
def test_same_every_time(name):
    one, again = (data.load(name).info for _ in range(2))
    assert one == again and one["location"] == "embedded" and one["origin"]
