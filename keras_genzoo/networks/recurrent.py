"""A recurrent network over token ids: teacher forcing and stepping are one definition."""

import keras
import tensorflow as tf

from keras_genzoo.layers import RecurrentStack, noise
from keras_genzoo.layers.recurrent import check_rate
from keras_genzoo.networks.output import output_logits, output_step, token_projection


@keras.saving.register_keras_serializable(package="keras_genzoo")
class RecurrentDecoder(keras.layers.Layer):
    """Embedding, recurrent stack and output layer: token ids to the logits of the next token.

    Without a context it is a language model; with one, such as the code of a sentence, this is in its first state
    and in every input (Bowman et al. 2016). Sequence and step are the same function:

    - `network(token_ids, state)` gives the logits of a whole sequence,
    - `network.step(token_ids, state)` those of one token, for every decoder of `keras_genzoo.decoding`.

    The state is a dictionary of tensors whose first axis is the batch.

    Args:
        vocabulary_size: int, the special tokens included.
        embedding_dim: int.
        units: int, of every layer.
        num_layers: int. Defaults to 1.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"lstm"`.
        context_dim: int, the width of a context, or 0 for none. Defaults to 0.
        embedding_dropout: float, on the embedded tokens. Defaults to 0.
        dropout: float, on the outputs of every layer. Defaults to 0.
        recurrent_dropout: float, on the states, the same units at every step. Defaults to 0.
        layer_normalization, residual: bool, of `layers.RecurrentStack`. Defaults to `False`.
        tied: bool, whether the output layer uses the embeddings (Press & Wolf 2017; Inan et al. 2017). Where
            `embedding_dim` is not `units`, a linear layer comes between. Defaults to `False`.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        token_ids: int `(batch, time)`.
        state: dict, the first state, from `initial_state` or an earlier call; `None` begins anew, without a context.
        mask: `(batch, time)` of 0 and 1, or `None`. Where it is 0 the state stays as it is.
        training: bool.

    Returns:
        `(logits, state)`: float32 `(batch, time, vocabulary_size)` and the last state.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.networks import RecurrentDecoder
    >>> network = RecurrentDecoder(vocabulary_size=10, embedding_dim=4, units=8)
    >>> logits, state = network(np.ones((2, 5), "int32"))
    >>> tuple(logits.shape), sorted(state)
    ((2, 5, 10), ['c0', 'h0'])
    >>> logits, state = network.step(np.ones(2, "int32"), state)
    >>> tuple(logits.shape)
    (2, 10)
    """

    def __init__(
        self, vocabulary_size, embedding_dim, units, num_layers=1, cell="lstm", context_dim=0, embedding_dropout=0.0,
        dropout=0.0, recurrent_dropout=0.0, layer_normalization=False, residual=False, tied=False, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        for name, value in (("vocabulary_size", vocabulary_size), ("embedding_dim", embedding_dim)):
            if value < 1:
                raise ValueError(f"Expected {name} of at least 1. Received: {name}={value}")
        check_rate("embedding_dropout", embedding_dropout)
        self.vocabulary_size, self.embedding_dim, self.context_dim = vocabulary_size, embedding_dim, context_dim
        self.embedding_dropout, self.tied, self.seed = embedding_dropout, tied, seed
        self.stack = RecurrentStack(
            units, num_layers, cell, dropout, recurrent_dropout, layer_normalization, residual, seed=seed + 1,
            dtype=self.dtype_policy, name="stack",
        )  # fmt: skip
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.build()

    def build(self, input_shape=None):
        size, dim, units = self.vocabulary_size, self.embedding_dim, self.stack.units
        uniform = keras.initializers.RandomUniform(-(dim**-0.5), dim**-0.5, seed=self.seed)
        self.embeddings = self.add_weight((size, dim), initializer=uniform, name="embeddings")
        self.stack.build((None, None, dim))
        if self.context_dim:
            self.context_kernel = self.add_weight((self.context_dim, self._width()), name="context_kernel")
            self.first_states = {
                name: keras.layers.Dense(units, dtype=self.dtype_policy, name=f"first_{name}")
                for name in self.stack.zero_state(1)
            }
            for layer in self.first_states.values():
                layer.build((None, self.context_dim))
        if self.tied and dim != units:
            self.bottleneck = keras.layers.Dense(dim, use_bias=False, dtype=self.dtype_policy, name="bottleneck")
            self.bottleneck.build((None, units))
        if not self.tied:
            self.output_kernel = self.add_weight((units, size), name="output_kernel")
        self.output_bias = self.add_weight((size,), initializer="zeros", name="output_bias")
        self.built = True

    def _width(self):
        return self.stack.recurrent[0].kernel.shape[-1]

    # ---- sequence ----

    def call(self, token_ids, state=None, mask=None, training=False):
        features, state = self.features(token_ids, state, mask, training)
        return self.logits(features), state

    def features(self, token_ids, state=None, mask=None, training=False):
        """What `logits` is applied to, `(batch, time, units)`, and the last state."""
        context = None if state is None else state.get("context")
        projected = self._projected(token_ids, training)
        if context is not None:
            projected += tf.expand_dims(context, 1)
        outputs, last = self.stack.scan(projected, state, mask, training)
        return outputs, last if context is None else {**last, "context": context}

    def logits(self, features):
        """float32 logits of features of any leading shape."""
        return output_logits(self._narrowed(features), *self._output())

    # ---- step ----

    def initial_state(self, batch_size, context=None):
        """The state before the first token; with a context, also what that adds to every input, computed once.

        Args:
            batch_size: int.
            context: `(batch, context_dim)`, or `None` if there is none.
        """
        if not self.context_dim:
            return self.stack.zero_state(batch_size)
        context = tf.cast(context, self.compute_dtype)
        state = {name: tf.tanh(layer(context)) for name, layer in self.first_states.items()}
        return {**state, "context": tf.matmul(context, self._weight(self.context_kernel))}

    def step(self, token_ids, state):
        """One token: ids `(batch,)` to `(logits (batch, vocabulary_size), state)`."""
        return self.stepper()(token_ids, state)

    def stepper(self):
        """`step` as a function for a loop: what does not change from step to step is computed here, once."""
        project = token_projection(self._weight(self.embeddings), self.stack.project)
        logits, recur = output_step(*self._output()), self.stack.stepper()

        def step(token_ids, state):
            projected = project(token_ids)
            context = state.get("context")
            if context is not None:
                projected += context
            outputs, last = recur(projected, state)
            return logits(self._narrowed(outputs)), last if context is None else {**last, "context": context}

        return step

    # ---- parts ----

    def _output(self):
        """The output layer's kernel and bias, and whether the kernel is transposed."""
        return self._weight(self.embeddings if self.tied else self.output_kernel), self.output_bias, self.tied

    def _narrowed(self, features):
        """Features of the width that the output layer takes."""
        return self.bottleneck(features) if self.tied and hasattr(self, "bottleneck") else features

    def _projected(self, token_ids, training):
        """The embedded tokens as the lowest layer takes them, `(batch, time, gates * units)`."""
        embeddings = self._weight(self.embeddings)
        if training and self.embedding_dropout:
            embedded = tf.gather(embeddings, token_ids)
            return self.stack.project(noise.dropout(embedded, self.embedding_dropout, self.seed_generator))
        return token_projection(embeddings, self.stack.project)(token_ids)

    def _weight(self, variable):
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

    def get_config(self):
        stack = ("units", "num_layers", "cell", "dropout", "recurrent_dropout", "layer_normalization", "residual")
        names = ("vocabulary_size", "embedding_dim", "context_dim", "embedding_dropout", "tied", "seed")
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, **{name: getattr(self.stack, name) for name in stack}}
