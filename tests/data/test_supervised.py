"""Splits for a classifier: images with labels, moved at random in training."""

import numpy as np
import pytest

import keras_genzoo as genzoo


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("digits", supervised=True, shift=1, value_range=(-1.0, 1.0))


def test_labels_are_those_of_the_images(splits):
    plain = genzoo.data.load("digits")
    x, y = next(iter(splits.test.batches(179)))
    np.testing.assert_array_equal(y, plain.test.labels)
    np.testing.assert_allclose(x, 2 * next(iter(plain.test.batches(179))).numpy() - 1, atol=1e-6)
    assert y.dtype == "int32"


def test_training_alone_is_moved_and_anew_in_every_epoch(splits):
    assert (splits.train.shift, splits.validation.shift, splits.test.shift) == (1, 0, 0)
    batches = splits.train.batches(32, shuffle=False)
    first, second = (next(iter(batches)) for _ in range(2))
    np.testing.assert_array_equal(first[1], second[1])
    assert np.abs(first[0] - second[0]).max() > 0.5
    again = next(iter(splits.train.batches(32, shuffle=False)))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[0].shape == (32, 8, 8, 1) and float(np.min(first[0])) == -1


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("digits", {"supervised": True, "corruption": 0.5}, r"beside supervised=True\. Received: conditional=False"),
        ("digits", {"supervised": True, "conditional": True}, r"Received: conditional=True, corruption=0.0$"),
        ("digits", {"shift": -1}, r"^Expected shift to be a whole number of pixels, at least 0\. Received: shift=-1$"),
        ("ring", {"supervised": True}, r"^Points take no binarization, corruption, labels or shift\."),
    ],
)
def test_errors(name, options, message):
    with pytest.raises(ValueError, match=message):
        genzoo.data.load(name, **options)


def test_labels_must_be_there(tmp_path):
    np.savez(tmp_path / "plain.npz", x_train=np.zeros((20, 4, 4), "uint8"))
    with pytest.raises(ValueError, match=r"^A classifier needs labels\. Received: dataset 'plain', which has none$"):
        genzoo.data.load("plain", tmp_path, supervised=True)
