"""Sequences that are drawn token after token."""

import tensorflow as tf

from keras_genzoo.decoding.choice import draw, either, restrict, restricts, tempered
from keras_genzoo.decoding.loops import marked, unknown_batch
from keras_genzoo.layers import noise


def sample(
    step, logits, state, max_length, end_id=-1, temperature=1.0, top_k=0, top_p=1.0, seed=0, first_row=0, forbidden=(),
    min_length=0, repetition_penalty=1.0, prompt_ids=None,
):  # fmt: skip
    """Draws token after token until every row has ended or is full.

    Args:
        step: the function of `keras_genzoo.decoding`.
        logits: float `(batch, vocabulary_size)` of the first new token.
        state: structure of tensors, the state after the last token of the prompt.
        max_length: int, new tokens at most, the end token not counted.
        end_id: Python int, the token that ends a row, or -1 if there is none. Defaults to -1.
        temperature: float of at least 0; 0 takes the most probable token. Defaults to 1.
        top_k: int; only the so many most probable tokens are drawn from; 0 is off. Defaults to 0.
        top_p: float in (0, 1]; only the smallest set of tokens with at least this probability (Holtzman et al. 2020).
            Defaults to 1.
        seed: int. A row's draws depend on the seed and its number alone. Defaults to 0.
        first_row: int, the number of the first row. Defaults to 0.
        forbidden: ints, tokens that never come. Defaults to none.
        min_length: int; before it no row ends. Defaults to 0.
        repetition_penalty: Python float of at least 1; divides positive logits of the tokens that have come and
            multiplies negative ones (Keskar et al. 2019, section 4.1). Defaults to 1, off.
        prompt_ids: int `(batch, time)`, tokens that count as come, padded with 0; with a penalty only.

    Returns:
        int32 `(batch, max_length)`, 0 after the end, the end token left out.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo import decoding
    >>> def count(token_ids, state):  # after token i comes token i + 1, after 4 the end, which is 5
    ...     return tf.one_hot(token_ids + 1, 6) * 9.0, state
    >>> first = tf.one_hot([1, 3], 6) * 9.0
    >>> decoding.sample(count, first, (), max_length=5, end_id=5, temperature=0.0).numpy().tolist()
    [[1, 2, 3, 4, 0], [3, 4, 0, 0, 0]]
    """
    logits, state = tf.nest.map_structure(tf.convert_to_tensor, (logits, state))
    batch, size = tf.shape(logits)[0], logits.shape[-1]
    never, no_end = marked(forbidden, size) < 0, marked((end_id,), size) < 0
    drawn = noise.by_row(noise.uniform, batch, [max_length], seed, first_row)  # (batch, max_length)
    factor, drawn = tempered(temperature, tf.transpose(drawn))

    def body(restricted, t, logits, state, token_ids, rows):
        scores, banned = tf.cast(logits, tf.float32), never
        if "seen" in rows:
            scores = _penalised(scores, rows["seen"], repetition_penalty)
        if tf.get_static_value(min_length) != 0:
            banned |= no_end & (t < min_length)
        scores = tf.where(banned, -float("inf"), factor * scores)  # whatever the temperature
        token = draw(restrict(scores, top_k, top_p) if restricted else scores, tf.gather(drawn, t))
        rows = dict(rows)
        if "finished" in rows:
            rows["finished"] |= token == end_id
            token = tf.where(rows["finished"], 0, token)
        if "seen" in rows:
            rows["seen"] |= _one_hot(token, size)
        logits, state = step(token, state)
        return t + 1, logits, state, token_ids.write(t, token), rows

    def goes_on(t, logits, state, token_ids, rows):
        return (t < max_length) & ~tf.reduce_all(rows["finished"]) if "finished" in rows else t < max_length

    def loop(restricted):
        rows = {"finished": tf.zeros((batch,), tf.bool)} if end_id >= 0 else {}
        if repetition_penalty != 1.0:
            rows["seen"] = _seen(prompt_ids, batch, size)
        start = (tf.constant(0), logits, state, _zeros(max_length, batch), rows)
        ended = tf.while_loop(goes_on, lambda *values: body(restricted, *values), start, unknown_batch(start))
        return tf.transpose(ended[3].stack()[:max_length])

    return either(restricts(top_k, top_p), lambda: loop(True), lambda: loop(False))


def _penalised(scores, seen, penalty):
    """Scores with those of tokens that were seen made worse."""
    return tf.where(seen, tf.where(scores > 0, scores / penalty, scores * penalty), scores)


def _seen(prompt_ids, batch, size):
    """Which tokens a prompt has, bool `(batch, size)`; without one, none."""
    if prompt_ids is None:
        return tf.zeros((batch, size), tf.bool)
    return tf.reduce_any(_one_hot(prompt_ids, size), axis=1)


def _zeros(length, batch):
    """An array of at least one row of zeros `(batch,)`, as none at all cannot be stacked."""
    rows = tf.maximum(length, 1)
    return tf.TensorArray(tf.int32, rows, element_shape=[None]).unstack(tf.zeros((rows, batch), tf.int32))


def _one_hot(token_ids, size):
    return tf.one_hot(token_ids, size, on_value=True, off_value=False, dtype=tf.bool)
