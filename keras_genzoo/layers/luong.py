"""Multiplicative attention, global and local."""

import keras
import tensorflow as tf

from keras_genzoo.layers.attention import Attention, check_width, masked_softmax, score_vector_initializer
from keras_genzoo.layers.products import times

SCORES = ("dot", "general", "concat", "location")
ALIGNMENTS = ("global", "monotonic", "predictive")


@keras.saving.register_keras_serializable(package="keras_genzoo")
class LuongAttention(Attention):
    """Multiplicative attention and its relatives (Luong et al. 2015, sections 3.1 and 3.2).

    Args:
        query_dim, memory_dim: int, as of `Attention`.
        score: `"general"`: `query W memory`; `"dot"`: `query memory`, of equal widths; `"concat"`:
            `v tanh(W [query; memory])`; `"location"`: `W query`, a score for each place whatever stands there. Defaults
            to `"general"`.
        alignment: `"global"`: to all of the memory. Local, to the `2 * window + 1` places around a centre:
            `"monotonic"` (local-m): the query's own position, or the last real place beyond it; `"predictive"`
            (local-p): `length * sigmoid(v tanh(W query))`, and the weights are multiplied by a Gaussian around it of
            standard deviation `window / 2`, so that they sum to less than 1. Defaults to `"global"`.
        window: int, places on either side of the centre. Defaults to 10.
        max_source: int, how many places the score `"location"` tells apart; those after have weight 0. Defaults to 100.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: for an unknown score or alignment, `"dot"` and unequal widths, or a width below 1.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import LuongAttention
    >>> layer = LuongAttention(query_dim=2, memory_dim=2, score="dot")
    >>> memory = np.array([[[0.0, 9.0], [9.0, 0.0]]], "float32")
    >>> context, weights = layer(np.array([[[9.0, 0.0]]], "float32"), memory)
    >>> weights.numpy().round().tolist()
    [[[0.0, 1.0]]]
    """

    def __init__(
        self, query_dim, memory_dim, score="general", alignment="global", window=10, max_source=100, **kwargs
    ):  # fmt: skip
        super().__init__(query_dim, memory_dim, **kwargs)
        for name, value, choices in (("score", score, SCORES), ("alignment", alignment, ALIGNMENTS)):
            if value not in choices:
                raise ValueError(f"Unknown {name}. Expected one of {', '.join(choices)}. Received: {name}={value!r}")
        if score == "dot" and query_dim != memory_dim:
            raise ValueError(
                "The score dot needs queries and memory of one width. Expected query_dim == memory_dim. "
                f"Received: {query_dim=}, {memory_dim=}"
            )
        check_width("window", window)
        check_width("max_source", max_source)
        self.score, self.alignment, self.window, self.max_source = score, alignment, window, max_source
        if score in ("general", "concat"):
            self.memory_kernel = self.add_weight((memory_dim, query_dim), name="memory_kernel")
        if score == "concat":
            self.query_kernel = self.add_weight((query_dim, query_dim), name="query_kernel")
            self.score_vector = self.add_weight((query_dim,), initializer=score_vector_initializer, name="score_vector")
        if score == "location":
            self.location_kernel = self.add_weight((query_dim, max_source), name="location_kernel")
        if alignment == "predictive":
            self.center_kernel = self.add_weight((query_dim, query_dim), name="center_kernel")
            self.center_vector = self.add_weight(
                (query_dim,), initializer=score_vector_initializer, name="center_vector"
            )
        self.built = True

    def keys(self, memory):
        """The projected memory, `(batch, source, query_dim)`, or the memory itself where nothing is projected."""
        projected = self.score in ("general", "concat")
        return times(memory, self._weight(self.memory_kernel)) if projected else tf.convert_to_tensor(memory)

    def scores(self, query, keys):
        """float32 `(batch, queries, source)`."""
        if self.score == "concat":
            return self._additive(times(query, self._weight(self.query_kernel)), keys)
        if self.score == "location":
            source = tf.shape(keys)[1]
            scores = tf.cast(times(query, self._weight(self.location_kernel)), tf.float32)[:, :, :source]
            return tf.pad(scores, [[0, 0], [0, 0], [0, tf.maximum(0, source - self.max_source)]])
        return tf.cast(tf.matmul(query, keys, transpose_b=True), tf.float32)

    def _normalized(self, scores, query, mask, positions):
        real = tf.ones_like(scores[:, 0], tf.bool) if mask is None else tf.cast(mask, tf.bool)
        places = tf.range(tf.shape(scores)[2])
        known = real & (places < self.max_source) if self.score == "location" else real
        if self.alignment == "global":
            return masked_softmax(scores, known)
        distances = tf.cast(places, tf.float32) - self._centers(query, real, positions)[..., None]
        weights = masked_softmax(scores, known[:, None] & (tf.abs(distances) <= self.window))
        if self.alignment == "predictive":
            weights *= tf.exp(-2.0 * tf.square(distances / self.window))
        return weights

    def _centers(self, query, real, positions):
        """What place each query looks around: float32 `(batch, queries)`."""
        lengths = tf.reduce_sum(tf.cast(real, tf.float32), axis=1, keepdims=True)
        if self.alignment == "predictive":
            hidden = tf.tanh(times(query, self._weight(self.center_kernel)))
            place = times(hidden, self._weight(self.center_vector)[:, None])[..., 0]
            return lengths * tf.sigmoid(tf.cast(place, tf.float32))
        positions = tf.range(tf.shape(query)[1])[None] if positions is None else positions
        return tf.minimum(tf.cast(positions, tf.float32), tf.maximum(lengths - 1.0, 0.0))

    def get_config(self):
        names = ("score", "alignment", "window", "max_source")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
