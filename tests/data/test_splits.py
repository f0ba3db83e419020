import numpy as np
import pytest

from keras_genzoo import data
from keras_genzoo.data import Split, make_splits
from keras_genzoo.data.sources import Source


def source(**parts):
    return Source("made", parts or {"train": part(100)}, {"origin": "here", "location": "memory"})


def part(count, start=0):
    """Images whose first pixel is their number, the others grey, with labels."""
    images = np.full((count, 4, 4, 1), 51, "uint8")
    images[:, 0, 0, 0] = start + np.arange(count)
    return {"images": images, "labels": (np.arange(count) % 3).astype("int32")}


def numbers(split):
    return split.arrays["images"][:, 0, 0, 0].tolist()


def pixels(split, **kwargs):
    return np.concatenate([batch.numpy() for batch in split.batches(**kwargs)])


def test_cuts_are_disjoint_complete_and_deterministic():
    splits = make_splits(source())
    parts = [numbers(split) for split in (splits.train, splits.validation, splits.test)]
    assert [len(p) for p in parts] == [81, 9, 10]
    assert sorted(number for part in parts for number in part) == list(range(100))
    assert numbers(make_splits(source()).test) == parts[2]
    assert numbers(make_splits(source(), seed=1).test) != parts[2]
    assert splits.info["num_examples"] == {"test": 10, "train": 81, "validation": 9}


def test_given_parts_are_kept():
    splits = make_splits(source(train=part(50), test=part(20, 100)), validation_size=5)
    assert numbers(splits.test) == list(range(100, 120))
    assert len(splits.validation) == 5 and sorted(numbers(splits.train) + numbers(splits.validation)) == list(range(50))
    given = make_splits(source(train=part(50), validation=part(7, 60), test=part(20, 100)))
    assert len(given.train) == 50 and numbers(given.validation) == list(range(60, 67))


def test_labels_stay_with_their_images():
    splits = make_splits(source(), conditional=True)
    for split in (splits.train, splits.test):
        np.testing.assert_array_equal(split.labels, np.array(numbers(split)) % 3)
    for batch in splits.train.batches(16):
        np.testing.assert_array_equal(np.round(255 * batch["images"][:, 0, 0, 0]) % 3, batch["labels"])
    assert splits.info["num_classes"] == 3


def test_batches_are_scaled_floats():
    split = Split(part(10))
    batch = next(iter(split.batches(10)))
    assert batch.dtype == np.float32 and batch.shape == (10, 4, 4, 1)
    np.testing.assert_allclose(batch[:, 1], 0.2, rtol=1e-6)
    np.testing.assert_allclose(pixels(Split(part(10), value_range=(-1.0, 1.0)))[:, 1], -0.6, rtol=1e-6)


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_mean(value_range):
    split = Split(part(10), value_range=value_range)
    np.testing.assert_allclose(split.mean, pixels(split).mean(axis=0), atol=1e-6)


def test_dynamic_binarisation_is_fresh_with_the_right_mean():
    split = Split(part(60), training=True, dynamic=True)
    dataset = split.batches(60, shuffle=False)
    drawn = np.stack([np.concatenate(list(dataset)) for _ in range(20)])  # (epoch, example, ...)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert all((drawn[0] != drawn[i]).any() for i in range(1, 20))
    error = 5 * (0.2 * 0.8 / drawn[..., 1:, :].size) ** 0.5
    np.testing.assert_allclose(drawn[:, :, 1:].mean(), 0.2, atol=error)
    np.testing.assert_allclose(drawn[:, :, 0, 0, 0].mean(axis=0), np.arange(60) / 255, atol=0.4)
    again = split.batches(60, shuffle=False, first_epoch=7)
    np.testing.assert_array_equal(np.concatenate(list(again)), drawn[7])


def test_static_binarisation_is_fixed_and_that_of_the_mean():
    splits = make_splits(source(), binarization="static")
    first, second = pixels(splits.train, shuffle=False), pixels(splits.train, shuffle=False, first_epoch=3)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(splits.train.arrays["images"], make_splits(source(), "static").train.arrays["images"])
    assert set(np.unique(first)) == {0.0, 1.0}
    np.testing.assert_allclose(first[:, 1:].mean(), 0.2, atol=5 * (0.16 / first[:, 1:].size) ** 0.5)


