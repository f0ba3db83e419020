import numpy as np
import pytest

from keras_genzoo.layers import FourierFeatures


def test_numbers():
    """The inputs, then sines and cosines of one phase; wavelengths lie in the given range."""
    layer = FourierFeatures(400, longest=4.0, shortest=0.5, seed=2)
    x = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    outputs = layer(x).numpy()
    np.testing.assert_array_equal(outputs[:, :2], x)
    np.testing.assert_allclose(outputs[:, 2:402] ** 2 + outputs[:, 402:] ** 2, 1.0, rtol=1e-5)
    step = np.array([[1e-3, 0.0], [0.0, 1e-3]], "float32")
    phases = np.unwrap(np.arctan2(*np.split(layer(np.concatenate([step, 0 * step[:1]])).numpy()[:, 2:], 2, axis=1)))
    speed = np.linalg.norm((phases[:2] - phases[2]) / 1e-3, axis=0)
    lengths = 2 * np.pi / speed
    assert 0.5 * 0.98 < lengths.min() < 0.55 and 3.6 < lengths.max() < 4 * 1.02


def test_seed_and_round_trip(revive):
    x = np.ones((1, 2), "float32")
    layer = FourierFeatures(4, 2.0, 0.1, seed=1)
    np.testing.assert_array_equal(revive(layer)(x), layer(x))
    assert np.abs(FourierFeatures(4, 2.0, 0.1, seed=2)(x) - layer(x)).max() > 1e-3


@pytest.mark.parametrize("arguments", [(0, 1.0, 0.5), (4, 1.0, 2.0), (4, 1.0, 0.0)])
def test_errors(arguments):
    with pytest.raises(ValueError, match=r"^Expected num_features of at least 1 and longest >= shortest > 0\."):
        FourierFeatures(*arguments)
