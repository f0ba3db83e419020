"""The tf.data pipeline: batches gathered from memory, in an order that is a function of (seed, epoch) alone."""

import numpy as np
import tensorflow as tf

STREAM = 0x5EEDDA7A  # keeps random changes of the data apart from the noise of a model with the same seed


def some_rows(total, count, seed=0):
    """`count` of the numbers below `total`, drawn without replacement, in order; all where there are no more."""
    return np.sort(np.random.default_rng(seed).choice(total, min(count, total), replace=False))


def pick_rows(columns, rows):
    """The same rows of every column, each an array or a list of str."""
    return {
        name: values[rows] if isinstance(values, np.ndarray) else [values[i] for i in rows]
        for name, values in columns.items()
    }


def epoch_batches(
    arrays, batch_size, transform, seed=0, first_epoch=0, shuffle=True, drop_remainder=False, repeat_first=False
):
    """Batches of one epoch, as a finite dataset that carries the number of its epoch.

    Every iteration over it is the next epoch, from `first_epoch` on. The order of an epoch, and the seed of every
    batch, depend on `(seed, epoch, batch)` alone, so a run that is interrupted goes on as if it had not been.

    Args:
        arrays: dict of arrays with one first axis, kept in memory as they are.
        batch_size: int.
        transform: function `(batch, seed)` from a dict of tensors and an int32 `(2,)` seed to what `fit` is given.
        seed: int. Defaults to 0.
        first_epoch: int. Defaults to 0.
        shuffle: bool. Defaults to `True`.
        drop_remainder: bool, whether a last smaller batch is left out. Defaults to `False`.
        repeat_first: bool, whether every iteration is the first epoch again, as evaluation wants. Defaults to `False`.

    Returns:
        `tf.data.Dataset` with its number of batches known, and an attribute `epoch`: the variable that counts.

    Raises:
        ValueError: if there are no examples, or `batch_size` is below 1.
    """
    count = len(next(iter(arrays.values())))
    check_sizes(count, batch_size)
    with tf.device("CPU:0"):
        data = {name: tf.constant(np.asarray(values)) for name, values in arrays.items()}

    def make(rows, epoch, batch_seed):
        return transform({name: tf.gather(value, rows) for name, value in data.items()}, batch_seed)

    order = shuffled(count) if shuffle else in_order(count)
    return row_batches(count, batch_size, make, order, seed, first_epoch, drop_remainder, repeat_first)


def row_batches(count, batch_size, make, order, seed=0, first_epoch=0, drop_remainder=False, repeat_first=False):
    """What `epoch_batches` is made of: batches of row numbers, for data that is not simply gathered.

    Args:
        count, batch_size, seed, first_epoch, drop_remainder, repeat_first: as there.
        make: function `(rows, epoch, batch_seed)` from int32 `(batch,)`, a scalar and an int32 `(2,)` seed to what
            `fit` is given. An epoch is the int64 pair `(seed, number)`.
        order: function `(epoch)` to the rows of that epoch, int32 `(count,)`.

    Returns:
        `tf.data.Dataset` with its number of batches known, and an attribute `epoch`: the variable that counts.
    """
    check_sizes(count, batch_size)
    drop_remainder = drop_remainder and count >= batch_size
    num_batches = count // batch_size if drop_remainder else -(-count // batch_size)
    with tf.device("CPU:0"):
        epoch = tf.Variable(first_epoch, dtype=tf.int64, trainable=False, name="epoch")

    def one_epoch(_):
        number = tf.identity(epoch) if repeat_first else epoch.assign_add(1) - 1
        key = tf.stack([tf.cast(seed, tf.int64), number])
        rows_of_epoch = order(key)

        def one_batch(batch):
            rows = rows_of_epoch[batch * batch_size : tf.minimum((batch + 1) * batch_size, count)]
            if drop_remainder or num_batches == 1:
                rows = tf.ensure_shape(rows, (min(batch_size, count),))
            step = tf.cast(number, tf.int32) * num_batches + tf.cast(batch, tf.int32)
            return make(rows, key, tf.stack([tf.constant(seed, tf.int32) + STREAM, step]))

        return tf.data.Dataset.range(num_batches).map(one_batch)

    dataset = tf.data.Dataset.from_tensors(0).flat_map(one_epoch)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches)).prefetch(4)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread's sleep is waited for whenever an iterator ends
    options.deterministic = True
    dataset = dataset.with_options(options)
    dataset.epoch = epoch
    return dataset


def in_order(count):
    """An order for `row_batches`: 0, 1, 2, ... in every epoch."""
    return lambda epoch: tf.range(count, dtype=tf.int32)


def shuffled(count):
    """An order for `row_batches`: a permutation that is a function of the epoch."""
    return lambda epoch: tf.random.experimental.stateless_shuffle(tf.range(count, dtype=tf.int32), seed=epoch)


def length_sorted(lengths, batch_size):
    """An order for `row_batches` that puts rows of about equal length into one batch.

    The rows are shuffled, all but the few of the last, smaller batch sorted by length, and the batches shuffled: a
    row's batch, and which rows are in the smaller one, change with the epoch.

    Args:
        lengths: integers `(count,)`, what to sort by.
        batch_size: int.
    """
    count, full = len(lengths), len(lengths) // batch_size
    with tf.device("CPU:0"):
        lengths = tf.constant(np.asarray(lengths), tf.int64)

    def order(epoch):
        rows = shuffled(count)(epoch)
        rest, rows = tf.split(rows, [count - full * batch_size, full * batch_size])
        rows = tf.gather(rows, tf.argsort(tf.gather(lengths, rows), stable=True))
        batches = tf.gather(tf.reshape(rows, (full, batch_size)), shuffled(full)(tf.bitwise.invert(epoch)))
        return tf.concat([tf.reshape(batches, (-1,)), rest], axis=0)

    return order


def check_sizes(count, batch_size):
    """Refuses data without examples and batches without any."""
    if count == 0 or batch_size < 1:
        raise ValueError(f"Expected examples and a batch_size of at least 1. Received: {count} examples, {batch_size=}")