def test_dynamic_leaves_validation_and_test_static():
    dynamic, static = make_splits(source(), "dynamic"), make_splits(source(), "static")
    assert dynamic.train.dynamic and not dynamic.test.dynamic
    for name in ("validation", "test"):
        np.testing.assert_array_equal(getattr(dynamic, name).arrays["images"], getattr(static, name).arrays["images"])


def test_black_and_white_stay_under_every_binarisation():
    images = np.zeros((40, 2, 2, 1), "uint8")
    images[:, 0] = 255
    for binarization in data.BINARIZATIONS:
        split = make_splits(source(train={"images": images}), binarization).train
        np.testing.assert_array_equal(pixels(split, batch_size=32), images[:32] / 255)


def test_threshold():
    images = np.array([0, 127, 128, 255], "uint8").reshape(1, 2, 2, 1).repeat(10, axis=0)
    split = make_splits(source(train={"images": images}), "threshold").train
    np.testing.assert_array_equal(pixels(split)[0].ravel(), [0, 0, 1, 1])


def test_corruption_makes_pairs():
    split = Split(part(64), training=True, corruption=0.1)
    noisy, clean = next(iter(split.batches(64, shuffle=False)))
    np.testing.assert_allclose(clean[:, 1:], 0.2, rtol=1e-6)
    added = (noisy - clean).numpy()[:, 1:]
    np.testing.assert_allclose([added.mean(), added.std()], [0, 0.1], atol=0.02)
    assert noisy.numpy().min() >= 0 and noisy.numpy().max() <= 1
    other, _ = next(iter(split.batches(64, shuffle=False, first_epoch=1)))
    assert (noisy != other).numpy().mean() > 0.5


def test_training_split_drops_the_remainder_and_the_others_keep_it():
    assert len(Split(part(10), training=True).batches(4)) == 2
    assert len(Split(part(10)).batches(4)) == 3
    assert [len(Split(part(10)).batches(4, drop_remainder=True)), len(Split(part(10)).take(3))] == [2, 3]


def test_some_examples_are_drawn_with_their_labels_and_keep_their_order():
    split = data.load("digits").train
    some, again = split.some(100, seed=3), split.some(100, seed=3)
    assert len(some) == len(some.labels) == 100 and some.training
    np.testing.assert_array_equal(some.arrays["images"], again.arrays["images"])
    np.testing.assert_array_equal(split.some(10**6).labels, split.labels)
    assert numbers(Split(part(50)).some(7)) == sorted(numbers(Split(part(50)).some(7)))
    np.testing.assert_array_equal(Split(part(50)).some(7).labels, np.array(numbers(Split(part(50)).some(7))) % 3)


def test_points():
    splits = data.load("ring")
    batch = next(iter(splits.train.batches(32)))
    assert batch.shape == (32, 2) and splits.train.event_shape == (2,)
    assert np.abs(splits.train.mean).max() < 0.05


def test_checksum_follows_the_data():
    one, same, other = (make_splits(source(train=part(count))).info["checksum"] for count in (50, 50, 51))
    assert one == same != other and one.startswith("sha256:")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"binarization": "random"}, r"Unknown binarization\. Expected one of \('none', .*binarization='random'"),
        ({"corruption": -1}, r"Expected corruption to be a number of at least 0\. Received: corruption=-1"),
        ({"corruption": "much"}, r"Expected corruption to be a number of at least 0\. .*corruption='much'"),
        ({"validation_size": 90}, r"Cannot hold out 90 examples of 90\. Expected 1 to 89\. Received: dataset 'made'"),
        ({"validation_size": 0}, r"Cannot hold out 0 examples of 90\. Expected 1 to 89\. Received: dataset 'made'"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_splits(source(), **arguments)


def test_errors_of_the_source():
    with pytest.raises(
        ValueError, match=r"^A conditional model needs labels\. Received: dataset 'made', which has none$"
    ):
        make_splits(source(train={"images": part(9)["images"]}), conditional=True)
    with pytest.raises(
        ValueError, match=r"^Points take no binarization, corruption, labels or shift\. Received: dataset 'ring'$"
    ):
        data.load("ring", binarization="static")


@pytest.mark.parametrize("name", ["digits", "grammar"])
def test_a_look_at_the_splits_prints_no_data(name):
    assert len(repr(data.load(name))) < 2000
