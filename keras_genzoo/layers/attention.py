"""Attention over a memory, with its projections, an explicit mask, and its weights as an output.

Queries are `(batch, queries, dim)`: the steps of a teacher-forced decoder, or the hypotheses of a search over one
source. So nobody repeats a memory for its hypotheses, and what is projected of it, its keys, is projected once.
"""

import keras
import tensorflow as tf

from keras_genzoo.layers.products import times


class Attention(keras.layers.Layer):
    """Base of the attention layers: a subclass has `keys(memory)` and `scores(query, keys)`.

    Args:
        query_dim: int, the width of the queries.
        memory_dim: int, the width of the memory.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        query: `(batch, queries, query_dim)`.
        memory: `(batch, source, memory_dim)`.
        mask: `(batch, source)` of 0 and 1, or `None`. Where it is 0 the weight is exactly 0, whatever the memory holds.
        keys: of `keys(memory)`, or `None` to compute them.
        positions: `(batch, queries)`, which step of a sequence a query is, for attention that goes by it. Defaults to
            `None`: 0, 1, ...

    Returns:
        `(context, weights)`: `(batch, queries, memory_dim)` and float32 `(batch, queries, source)`. The weights of a
        query sum to 1, unless a subclass says otherwise; where there is no memory at all they, and the context, are 0.
    """

    def __init__(self, query_dim, memory_dim, **kwargs):
        super().__init__(**kwargs)
        check_width("query_dim", query_dim)
        check_width("memory_dim", memory_dim)
        self.query_dim, self.memory_dim = query_dim, memory_dim
        self.supports_masking = True

    def call(self, query, memory, mask=None, keys=None, positions=None):
        keys = self.keys(memory) if keys is None else keys
        weights = self._normalized(self.scores(query, keys), query, mask, positions)
        return tf.matmul(tf.cast(weights, memory.dtype), memory), weights

    def _normalized(self, scores, query, mask, positions):
        return masked_softmax(scores, mask)

    def _weight(self, variable):
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

    def _additive(self, query, keys):
        """v tanh(query + keys), of queries that are projected: float32 `(batch, queries, source)`."""
        hidden = tf.tanh(tf.expand_dims(query, 2) + tf.expand_dims(keys, 1))
        return tf.cast(tf.squeeze(times(hidden, tf.expand_dims(self._weight(self.score_vector), 1)), -1), tf.float32)

    def get_config(self):
        return {**super().get_config(), "query_dim": self.query_dim, "memory_dim": self.memory_dim}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class BahdanauAttention(Attention):
    """Additive attention, `v tanh(W query + U memory)` (Bahdanau et al. 2015, equation 6 and appendix A.1.2).

    Args:
        query_dim, memory_dim: int, as of `Attention`.
        units: int, the width in which queries and memory meet. Defaults to `query_dim`.
        **kwargs: of `keras.layers.Layer`.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import BahdanauAttention
    >>> layer = BahdanauAttention(query_dim=4, memory_dim=6)
    >>> memory, mask = np.ones((1, 3, 6), "float32"), np.array([[1, 1, 0]])
    >>> context, weights = layer(np.ones((1, 2, 4), "float32"), memory, mask)
    >>> tuple(context.shape), weights[0, 0].numpy().tolist()
    ((1, 2, 6), [0.5, 0.5, 0.0])
    """

    def __init__(self, query_dim, memory_dim, units=None, **kwargs):
        super().__init__(query_dim, memory_dim, **kwargs)
        self.units = query_dim if units is None else units
        check_width("units", self.units)
        self.query_kernel = self.add_weight((query_dim, self.units), name="query_kernel")
        self.memory_kernel = self.add_weight((memory_dim, self.units), name="memory_kernel")
        self.bias = self.add_weight((self.units,), initializer="zeros", name="bias")
        self.score_vector = self.add_weight((self.units,), initializer=score_vector_initializer, name="score_vector")
        self.built = True

    def keys(self, memory):
        """The projected memory, `(batch, source, units)`."""
        return times(memory, self._weight(self.memory_kernel)) + self._weight(self.bias)

    def scores(self, query, keys):
        """float32 `(batch, queries, source)`."""
        return self._additive(times(query, self._weight(self.query_kernel)), keys)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class UniformAttention(Attention):
    """No choice: all that is real weighs the same, so the context is the mean of the memory, at every step.

    One vector for the whole source, as translators had before attention (Cho et al. 2014, Learning Phrase
    Representations using RNN Encoder-Decoder): what attention is worth is measured against it.

    Args:
        query_dim, memory_dim: int, as of `Attention`.
        **kwargs: of `keras.layers.Layer`.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import UniformAttention
    >>> layer = UniformAttention(query_dim=4, memory_dim=1)
    >>> memory, mask = np.array([[[1.0], [2.0], [9.0]]], "float32"), np.array([[1, 1, 0]])
    >>> context, weights = layer(np.ones((1, 1, 4), "float32"), memory, mask)
    >>> context.numpy().tolist(), weights.numpy().tolist()
    ([[[1.5]]], [[[0.5, 0.5, 0.0]]])
    """

    def __init__(self, query_dim, memory_dim, **kwargs):
        super().__init__(query_dim, memory_dim, **kwargs)
        self.built = True

    def keys(self, memory):
        """Nothing is projected: the memory itself."""
        return tf.convert_to_tensor(memory)

    def scores(self, query, keys):
        """0, float32 `(batch, queries, source)`."""
        return tf.zeros(tf.concat([tf.shape(query)[:2], tf.shape(keys)[1:2]], axis=0))


class CollectedGradient:
    """The gradient of a memory that every step of a loop attends to, as one product after the loop.

    In a loop, the gradient of every step is an array of the memory's size. So each step takes the memory without its
    gradient and adds to the context a row of `zeros`, whose gradient is that of the context; `weights` are set after
    the loop. Gradients are of first order.

    Args:
        memory: `(batch, source, memory_dim)`.

    Attributes:
        weights: `(batch, time, source)`, those of all steps.
    """

    def __init__(self, memory):
        self.memory, self.weights = memory, None

    def zeros(self, time):
        """`(batch, time, memory_dim)`."""

        @tf.custom_gradient
        def make(memory):
            def gradient(upstream):
                return tf.matmul(tf.cast(self.weights, upstream.dtype), upstream, transpose_a=True)

            return tf.zeros((tf.shape(memory)[0], time, memory.shape[-1]), memory.dtype), gradient

        return make(self.memory)


def masked_softmax(scores, mask=None):
    """Softmax over the last axis, exactly 0 where the mask is 0 and everywhere where all of it is.

    Args:
        scores: float32 `(batch, queries, source)`.
        mask: of 0 and 1, `(batch, source)` or `(batch, queries, source)`, or `None`.

    Returns:
        float32 like `scores`.
    """
    if mask is None:
        return tf.nn.softmax(scores)
    real = tf.cast(mask, tf.bool)
    real = real if real.shape.rank == 3 else real[:, None, :]
    return tf.where(real, tf.nn.softmax(tf.where(real, scores, -1e30)), 0.0)


def check_width(name, value):
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"Expected {name} to be an integer of at least 1. Received: {name}={value!r}")


def score_vector_initializer(shape, dtype=None):
    """Uniform, as that of a matrix with one column."""
    return keras.ops.reshape(keras.initializers.GlorotUniform()((*shape, 1), dtype), shape)
