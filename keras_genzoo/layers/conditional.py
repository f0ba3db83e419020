"""A recurrent layer with attention inside its step."""

import keras

from keras_genzoo.layers.recurrent import Recurrent


@keras.saving.register_keras_serializable(package="keras_genzoo")
class ConditionalRecurrent(keras.layers.Layer):
    """Two recurrent cells a step with attention between them: the conditional GRU (Sennrich et al. 2017, section 3.1).

    The first cell reads the input and asks the memory, the second reads the answer; its state is what the first one
    goes on from at the next step. The state is a dictionary of `(rows, units)` tensors, `"h"` and for an LSTM `"c"`.

    Args:
        units: int.
        memory_dim: int, the width of the context.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"gru"`.
        layer_normalization: bool, whether the outputs are normalised. Defaults to `False`.
        **kwargs: of `keras.layers.Layer`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.layers import ConditionalRecurrent
    >>> layer = ConditionalRecurrent(4, memory_dim=3)
    >>> layer.build((None, 5))
    >>> attend = lambda query: (tf.ones((2, 3)), tf.ones((2, 1)))
    >>> step = layer.stepper(attend)
    >>> outputs, context, weights, state = step(layer.project(tf.ones((2, 5))), layer.zero_state(2))
    >>> tuple(outputs.shape), sorted(state)
    ((2, 4), ['h'])
    """

    def __init__(self, units, memory_dim, cell="gru", layer_normalization=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.memory_dim, self.cell, self.layer_normalization = units, memory_dim, cell, layer_normalization
        self.asking = Recurrent(units, cell, dtype=self.dtype_policy, name="asking")
        self.reading = Recurrent(units, cell, dtype=self.dtype_policy, name="reading")
        self.normalization = None
        if layer_normalization:
            self.normalization = keras.layers.LayerNormalization(dtype=self.dtype_policy, name="normalization")

    def build(self, input_shape):
        self.asking.build(input_shape)
        self.reading.build((None, self.memory_dim))
        if self.normalization is not None:
            self.normalization.build((None, self.units))

    def zero_state(self, batch_size):
        """The state before the first step."""
        return dict(zip("hc", self.asking.zero_state(batch_size), strict=False))

    def project(self, inputs):
        """What a step takes, of inputs `(..., features)`."""
        return self.asking.project(inputs)

    def stepper(self, attend, learning=False):
        """One step as a function for a loop: what does not change from step to step is computed here, once.

        Args:
            attend: function from queries `(rows, units)`, and what else a step is given, to
                `(context (rows, memory_dim), weights)`.
            learning: bool, as of `products.spaced`. Defaults to `False`.

        Returns:
            function from `(rows, gates * units)` of `project`, the state, and what is handed on to `attend`, to
            `(outputs (rows, units), context, weights, state)`.
        """
        ask, read = self.asking.stepper(learning), self.reading.stepper(learning)
        project = self.reading.projector(learning)

        def step(projected, state, *rest):
            query, between = ask(projected, tuple(state[name] for name in "hc" if name in state))
            context, weights = attend(query, *rest)
            outputs, last = read(project(context), between)
            if self.normalization is not None:
                outputs = self.normalization(outputs)
            return outputs, context, weights, dict(zip("hc", last, strict=False))

        return step

    def get_config(self):
        names = ("units", "memory_dim", "cell", "layer_normalization")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
