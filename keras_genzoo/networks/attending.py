"""What a decoder's steps attend to, and how."""

import tensorflow as tf

from keras_genzoo.layers.attention import BahdanauAttention, UniformAttention
from keras_genzoo.layers.luong import SCORES, LuongAttention

ATTENTIONS = ("additive", *SCORES, "uniform")


def make_attention(attention, query_dim, memory_dim, alignment, window, max_source, **kwargs):
    """An attention layer by name.

    Args:
        attention: `"additive"`, one of Luong's scores, or `"uniform"`.
        query_dim, memory_dim, **kwargs: of the layer.
        alignment, window, max_source: of a `LuongAttention`.

    Raises:
        ValueError: for an unknown name, or local attention without one of Luong's scores.
    """
    if attention not in ATTENTIONS:
        raise ValueError(f"Unknown attention. Expected one of {', '.join(ATTENTIONS)}. Received: {attention=}")
    if attention in SCORES:
        return LuongAttention(query_dim, memory_dim, attention, alignment, window, max_source, **kwargs)
    if alignment != "global":
        raise ValueError(
            f"Local attention is of Luong's scores. Expected attention of {', '.join(SCORES)}. "
            f"Received: {attention=}, {alignment=}"
        )
    return (BahdanauAttention if attention == "additive" else UniformAttention)(query_dim, memory_dim, **kwargs)


def attend_to(encoded, attending):
    """A function from queries `(rows, units)` to `(context, weights)`; the rows of one source stand together.

    Its other arguments are a row of `CollectedGradient.zeros` and the position `(rows, 1)`, or `None`.

    Args:
        encoded: dict of `memory` `(batch, source, memory_dim)` and `mask` `(batch, source)`.
        attending: attention layer.
    """
    memory, mask = encoded["memory"], encoded["mask"]
    keys, batch = attending.keys(memory), tf.shape(memory)[0]

    def attend(query, zeros=None, position=None):
        rows = tf.shape(query)[0]
        queries = batch, rows // tf.maximum(batch, 1)
        grouped = tf.reshape(query, (*queries, attending.query_dim))
        values = memory if zeros is None else tf.stop_gradient(memory)
        position = None if position is None else tf.reshape(position, queries)
        context, weights = attending(grouped, values, mask, keys, position)
        context = tf.reshape(context, (rows, attending.memory_dim))
        weights = tf.reshape(weights, (rows, tf.shape(memory)[1]))
        return context if zeros is None else context + zeros, weights

    return attend


def counting(recur):
    """A step `(inputs, state) -> (outputs, state)` that also counts in the state's `"position"`."""

    def step(inputs, state):
        found, last = recur(inputs, state)
        return found, last | {"position": state["position"] + 1.0}

    return step
