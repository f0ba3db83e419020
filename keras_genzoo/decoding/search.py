"""The most probable sequences, by beam search."""

import tensorflow as tf

from keras_genzoo.decoding.largest import largest_of
from keras_genzoo.decoding.loops import NEVER, marked, unknown_batch

NOTHING = -float("inf")  # the score of a sequence that is none


def beam_search(step, logits, state, max_length, end_id, beam_width=5, length_penalty=1.0, forbidden=(), record=None):
    """The most probable sequences, by a search that keeps `beam_width` unfinished ones a row.

    A sequence is finished by the end token, among the best `beam_width` continuations of its row, and its score is
    then frozen; a row stops with `beam_width` finished ones. After `max_length` tokens only the end may follow.
    Width 1 is greedy decoding, full width is exhaustive.

    Args:
        step: the function of `keras_genzoo.decoding`, for `batch * beam_width` rows, those of one source together.
        logits: float `(batch, vocabulary_size)` of the first token.
        state: structure of tensors, `(batch, ...)`.
        max_length: int, tokens at most, the end token not counted.
        end_id: int.
        beam_width: int of at least 1. Defaults to 5.
        length_penalty: float. A score is log p divided by the length, the end token included, to this power; 0 prefers
            short ones. Defaults to 1.
        forbidden: ints, tokens that never come. Defaults to none.
        record: function of a step's state that returns what is to be kept of it, `(batch * beam_width, ...)`, such as
            what the step attended to. Defaults to `None`, nothing.

    Returns:
        dict, the best first: `token_ids`, int32 `(batch, beam_width, max_length)`, 0 after the end, the end token left
        out; `scores`, float32 `(batch, beam_width)`, -inf where there is no more sequence; with `record` also
        `recorded`, `(batch, beam_width, steps, ...)`, of the state by which each token and the end were chosen, 0 after
        the end. No sequence has more than `steps` tokens, the end counted.
    """
    logits, state = tf.nest.map_structure(tf.convert_to_tensor, (logits, state))
    batch, size = tf.shape(logits)[0], logits.shape[-1]
    width, penalty = tf.cast(beam_width, tf.int32), tf.cast(length_penalty, tf.float32)
    never, needed = marked(forbidden, size), 2 * width - 1

    def choose(t, logits, state, alive, histories, pool, pool_histories):
        log_p, token = _next_tokens(tf.cast(logits, tf.float32) + never, needed, t == max_length, end_id)
        best, parent, token = _continuations(alive, log_p, token, needed)
        histories, ends = tf.gather(histories, parent, batch_dims=1), token == end_id
        here = (tf.range(max_length + 1) == t)[:, None]
        histories = tf.where(here, tf.stack([token, parent], axis=-1)[:, :, None], histories)

        among_best = tf.range(tf.shape(best)[1]) < width
        ended = tf.where(ends & among_best, best / tf.pow(tf.cast(t + 1, tf.float32), penalty), NOTHING)
        pool, chosen = tf.math.top_k(tf.concat([pool, ended], axis=1), width)
        pool_histories = tf.gather(tf.concat([pool_histories, histories], axis=1), chosen, batch_dims=1)

        full = tf.reduce_all(pool > NOTHING, axis=1, keepdims=True)
        alive, chosen = tf.math.top_k(tf.where(ends | full, NOTHING, best), width)
        token, parent = tf.gather(token, chosen, batch_dims=1), tf.gather(parent, chosen, batch_dims=1)
        rows = tf.reshape(parent + width * tf.range(batch)[:, None], (-1,))
        state = tf.nest.map_structure(lambda value: tf.gather(value, rows), state)
        histories = tf.gather(histories, chosen, batch_dims=1)
        return tf.reshape(token, (-1,)), state, alive, histories, pool, pool_histories

    def body(t, records, token, state, *rows):
        logits, state = step(token, state)
        if record is not None:
            records = records.write(t, record(state))
        return t + 1, records, *choose(t, logits, state, *rows)

    logits, state = tf.nest.map_structure(lambda value: tf.repeat(value, width, axis=0), (logits, state))
    records = ()
    if record is not None:
        first = record(state)
        records = tf.TensorArray(first.dtype, 0, dynamic_size=True, infer_shape=False).write(0, first)
    # of each token of a sequence the token and, in the beam of its time, the place of the sequence that it continued
    nothing = tf.zeros((batch, width, max_length + 1, 2), tf.int32)
    token, state, *rows = choose(  # the first token is chosen before the loop, so that it ends without a step in vain
        0,
        logits,
        state,
        tf.tile(tf.where(tf.range(width) == 0, 0.0, NOTHING)[None], (batch, 1)),  # the others are copies of it
        nothing,
        tf.fill((batch, width), NOTHING),
        nothing,
    )
    start = (tf.constant(1), records, token, state, *rows)
    shapes = (*unknown_batch(start[:4]), *(tf.TensorShape([None] * value.shape.rank) for value in rows))
    steps, records, *_, scores, histories = tf.while_loop(
        lambda t, records, token, state, alive, *_: (t <= max_length) & tf.reduce_any(alive > NOTHING),
        body,
        start,
        shapes,
    )
    tokens, places = histories[..., 0], histories[..., 1]
    found = {"token_ids": tf.where(tokens == end_id, 0, tokens)[..., :max_length], "scores": scores}
    if record is None:
        return found
    return {**found, "recorded": _of_sequences(records.stack(), places[..., :steps], tokens[..., :steps] == end_id)}


