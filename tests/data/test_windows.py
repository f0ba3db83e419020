import numpy as np
import pytest

from keras_genzoo.data.windows import num_windows, stream_batches, window_batches

IDS = np.arange(10, 110, dtype="int32")


def made(dataset):
    return [[part.numpy() for part in batch] for batch in dataset]


@pytest.mark.parametrize("window", [1, 7, 9, 33, 99, 500])
@pytest.mark.parametrize("batch_size", [1, 4, 200])
def test_in_order_every_id_but_the_first_is_a_target_once(window, batch_size):
    dataset = window_batches(IDS, window, batch_size, shuffle=False)
    batches = made(dataset)
    assert len(dataset) == len(batches) == -(-num_windows(100, window, False) // batch_size)
    targets = np.concatenate([next_ids[weight > 0] for _, next_ids, weight in batches])
    np.testing.assert_array_equal(targets, IDS[1:])
    for ids, next_ids, weight in batches:
        assert ids.dtype == next_ids.dtype == np.int32 and weight.dtype == np.float32
        assert ids.shape == next_ids.shape == weight.shape == (len(ids), min(window, 99))
        np.testing.assert_array_equal((ids + 1)[weight > 0], next_ids[weight > 0])
        assert not ids[weight == 0].any() and not next_ids[weight == 0].any()


def test_offset_and_order_are_functions_of_seed_and_epoch():
    def epochs(count, **kwargs):
        dataset = window_batches(IDS, 7, 4, **kwargs)
        return [np.concatenate([ids for ids, _, _ in made(dataset)])[:, 0].tolist() for _ in range(count)]

    first = epochs(6, seed=3)
    assert first == epochs(6, seed=3) and first[2:] == epochs(4, seed=3, first_epoch=2)
    assert first != epochs(6, seed=4)
    offsets = {(min(epoch) - 10) for epoch in first}
    assert len(offsets) > 1 and offsets <= set(range(7))
    for epoch in first:
        np.testing.assert_array_equal(np.diff(sorted(epoch)), 7)  # not overlapping, none left out
        assert len(epoch) == num_windows(100, 7, True) == 13 and max(epoch) + 7 < 110


@pytest.mark.parametrize("length", [2, 3, 8, 9, 15])
def test_short_texts(length):
    batches = made(window_batches(IDS[:length], 7, 4))
    assert sum(len(ids) for ids, _, _ in batches) == num_windows(length, 7, True) >= 1
    for ids, next_ids, weight in batches:
        np.testing.assert_array_equal(ids + 1, next_ids)
        assert (weight == 1).all()


@pytest.mark.parametrize("length", [0, 1])
def test_nothing_to_predict(length):
    with pytest.raises(ValueError, match=r"^Expected examples and a batch_size of at least 1\. Received: 0 examples"):
        window_batches(IDS[:length], 7, 4)
    with pytest.raises(ValueError, match=r"^Expected examples and a batch_size of at least 1\. Received: 0 examples"):
        stream_batches(IDS[:length], 7, 4)


@pytest.mark.parametrize("batch_size", [1, 3, 5])
@pytest.mark.parametrize("window", [1, 7, 200])
def test_streams_go_on_from_batch_to_batch(batch_size, window):
    batches = made(stream_batches(IDS, window, batch_size, training=False))
    targets = [np.concatenate([n[row][w[row] > 0] for _, n, w in batches]) for row in range(batch_size)]
    np.testing.assert_array_equal(np.concatenate(targets), IDS[1:])


def test_training_streams_shift_by_epoch():
    dataset, begins = stream_batches(IDS, 7, 3, seed=1), []
    for _ in range(6):
        batches = made(dataset)
        assert len(batches) == len(dataset) == 4
        rows = [np.concatenate([ids[row] for ids, _, _ in batches]) for row in range(3)]
        for row in rows:
            np.testing.assert_array_equal(np.diff(row), 1)
        assert rows[0][-1] + 1 == rows[1][0] and rows[1][-1] + 1 == rows[2][0] and rows[2][-1] <= 108
        begins.append(int(rows[0][0]) - 10)
    assert len(set(begins)) > 1 and set(begins) <= set(range(7))
