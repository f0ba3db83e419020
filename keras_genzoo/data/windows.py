"""Windows of running text: batches of equally long pieces, and the ids that follow them."""

import tensorflow as tf

from keras_genzoo.data.pipeline import check_sizes, in_order, row_batches, shuffled


def window_batches(
    ids, window, batch_size, seed=0, first_epoch=0, shuffle=True, drop_remainder=False, repeat_first=False
):
    """Non-overlapping windows, each read from a reset state.

    Shuffled windows begin at an offset below `window` that is drawn for every epoch from (seed, epoch). Windows in
    order cover every id but the first exactly once as a target; the last may be shorter.

    Args:
        ids: int32 array `(tokens,)`.
        window: int, ids a window.
        batch_size, seed, first_epoch, shuffle, drop_remainder, repeat_first: as in `epoch_batches`.

    Returns:
        `tf.data.Dataset` of `(ids, next_ids, sample_weight)`, each `(batch, window)`; see `epoch_batches`.
    """
    targets = len(ids) - 1
    window = min(window, max(1, targets))
    count = num_windows(len(ids), window, shuffle)

    def make(rows, epoch, batch_seed):
        starts = rows * window
        if shuffle:
            starts += _offset(epoch, targets - count * window, window)
        return _windows(data, starts, tf.fill(tf.shape(starts), targets), window)

    with tf.device("CPU:0"):
        data = tf.constant(ids, tf.int32)
    order = shuffled(count) if shuffle else in_order(count)
    return row_batches(count, batch_size, make, order, seed, first_epoch, drop_remainder, repeat_first)


def stream_batches(ids, window, batch_size, seed=0, first_epoch=0, training=True):
    """Windows whose rows go on where those of the batch before ended, for a state that is carried along.

    Row i of every batch belongs to stream i, one of `batch_size` contiguous pieces of the text. In training the pieces
    begin at an offset drawn from (seed, epoch); else every id but the first is a target exactly once.

    Args:
        ids, window, batch_size, seed, first_epoch: as in `window_batches`.
        training: bool.

    Returns:
        As `window_batches`.
    """
    targets = len(ids) - 1
    check_sizes(max(0, targets), batch_size)
    window = min(window, max(1, targets // batch_size))
    if training:
        steps = max(1, (targets - window + 1) // (batch_size * window))
        length = steps * window
    else:
        length = -(-targets // batch_size)
        steps = -(-length // window)

    def make(rows, epoch, batch_seed):
        stream, step = rows % batch_size, rows // batch_size
        begin = stream * length
        end = tf.minimum(begin + length, targets)
        if training:
            offset = _offset(epoch, targets - batch_size * length, window)
            begin, end = begin + offset, end + offset
        return _windows(data, begin + step * window, end, window)

    with tf.device("CPU:0"):
        data = tf.constant(ids, tf.int32)
    count = steps * batch_size
    return row_batches(count, batch_size, make, in_order(count), seed, first_epoch, True, repeat_first=not training)


def num_windows(length, window, training):
    """How many windows `length` ids have; in training one or two fewer, which the changing offset needs."""
    targets = max(0, length - 1)
    window = min(window, max(1, targets))
    return max(1, (targets - window + 1) // window) if training and targets else -(-targets // window)


def _offset(epoch, slack, window):
    """Drawn from 0 to `window` - 1, or to `slack` if that is less."""
    limit = max(1, min(window, slack + 1))
    return tf.random.stateless_uniform((), seed=epoch, maxval=limit, dtype=tf.int32, alg="philox")


def _windows(data, starts, ends, window):
    """`(ids, next_ids, sample_weight)` of the windows that begin at `starts`; nothing from `ends` on is a target."""
    positions = starts[:, None] + tf.range(window)
    real = positions < ends[:, None]
    positions = tf.minimum(positions, tf.size(data) - 2)
    ids, next_ids = (tf.where(real, tf.gather(data, positions + shift), 0) for shift in (0, 1))
    return ids, next_ids, tf.cast(real, tf.float32)