def _next_tokens(logits, needed, at_end, end_id):
    """The best next tokens of each sequence.

    Args:
        logits: float32 `(rows, vocabulary_size)`, about `NEVER` of a token that must not come.
        needed: int, how many, if there are so many.
        at_end: bool, whether only the end may follow.
        end_id: int.

    Returns:
        `(log_p, token)`, each `(rows, needed)`: `NOTHING` where there is no more.
    """
    best, token = largest_of(logits, tf.minimum(needed, logits.shape[-1]))
    largest = tf.gather(tf.nn.softmax(logits), token[:, :1], batch_dims=1)
    total = best[:, :1] - tf.math.log(largest)  # the logarithm of the sum of the exponentials, in fewer passes
    end_only = tf.where(tf.range(tf.shape(best)[1]) == 0, logits[:, end_id, None], NEVER)
    best, token = tf.where(at_end, end_only, best), tf.where(at_end, end_id, token)
    return tf.where(best > NEVER / 2, best - total, NOTHING), token


def _of_sequences(records, places, ends):
    """What was kept of the steps, by sequence.

    Args:
        records: `(steps, batch * width, ...)`, in the order in which sequences stood then.
        places: int32 `(batch, width, steps)`, where each sequence stood.
        ends: bool, the same shape, where its end is.

    Returns:
        `(batch, width, steps, ...)`, 0 after the end.
    """
    shape, (batch, width, steps) = tf.shape(records), tf.unstack(tf.shape(places))
    rows = places + width * tf.range(batch)[:, None, None]
    chosen = tf.gather_nd(records, tf.stack([tf.broadcast_to(tf.range(steps), tf.shape(rows)), rows], axis=-1))
    written = tf.cumsum(tf.cast(ends, tf.int32), axis=-1, reverse=True) > 0
    written = tf.reshape(written, tf.concat([tf.shape(ends), tf.ones_like(shape[2:])], axis=0))
    return tf.where(written, chosen, tf.zeros((), records.dtype))


def _continuations(alive, log_p, token, needed):
    """The best continuations of a row's sequences: as many as are needed to go on with `width` of them.

    Of the `width` best either all end, and the row is done, or at most `width - 1`.

    Args:
        alive: `(batch, width)`, log p of the sequences.
        log_p: `(batch * width, each)`, of the best next tokens of a sequence.
        token: int, the same shape, which these are.
        needed: int, `2 * width - 1`.

    Returns:
        `(best, parent, token)`, each `(batch, needed)`, or fewer where there are no more: log p, the sequence that goes
        on, and by which token.
    """
    (batch, width), each = tf.unstack(tf.shape(alive)), tf.shape(token)[1]
    scores = tf.reshape(alive[..., None] + tf.reshape(log_p, (batch, width, each)), (batch, width * each))
    best, place = tf.math.top_k(scores, tf.minimum(needed, width * each))
    return best, place // each, tf.gather(tf.reshape(token, (batch, width * each)), place, batch_dims=1)
