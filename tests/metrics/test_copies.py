import numpy as np
import pytest

from keras_genzoo.metrics import copying


@pytest.fixture
def images():
    return np.random.default_rng(0).random((300, 8, 8, 1), "float32")


def test_held_out_data_have_a_ratio_of_one(images):
    ratio, share = copying(images[:100], images[100:])
    assert ratio == pytest.approx(1, abs=0.05) and share == 0


def test_copies_are_found(images):
    noise = 0.01 * np.random.default_rng(1).random((50, 8, 8, 1), "float32")
    samples = np.concatenate([images[100:150] + noise, images[:50]])
    ratio, share = copying(samples, images[100:])
    assert share == 0.5 and 0.45 < ratio < 0.6
    assert copying(images[:5], images) == (0.0, 1.0)


def test_by_hand():
    assert copying([[2.0]], [[0.0], [3.0], [9.0]]) == (pytest.approx(1 / 3), 1.0)
    assert copying([[2.0]], [[0.0], [3.0], [9.0]], threshold=0.3) == (pytest.approx(1 / 3), 0.0)
    assert copying([[1.0]], [[0.0], [0.0]]) == (float("inf"), 0.0)  # duplicates
