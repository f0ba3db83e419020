"""Recurrent layers: over a whole sequence in training, step by step in decoding, with the same weights."""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.layers.products import spaced, times
from keras_genzoo.layers.scan import gru_cell, lstm_cell, scan_gru, scan_lstm, scan_simple

CELLS = {"simple_rnn": 1, "gru": 3, "lstm": 4}  # and how many gates, or sums, a unit has


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Recurrent(keras.layers.Layer):
    """One recurrent layer: SimpleRNN, GRU or LSTM.

    Its state is a tuple of `(batch, units)` tensors: `(h,)`, for an LSTM `(h, c)`. It runs the same kernels on every
    device, so that an exported model does too; masks are explicit, and where one is 0 the state stays as it is.

    Args:
        units: int.
        cell: `"simple_rnn"`, `"gru"` (reset after the matrix product) or `"lstm"` (forget bias 1). Defaults to
            `"lstm"`.
        recurrent_dropout: float, the share of the state that is dropped before its matrix product, the same units at
            every step (Gal & Ghahramani 2016). Defaults to 0.
        reverse: bool, whether it reads from the end; right padding needs a mask then. Defaults to `False`.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, time, features)`.
        state: the first state, or `None` for zeros.
        mask: `(batch, time)` of 0 and 1, or `None`.
        training: bool.

    Returns:
        `(outputs, state)`: `(batch, time, units)` and the last state.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import Recurrent
    >>> layer = Recurrent(4, cell="gru")
    >>> outputs, (h,) = layer(np.ones((2, 5, 3), "float32"))
    >>> tuple(outputs.shape), bool(np.all(outputs[:, -1] == h))
    ((2, 5, 4), True)
    """

    def __init__(self, units, cell="lstm", recurrent_dropout=0.0, reverse=False, seed=0, **kwargs):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"Unknown cell. Expected one of {', '.join(CELLS)}. Received: cell={cell!r}")
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"Expected units to be an integer of at least 1. Received: units={units!r}")
        check_rate("recurrent_dropout", recurrent_dropout)
        self.units, self.cell, self.recurrent_dropout = units, cell, recurrent_dropout
        self.reverse, self.seed = reverse, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape):
        width = CELLS[self.cell] * self.units
        self.kernel = self.add_weight((input_shape[-1], width), initializer="glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight((self.units, width), initializer="orthogonal", name="recurrent_kernel")
        self.bias = self.add_weight((width,), initializer=self._first_bias, name="bias")
        if self.cell == "gru":
            self.recurrent_bias = self.add_weight((width,), initializer="zeros", name="recurrent_bias")

    def _first_bias(self, shape, dtype=None):
        bias = keras.ops.zeros(shape, dtype)
        if self.cell != "lstm":
            return bias
        ones, size = keras.ops.ones((self.units,), dtype), self.units
        return keras.ops.concatenate([bias[:size], ones, bias[2 * size :]])

    def zero_state(self, batch_size):
        """The state before the first step."""
        zeros = tf.zeros((batch_size, self.units), self.compute_dtype)
        return (zeros, zeros) if self.cell == "lstm" else (zeros,)

    def call(self, inputs, state=None, mask=None, training=False):
        return self.scan(self.project(inputs), state, mask, training)

    def project(self, inputs):
        """The inputs' part of the gates, `(..., features)` to `(..., gates * units)`, for `scan` and `stepper`."""
        return times(tf.cast(inputs, self.compute_dtype), self._weight(self.kernel)) + self._weight(self.bias)

    def scan(self, projected, state=None, mask=None, training=False):
        """As the call, from projected inputs `(batch, time, gates * units)`."""
        state = self.zero_state(tf.shape(projected)[0]) if state is None else state
        dropped = None
        if training and self.recurrent_dropout:
            dropped = noise.dropout(tf.ones_like(state[0]), self.recurrent_dropout, self.seed_generator)
        x = tf.transpose(projected, (1, 0, 2))
        mask = None if mask is None else tf.transpose(tf.cast(mask, x.dtype))
        how = {"mask": mask, "dropped": dropped, "reverse": self.reverse}
        kernel = self._weight(self.recurrent_kernel)
        if self.cell == "lstm":
            outputs, *state = scan_lstm(x, kernel, *state, **how)
        elif self.cell == "gru":
            bias = self._weight(self.recurrent_bias)
            outputs, *state = scan_gru(x, kernel, bias, *state, **how)
        else:
            outputs, *state = scan_simple(x, kernel, *state, **how)
        outputs = tf.transpose(outputs, (1, 0, 2))
        return tf.ensure_shape(outputs, (*projected.shape[:2], self.units)), tuple(state)

    def stepper(self, learning=False):
        """One step as a function for a loop: what does not change from step to step is computed here, once.

        Args:
            learning: bool, as of `products.spaced`. Defaults to `False`.

        Returns:
            function `(projected, state) -> (output, state)` of projected inputs `(batch, gates * units)`.
        """
        product = spaced(self._weight(self.recurrent_kernel), learning)
        bias = self._weight(self.recurrent_bias) if self.cell == "gru" else None

        def step(projected, state):
            h = state[0]
            if self.cell == "lstm":
                h, c, _ = lstm_cell(projected + product(h), state[1])
                return h, (h, c)
            if self.cell == "gru":
                h, _ = gru_cell(projected, product(h) + bias, h)
            else:
                h = tf.tanh(projected + product(h))
            return h, (h,)

        return step

    def projector(self, learning=False):
        """`project` as a function for a loop, of inputs `(batch, features)`."""
        product, bias = spaced(self._weight(self.kernel), learning), self._weight(self.bias)
        return lambda inputs: product(tf.cast(inputs, self.compute_dtype)) + bias

    def _weight(self, variable):
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

    def get_config(self):
        names = ("units", "cell", "recurrent_dropout", "reverse", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def check_rate(name, rate):
    """Refuses a share of dropout that is out of range."""
    if not 0 <= rate < 1:
        raise ValueError(f"Expected {name} in [0, 1). Received: {name}={rate}")
