"""A stack of recurrent layers, which all text models are made of."""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.layers.recurrent import Recurrent, check_rate


@keras.saving.register_keras_serializable(package="keras_genzoo")
class RecurrentStack(keras.layers.Layer):
    """Recurrent layers on top of each other, with dropout between them and on the outputs.

    Its state is a dictionary of `(batch, units)` tensors, `"h0"` and for an LSTM `"c0"` of the lowest layer and so on,
    so that a search can reorder it without knowing what it is.

    Args:
        units: int, of every layer.
        num_layers: int. Defaults to 1.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"lstm"`.
        dropout: float, on the outputs of every layer (Zaremba et al. 2014). Defaults to 0.
        recurrent_dropout: float, on the state, the same units at every step (Gal & Ghahramani 2016). Defaults to 0.
        layer_normalization: bool, whether the outputs of every layer are normalised. Defaults to `False`.
        residual: bool, whether a layer's input is added to its output, from the second layer on. Defaults to `False`.
        bidirectional: bool, whether every layer has a second half that reads from the end; such a stack has no
            `stepper`. Its outputs are `2 * units` wide. Defaults to `False`.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, time, features)`.
        state: dict, the first state, or `None` for zeros.
        mask: `(batch, time)` of 0 and 1, or `None`. Where it is 0 the states stay as they are.
        training: bool.

    Returns:
        `(outputs, state)`: `(batch, time, units)` and the last state. Outputs where the mask is 0 have no meaning.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import RecurrentStack
    >>> stack = RecurrentStack(4, num_layers=2)
    >>> outputs, state = stack(np.ones((2, 5, 3), "float32"))
    >>> tuple(outputs.shape), sorted(state)
    ((2, 5, 4), ['c0', 'c1', 'h0', 'h1'])
    """

    def __init__(
        self, units, num_layers=1, cell="lstm", dropout=0.0, recurrent_dropout=0.0, layer_normalization=False,
        residual=False, bidirectional=False, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        check_rate("dropout", dropout)
        if not isinstance(num_layers, int) or num_layers < 1:
            raise ValueError(f"Expected num_layers to be an integer of at least 1. Received: num_layers={num_layers!r}")
        self.units, self.num_layers, self.cell, self.dropout = units, num_layers, cell, dropout
        self.recurrent_dropout, self.layer_normalization = recurrent_dropout, layer_normalization
        self.residual, self.bidirectional, self.seed = residual, bidirectional, seed
        common = {"cell": cell, "recurrent_dropout": recurrent_dropout, "dtype": self.dtype_policy}
        self.recurrent = [Recurrent(units, seed=seed + i, name=f"layer_{i}", **common) for i in range(num_layers)]
        self.backward = [
            Recurrent(units, reverse=True, seed=seed + num_layers + i, name=f"backward_{i}", **common)
            for i in range(num_layers if bidirectional else 0)
        ]
        self.normalizations = [
            keras.layers.LayerNormalization(dtype=self.dtype_policy, name=f"normalization_{i}")
            for i in range(num_layers if layer_normalization else 0)
        ]
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    @property
    def output_dim(self):
        """The width of the outputs."""
        return self.units * (2 if self.bidirectional else 1)

    def build(self, input_shape):
        shape = tuple(input_shape)
        for i in range(self.num_layers):
            for layer in [self.recurrent[i], *self.backward[i : i + 1]]:
                layer.build(shape)
            shape = (*shape[:-1], self.output_dim)
            for normalization in self.normalizations[i : i + 1]:
                normalization.build(shape)

    def zero_state(self, batch_size):
        """The state before the first step."""
        return self._named([layer.zero_state(batch_size) for layer in self.recurrent])

    def call(self, inputs, state=None, mask=None, training=False):
        projected = self.recurrent[0].project(inputs)
        backward = self.backward[0].project(inputs) if self.bidirectional else None
        return self.scan(projected, state, mask, training, backward=backward)

    def project(self, inputs):
        """What the lowest layer makes of inputs `(..., features)`, for `scan` and `stepper`."""
        return self.recurrent[0].project(inputs)

    def projector(self, learning=False):
        """`project` as a function for a loop, of inputs `(batch, features)`."""
        return self.recurrent[0].projector(learning)

    def scan(self, projected, state=None, mask=None, training=False, backward=None):
        """As the call, from inputs that `project` was applied to, `(batch, time, gates * units)`."""
        states, outputs = [], None
        for i, layer in enumerate(self.recurrent):
            inputs = outputs
            if i:
                projected = layer.project(inputs)
                backward = self.backward[i].project(inputs) if self.bidirectional else None
            outputs, last = layer.scan(projected, self._state_of(state, i), mask, training)
            if self.bidirectional:
                reverse, _ = self.backward[i].scan(backward, None, mask, training)
                outputs = tf.concat([outputs, reverse], axis=-1)
            outputs = self._finished(i, outputs, inputs)
            if training:
                outputs = noise.dropout(outputs, self.dropout, self.seed_generator)
            states.append(last)
        return outputs, self._named(states)

    def stepper(self, learning=False):
        """One step as a function for a loop: what does not change from step to step is computed here, once.

        Args:
            learning: bool, as of `products.spaced`. Defaults to `False`.

        Returns:
            function `(projected, state, dropped=None, below=None) -> (outputs, state)` of `(batch, gates * units)` of
            `project`; outputs are `(batch, units)`. `dropped` are factors on the outputs of every layer,
            `(batch, num_layers, units)`; `below`, `(batch, units)`, is what was projected where this stack stands on
            another layer, so that a residual is added from its first layer on.
        """
        steps = [layer.stepper(learning) for layer in self.recurrent]
        projectors = [None, *(layer.projector(learning) for layer in self.recurrent[1:])]

        def step(projected, state, dropped=None, below=None):
            states, outputs = [], below
            for i, (project, one) in enumerate(zip(projectors, steps, strict=True)):
                inputs = outputs
                outputs, last = one(project(inputs) if i else projected, self._state_of(state, i))
                outputs = self._finished(i, outputs, inputs)
                outputs = outputs if dropped is None else outputs * dropped[:, i]
                states.append(last)
            return outputs, self._named(states)

        return step

    def _finished(self, i, outputs, inputs):
        if self.layer_normalization:
            outputs = self.normalizations[i](outputs)
        return outputs + inputs if self.residual and inputs is not None else outputs

    def _state_of(self, state, i):
        if state is None:
            return None
        return (state[f"h{i}"], state[f"c{i}"]) if self.cell == "lstm" else (state[f"h{i}"],)

    def _named(self, states):
        return {f"{name}{i}": value for i, layer in enumerate(states) for name, value in zip("hc", layer, strict=False)}

    def get_config(self):
        names = (
            "units", "num_layers", "cell", "dropout", "recurrent_dropout", "layer_normalization", "residual",
            "bidirectional", "seed",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
