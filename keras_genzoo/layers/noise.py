"""Random numbers that are repeatable, fast under XLA, and different on every replica."""

import tensorflow as tf

ALGORITHM = "philox"  # the default, "auto_select", is slow and differs between devices


def next_seed(generator):
    """Draws the next seed of a `keras.random.SeedGenerator` for stateless random ops.

    Under `tf.distribute` the replica's number is folded in, because a seed generator gives every replica the same
    state and all of them would train on the same noise.

    Args:
        generator: `keras.random.SeedGenerator`.

    Returns:
        int32 tensor of shape `(2,)`.
    """
    return of_replica(tf.cast(generator.next(), tf.int32))


def of_replica(seed):
    """The seed, int32 `(2,)`, with the replica's number under `tf.distribute` folded in."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return seed
    return seed + tf.stack([7919 * tf.cast(context.replica_id_in_sync_group, tf.int32), 0])


def seed_pair(seed, stream=0):
    """Turns one integer seed into the pair that stateless random ops take; `stream` keeps two uses of it apart."""
    return tf.stack([tf.cast(seed, tf.int32), tf.cast(stream, tf.int32)])


def normal(shape, seed):
    """Standard normal float32 tensor of `shape`; a function of `seed` (int32, `(2,)`) alone."""
    return tf.random.stateless_normal(shape, seed, alg=ALGORITHM)


def uniform(shape, seed):
    """Uniform float32 tensor of `shape` on [0, 1); a function of `seed` (int32, `(2,)`) alone."""
    return tf.random.stateless_uniform(shape, seed, alg=ALGORITHM)


def dropout(values, rate, generator, shape=None):
    """Sets a share `rate` of the values to 0 and scales the others, so that the mean stays.

    Args:
        values: float tensor.
        rate: float in [0, 1); 0 returns the values as they are.
        generator: `keras.random.SeedGenerator`.
        shape: of the mask, which broadcasts over the values; a size of 1 drops along that axis together. Defaults to
            that of the values.

    Returns:
        Tensor like `values`.
    """
    if not rate:
        return values
    shape = tf.shape(values) if shape is None else shape
    kept = uniform(shape, next_seed(generator)) >= rate
    return tf.where(kept, values / (1.0 - rate), tf.zeros((), values.dtype))


def by_row(draw, count, shape, seed, first_row=0):
    """Noise that belongs to its row: row i is a function of `seed` and `first_row + i`, not of the other rows.

    Args:
        draw: `normal` or `uniform`.
        count: int, the number of rows.
        shape: of one row's noise.
        seed: int.
        first_row: int. Defaults to 0.

    Returns:
        float32 `(count, *shape)`.
    """
    return by_key(draw, first_row + tf.range(count), shape, seed)


def by_key(draw, keys, shape, seed):
    """Noise that belongs to a key: row i is a function of `seed` and `keys[i]`.

    Args:
        draw: `normal` or `uniform`.
        keys: int32 `(count,)`.
        shape: of one row's noise.
        seed: int.

    Returns:
        float32 `(count, *shape)`.
    """
    with tf.device("CPU:0"):  # an accelerator would wait for small kernels at every turn of the loop
        count = tf.shape(keys)[0]
        keys = tf.pad(keys, [[0, tf.cast(count == 0, tf.int32)]])  # no rows at all cannot be stacked
        signature = tf.TensorSpec([None] * len(shape), tf.float32)
        drawn = tf.map_fn(lambda key: draw(shape, seed_pair(seed, key)), keys, fn_output_signature=signature)
    return drawn[:count]


def key_of(token_ids):
    """A number for each row of int32 ids `(batch, time)`, to which zeros at its end add nothing: int32 `(batch,)`."""
    factors = tf.math.cumprod(tf.fill([tf.shape(token_ids)[1]], 1_000_003))  # odd, modulo 2**32
    return tf.reduce_sum(token_ids * factors, axis=1)
