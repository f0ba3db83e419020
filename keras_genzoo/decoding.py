"""Decoding as graph loops over one step: greedy, sampling and beam search, for every text model.

A step is a function `(token_ids (batch,), state) -> (logits (batch, vocabulary_size), state)`; the state is a structure
of tensors whose first axis is the batch. Its logits are those of the token after.
"""

import tensorflow as tf

from keras_genzoo.layers import noise

NEVER = -1e9  # the logit of a token that must not come; finite, so that no difference is NaN
COLDEST = 1e-25  # the temperature at which the best token has all probability, however close the others are
NOTHING = -float("inf")  # the score of a sequence that is none


def sample(
    step, logits, state, max_length, end_id=-1, temperature=1.0, top_k=0, top_p=1.0, seed=0, first_row=0, forbidden=(),
    min_length=0, repetition_penalty=1.0, prompt_ids=None,
):  # fmt: skip
    """Draws token after token until every row has ended or is full.

    Args:
        step: the function of the module's docstring.
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
    never, no_end = _at(forbidden, size), _at((end_id,), size)
    ends, penalised = end_id >= 0, repetition_penalty != 1.0
    drawn = noise.by_row(noise.uniform, batch, [max_length], seed, first_row)  # (batch, max_length)
    factor, drawn = _tempered(temperature, tf.transpose(drawn))

    def body(restricted, t, logits, state, written, rows):
        scores = tf.cast(logits, tf.float32) + never
        if penalised:
            weighted = tf.where(scores > 0, scores / repetition_penalty, scores * repetition_penalty)
            scores = tf.where(rows["seen"], weighted, scores)
        if tf.get_static_value(min_length) != 0:
            scores += tf.where(t < min_length, no_end, 0.0)
        scores = factor * scores
        token = _draw(restrict(scores, top_k, top_p) if restricted else scores, tf.gather(drawn, t))
        rows = dict(rows)
        if ends:
            rows["finished"] |= token == end_id
            token = tf.where(rows["finished"], 0, token)
        if penalised:
            rows["seen"] |= _one_hot(token, size)
        logits, state = step(token, state)
        return t + 1, logits, state, written.write(t, token), rows

    def decode(restricted):
        rows = {"finished": tf.zeros((batch,), tf.bool)} if ends else {}
        if penalised:
            rows["seen"] = tf.zeros((batch, size), tf.bool)
            if prompt_ids is not None:
                rows["seen"] |= tf.reduce_any(_one_hot(prompt_ids, size), axis=1)
        nothing = tf.zeros((tf.maximum(max_length, 1), batch), tf.int32)  # an array of no elements cannot be stacked
        written = tf.TensorArray(tf.int32, tf.shape(nothing)[0], element_shape=[None]).unstack(nothing)
        start = (tf.constant(0), logits, state, written, rows)
        *_, written, _ = tf.while_loop(
            lambda t, logits, state, written, rows: (
                (t < max_length) & ~tf.reduce_all(rows["finished"]) if ends else t < max_length
            ),
            lambda *values: body(restricted, *values),
            start,
            _unknown_batch(start),
        )
        return tf.transpose(written.stack()[:max_length])

    return _either(_restricts(top_k, top_p), lambda: decode(True), lambda: decode(False))


def choose(logits, uniform, temperature=1.0, top_k=0, top_p=1.0):
    """One token a row, by the inverse of the cumulative distribution.

    Args:
        logits: float32 `(batch, vocabulary_size)`.
        uniform: float32 `(batch,)` in [0, 1), the place in the distribution.
        temperature, top_k, top_p: as for `sample`.

    Returns:
        int32 `(batch,)`.
    """
    factor, uniform = _tempered(temperature, uniform)
    scores = factor * logits
    return _draw(_either(_restricts(top_k, top_p), lambda: restrict(scores, top_k, top_p), lambda: scores), uniform)


def _tempered(temperature, uniform):
    """A factor on logits, and places in the distribution they make then.

    Temperature 0 is the limit: all probability at the best token, and the place 0, that of the first of equal ones. A
    loop draws in the same few operations then, whatever the temperature.
    """
    temperature = tf.cast(temperature, tf.float32)
    return 1.0 / tf.maximum(temperature, COLDEST), tf.where(temperature > 0, uniform, 0.0)


def _draw(logits, uniform):
    """The first token whose cumulative probability is above `uniform`, int32 `(batch,)`."""
    cumulative = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    above = cumulative > uniform[:, None] * cumulative[:, -1:]  # the last sum may not be 1
    return tf.argmax(above, axis=-1, output_type=tf.int32)


def _restricts(top_k, top_p):
    """Whether any token is left out by `restrict`: a Python bool where that is known, else a tensor."""
    known_k, known_p = tf.get_static_value(top_k), tf.get_static_value(top_p)
    if known_k is None or known_p is None:
        return (top_k > 0) | (top_p < 1.0)
    return bool(known_k > 0 or known_p < 1.0)


def _either(condition, if_true, if_false):
    """`tf.cond`, which leaves out the branch that a known condition never takes."""
    if tf.is_tensor(condition):
        return tf.cond(condition, if_true, if_false)
    return if_true() if condition else if_false()


def restrict(logits, top_k=0, top_p=1.0):
    """Logits with all but the `top_k` best, and all but the smallest set of probability `top_p`, set to -inf.

    Of equal logits the one with the lower id is the better. The best always stays.

    Args:
        logits: float32 `(batch, vocabulary_size)`.
        top_k: int; 0 is off. Defaults to 0.
        top_p: float in (0, 1]. Defaults to 1.

    Returns:
        float32 `(batch, vocabulary_size)`.
    """
    order = tf.argsort(logits, axis=-1, direction="DESCENDING", stable=True)
    rank = tf.argsort(order, axis=-1)
    size = tf.shape(logits)[-1]
    within = rank < tf.where(top_k > 0, top_k, size)
    probability = tf.nn.softmax(tf.where(within, logits, -float("inf")))
    ordered = tf.gather(probability, order, batch_dims=1)
    before = tf.cumsum(ordered, axis=-1, exclusive=True)
    enough = (before < top_p) | (tf.range(size) == 0)
    return tf.where(within & (tf.gather(enough, rank, batch_dims=1)), logits, -float("inf"))


def beam_search(step, logits, state, max_length, end_id, beam_width=5, length_penalty=1.0, forbidden=()):
    """The most probable sequences, by a search that keeps `beam_width` unfinished ones a row.

    A sequence is finished by the end token, among the best `beam_width` continuations of its row, and its score is
    then frozen; a row stops with `beam_width` finished ones. After `max_length` tokens only the end may follow.
    Width 1 is greedy decoding, full width is exhaustive.

    Args:
        step: the function of the module's docstring, for `batch * beam_width` rows, those of one source together.
        logits: float `(batch, vocabulary_size)` of the first token.
        state: structure of tensors, `(batch, ...)`.
        max_length: int, tokens at most, the end token not counted.
        end_id: int.
        beam_width: int of at least 1. Defaults to 5.
        length_penalty: float. A score is log p divided by the length, the end token included, to this power; 0 prefers
            short ones. Defaults to 1.
        forbidden: ints, tokens that never come. Defaults to none.

    Returns:
        dict, the best first: `token_ids`, int32 `(batch, beam_width, max_length)`, 0 after the end, the end token left
        out; `scores`, float32 `(batch, beam_width)`, -inf where there is no more sequence.
    """
    logits, state = tf.nest.map_structure(tf.convert_to_tensor, (logits, state))
    batch, size = tf.shape(logits)[0], logits.shape[-1]
    width, penalty = tf.cast(beam_width, tf.int32), tf.cast(length_penalty, tf.float32)
    never, end_only = _at(forbidden, size), NEVER - _at((end_id,), size)

    def body(t, logits, state, alive, ids, pool, pool_ids):
        logits = tf.cast(logits, tf.float32) + never
        highest, largest = (tf.reduce_max(x, axis=-1, keepdims=True) for x in (logits, tf.nn.softmax(logits)))
        total = highest - tf.math.log(largest)  # the logarithm of the sum of the exponentials, in fewer passes
        logits = tf.cond(t == max_length, lambda: logits + end_only, lambda: logits)
        best, parent, token = _continuations(alive, logits, total)
        histories, ends = tf.gather(ids, parent, batch_dims=1), token == end_id  # (batch, 2 * width - 1, max_length)

        among_best = tf.range(tf.shape(best)[1]) < width
        ended = tf.where(ends & among_best, best / tf.pow(tf.cast(t + 1, tf.float32), penalty), NOTHING)
        pool, chosen = tf.math.top_k(tf.concat([pool, ended], axis=1), width)
        pool_ids = tf.gather(tf.concat([pool_ids, histories], axis=1), chosen, batch_dims=1)

        full = tf.reduce_all(pool > NOTHING, axis=1, keepdims=True)
        alive, chosen = tf.math.top_k(tf.where(ends | full, NOTHING, best), width)
        token, parent = tf.gather(token, chosen, batch_dims=1), tf.gather(parent, chosen, batch_dims=1)
        ids = tf.where(tf.range(max_length) == t, token[..., None], tf.gather(histories, chosen, batch_dims=1))
        rows = tf.reshape(parent + width * tf.range(batch)[:, None], (-1,))
        state = tf.nest.map_structure(lambda value: tf.gather(value, rows), state)
        logits, state = step(tf.reshape(token, (-1,)), state)
        return t + 1, logits, state, alive, ids, pool, pool_ids

    first = tf.where(tf.range(width) == 0, 0.0, NOTHING)  # the others are copies of it
    start = (
        tf.constant(0),
        tf.repeat(logits, width, axis=0),
        tf.nest.map_structure(lambda value: tf.repeat(value, width, axis=0), state),
        tf.tile(first[None], (batch, 1)),
        tf.zeros((batch, width, max_length), tf.int32),
        tf.fill((batch, width), NOTHING),
        tf.zeros((batch, width, max_length), tf.int32),
    )
    _, _, _, _, _, scores, token_ids = tf.while_loop(
        lambda t, logits, state, alive, *_: (t <= max_length) & tf.reduce_any(alive > NOTHING),
        body,
        start,
        _unknown_batch(start),
    )
    return {"token_ids": token_ids, "scores": scores}


def _continuations(alive, logits, total):
    """The best continuations of a row's sequences: as many as are needed to go on with `width` of them.

    Of the `width` best either all end, and the row is done, or at most `width - 1`.

    Args:
        alive: `(batch, width)`, log p of the sequences.
        logits: `(batch * width, vocabulary_size)` of their next tokens, about `NEVER` of one that must not come.
        total: `(batch * width, 1)`, the logarithm of the sum of the exponentials of the logits.

    Returns:
        `(best, parent, token)`, each `(batch, 2 * width - 1)`, or fewer where there are no more: log p, the sequence
        that goes on, and by which token.
    """
    batch, width = tf.unstack(tf.shape(alive))
    needed = 2 * width - 1
    each = tf.minimum(needed, tf.shape(logits)[1])  # no sequence has more among the best of its row
    logits, token = tf.math.top_k(logits, each)
    scores = tf.where(logits > NEVER / 2, logits - total, NOTHING)
    scores = tf.reshape(alive[..., None] + tf.reshape(scores, (batch, width, each)), (batch, width * each))
    best, place = tf.math.top_k(scores, tf.minimum(needed, width * each))
    return best, place // each, tf.gather(tf.reshape(token, (batch, width * each)), place, batch_dims=1)


def _one_hot(token_ids, size):
    return tf.one_hot(token_ids, size, on_value=True, off_value=False, dtype=tf.bool)


def _at(token_ids, size):
    """`(size,)`: `NEVER` at these tokens, 0 elsewhere."""
    return NEVER * tf.reduce_sum(tf.one_hot(tf.constant(list(token_ids), tf.int32), size), axis=0)


def _unknown_batch(start):
    """Shape invariants of a loop: every size is open but that of the last axis of two or more."""

    def invariant(value):
        if isinstance(value, tf.TensorArray):
            return tf.TensorShape(None)
        shape = value.shape.as_list()
        return tf.TensorShape([None] * len(shape[:-1]) + (shape[-1:] if len(shape) > 1 else [None] * len(shape)))

    return tf.nest.map_structure(invariant, start)
