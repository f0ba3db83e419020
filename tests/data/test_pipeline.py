import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.data import epoch_batches
from keras_genzoo.layers import Sampling, noise

COUNT = 10


def rows(batch, seed):
    return batch["rows"]


def seeds(batch, seed):
    return seed


def make(transform=rows, batch_size=4, **kwargs):
    return epoch_batches({"rows": np.arange(COUNT)}, batch_size, transform, **kwargs)


def epochs(dataset, count):
    return [np.concatenate([batch.numpy() for batch in dataset]).tolist() for _ in range(count)]


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 99])
def test_every_example_once_an_epoch(batch_size):
    dataset = make(batch_size=batch_size)
    assert len(dataset) == -(-COUNT // batch_size)
    for epoch in epochs(dataset, 3):
        assert sorted(epoch) == list(range(COUNT))


def test_order_is_a_function_of_seed_and_epoch():
    one, same, other = epochs(make(seed=1), 4), epochs(make(seed=1), 4), epochs(make(seed=2), 4)
    assert one == same
    assert len({tuple(epoch) for epoch in one + other}) == 8


def test_first_epoch_goes_on():
    assert epochs(make(seed=1, first_epoch=2), 2) == epochs(make(seed=1), 4)[2:]
    assert int(make(first_epoch=5).epoch) == 5


def test_epochs_are_counted_by_iteration():
    dataset = make()
    for number in range(3):
        assert int(dataset.epoch) == number
        list(dataset)
    assert int(dataset.epoch) == 3


def test_unshuffled_and_remainder():
    assert epochs(make(shuffle=False), 2) == [list(range(COUNT))] * 2
    dataset = make(shuffle=False, drop_remainder=True)
    assert len(dataset) == 2 and epochs(dataset, 1) == [list(range(8))]
    assert dataset.element_spec.shape == (4,)
    assert epochs(make(batch_size=99, drop_remainder=True, shuffle=False), 1) == [list(range(COUNT))]


def test_repeat_first():
    repeated = epochs(make(seed=1, first_epoch=3, repeat_first=True), 3)
    assert repeated == [epochs(make(seed=1, first_epoch=3), 1)[0]] * 3


def test_seed_of_every_batch_is_its_own():
    dataset = make(seeds, seed=7)
    found = [tuple(seed.numpy()) for _ in range(3) for seed in dataset]
    assert len(set(found)) == 9
    assert [tuple(seed.numpy()) for seed in make(seeds, seed=7, first_epoch=2)] == found[6:]


def test_seeds_are_apart_from_a_models_with_the_same_number():
    """Else a model's noise would be a function of the noise on its data."""
    zeros, sampling = tf.zeros([500, 2]), Sampling(seed=7)
    for seed in make(seeds, seed=7):
        radius = tf.reduce_sum(sampling([zeros, zeros]) ** 2, axis=1)  # -2 log u in the Box-Muller transform
        same_bits = -2 * tf.math.log(noise.uniform([1000], seed)[::2])
        assert abs(np.corrcoef(radius, same_bits)[0, 1]) < 0.3


def test_fit_sees_one_epoch_each(make_vae, binary):
    """Neither the check of `fit` nor Keras's iterators move the count on."""
    seen = []

    def transform(batch, seed):
        tf.numpy_function(lambda number: seen.append(int(number)), [seed[1]], [])
        return batch["x"]

    dataset = epoch_batches({"x": binary}, 16, transform)
    make_vae().fit(dataset, epochs=3, verbose=0)
    assert int(dataset.epoch) == 3
    assert [number for number in seen if number >= 4] == list(range(4, 12))


def test_dictionaries_stay_together():
    arrays = {"a": np.arange(COUNT), "b": np.arange(COUNT) * 10}
    for batch in epoch_batches(arrays, 3, lambda batch, seed: batch):
        np.testing.assert_array_equal(batch["a"] * 10, batch["b"])


@pytest.mark.parametrize(("count", "batch_size"), [(0, 4), (10, 0), (10, -1)])
def test_errors(count, batch_size):
    message = (
        rf"^Expected examples and a batch_size of at least 1\. Received: {count} examples, batch_size={batch_size}$"
    )
    with pytest.raises(ValueError, match=message):
        epoch_batches({"rows": np.arange(count)}, batch_size, rows)
