"""A recurrent decoder with attention: teacher forcing and stepping are one definition."""

import functools

import keras
import tensorflow as tf

from keras_genzoo.layers import ConditionalRecurrent, RecurrentStack, noise
from keras_genzoo.layers.attention import CollectedGradient
from keras_genzoo.layers.products import spaced, times
from keras_genzoo.layers.recurrent import check_rate
from keras_genzoo.layers.steps import scan_steps
from keras_genzoo.networks.attending import attend_to, counting, make_attention
from keras_genzoo.networks.output import embedding_initializer, output_logits, output_step, token_projection

STRUCTURES = ("conditional", "input_feeding", "output")


@keras.saving.register_keras_serializable(package="keras_genzoo")
class AttentionDecoder(keras.layers.Layer):
    """Embedding, recurrent layers that attend to a memory, and an output layer.

    The memory, its mask and its keys are what `RecurrentEncoder` returns, `encoded` below; they are no part of the
    state, which is a dictionary of tensors `(rows, units)`: a search over several hypotheses a source reorders it
    without ever repeating the memory.

    - `decoder(token_ids, encoded)` gives the logits of a whole sequence, as `features` and `logits` do in two parts;
    - `decoder.stepper(encoded)` those of one token, for every loop of `keras_genzoo.decoding`.

    Structures:

    - `"conditional"`: the lowest layer is two cells with attention between them, the second fed with the context (the
      conditional GRU of Sennrich et al. 2017, after Bahdanau et al. 2015); further layers stand on top.
    - `"input_feeding"`: attention of the top layer; what comes of it is fed into the next step (Luong et al. 2015,
      section 3.3).
    - `"output"`: the same without feeding, so that in training all steps attend at once.

    What the output layer sees is `tanh(W [output; context; embedded])` (the deep output of Bahdanau et al. 2015).

    Args:
        vocabulary_size: int, the special tokens included.
        embedding_dim: int.
        units: int, of every layer.
        memory_dim: int, the width of the memory, `encoder.output_dim`.
        num_layers: int. Defaults to 1.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"gru"`.
        structure: as above. Defaults to `"conditional"`.
        attention: `"additive"` (`layers.BahdanauAttention`), or the score of a `layers.LuongAttention`: `"general"`,
            `"dot"`, `"concat"`, `"location"`; or `"uniform"`, which is none (`layers.UniformAttention`). Defaults to
            `"additive"`.
        embedding_dropout: float, on the embedded tokens. Defaults to 0.
        dropout: float, on the outputs of the recurrent layers. Defaults to 0.
        output_dropout: float, on what the output layer sees. Defaults to 0.
        layer_normalization: bool, whether the outputs of the layers are normalised. Defaults to `False`.
        residual: bool, whether a layer's input is added to its output, from the second layer on. Defaults to `False`.
        tied: bool, whether the output layer uses the embeddings. Defaults to `False`.
        alignment, window, max_source: of a `layers.LuongAttention`, local attention and the places that
            `"location"` tells apart. Default to `"global"`, 10 and 100.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        token_ids: int `(batch, time)`.
        encoded: dict of `memory` `(batch, source, memory_dim)`, `mask` `(batch, source)` and `summary`
            `(batch, memory_dim)`.
        training: bool.

    Returns:
        float32 `(batch, time, vocabulary_size)`.

    Raises:
        ValueError: for an unknown structure, cell or attention, or a share out of range.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.networks import AttentionDecoder, RecurrentEncoder
    >>> encoder = RecurrentEncoder(vocabulary_size=10, embedding_dim=4, units=8)
    >>> decoder = AttentionDecoder(12, embedding_dim=4, units=8, memory_dim=encoder.output_dim)
    >>> encoded = encoder(np.array([[2, 5, 3], [2, 3, 0]], "int32"))
    >>> features, weights = decoder.features(np.ones((2, 7), "int32"), encoded)
    >>> tuple(decoder.logits(features).shape), tuple(weights.shape)
    ((2, 7, 12), (2, 7, 3))
    """

    def __init__(
        self, vocabulary_size, embedding_dim, units, memory_dim, num_layers=1, cell="gru", structure="conditional",
        attention="additive", embedding_dropout=0.0, dropout=0.0, output_dropout=0.0, layer_normalization=False,
        residual=False, tied=False, alignment="global", window=10, max_source=100, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        sizes = {"vocabulary_size": vocabulary_size, "embedding_dim": embedding_dim, "num_layers": num_layers}
        for name, value in sizes.items():
            if value < 1:
                raise ValueError(f"Expected {name} of at least 1. Received: {name}={value}")
        if structure not in STRUCTURES:
            raise ValueError(
                f"Unknown structure. Expected one of {', '.join(STRUCTURES)}. Received: structure={structure!r}"
            )
        check_rate("embedding_dropout", embedding_dropout)
        check_rate("output_dropout", output_dropout)
        check_rate("dropout", dropout)
        self.vocabulary_size, self.embedding_dim, self.memory_dim = vocabulary_size, embedding_dim, memory_dim
        self.units, self.num_layers, self.cell, self.structure = units, num_layers, cell, structure
        self.attention, self.embedding_dropout, self.dropout = attention, embedding_dropout, dropout
        self.output_dropout, self.layer_normalization, self.residual = output_dropout, layer_normalization, residual
        self.alignment, self.window, self.max_source = alignment, window, max_source
        self.tied, self.seed = tied, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self._make_layers()
        self._make_weights()
        self.built = True

    def _make_layers(self):
        policy, units = {"dtype": self.dtype_policy}, self.units
        self.lowest, upper = None, self.num_layers
        if self.structure == "conditional":
            self.lowest = ConditionalRecurrent(
                units, self.memory_dim, self.cell, self.layer_normalization, name="lowest", **policy
            )
            self.lowest.build((None, self.embedding_dim))
            upper = self.num_layers - 1
        self.stack = None
        if upper or self.lowest is None:
            self.stack = RecurrentStack(
                units, upper, self.cell, self.dropout, layer_normalization=self.layer_normalization,
                residual=self.residual, seed=self.seed + 1, name="stack", **policy,
            )  # fmt: skip
            self.stack.build((None, None, self.embedding_dim if self.lowest is None else units))
        self.attending = make_attention(
            self.attention, units, self.memory_dim, self.alignment, self.window, self.max_source, name="attending",
            **policy,
        )  # fmt: skip
        self.first_states = {
            name: keras.layers.Dense(units, activation="tanh", name=f"first_{name}", **policy)
            for name in self._zero_state(1)
        }
        for layer in self.first_states.values():
            layer.build((None, self.memory_dim))

    def _make_weights(self):
        size, dim, units = self.vocabulary_size, self.embedding_dim, self.units
        self.feature_dim = dim if self.tied else units
        self.embeddings = self.add_weight((size, dim), initializer=embedding_initializer(dim), name="embeddings")
        self.readout_embedded = self.add_weight((dim, self.feature_dim), name="readout_embedded")
        self.readout_kernel = self.add_weight((units + self.memory_dim, self.feature_dim), name="readout_kernel")
        self.readout_bias = self.add_weight((self.feature_dim,), initializer="zeros", name="readout_bias")
        if self.structure == "input_feeding":
            width = self.stack.recurrent[0].kernel.shape[-1]
            self.feeding_kernel = self.add_weight((self.feature_dim, width), name="feeding_kernel")
        if not self.tied:
            self.output_kernel = self.add_weight((units, size), name="output_kernel")
        self.output_bias = self.add_weight((size,), initializer="zeros", name="output_bias")

    def _zero_state(self, batch_size):
        lowest = {} if self.lowest is None else self.lowest.zero_state(batch_size)
        return lowest | ({} if self.stack is None else self.stack.zero_state(batch_size))

    # ---- sequence ----

    def call(self, token_ids, encoded, training=False):
        return self.logits(self.features(token_ids, encoded, training)[0])

    def features(self, token_ids, encoded, training=False):
        """What `logits` is applied to, and what was attended to.

        Returns:
            `(features, weights)`: `(batch, time, feature_dim)` and float32 `(batch, time, source)`.
        """
        token_ids = tf.convert_to_tensor(token_ids)
        time = tf.shape(token_ids)[1]
        token_ids = tf.pad(token_ids, [[0, 0], [0, tf.maximum(0, 1 - time)]])  # no loop runs over nothing
        run = self._at_once if self.structure == "output" else self._in_steps
        features, weights = run(self._inputs(token_ids, training), encoded, training)
        if training:
            features = noise.dropout(features, self.output_dropout, self.seed_generator)
        return features[:, :time], weights[:, :time]

    def _at_once(self, inputs, encoded, training):
        outputs, _ = self.stack.scan(inputs["projected"], self.initial_state(encoded), training=training)
        context, weights = self.attending(outputs, encoded["memory"], encoded["mask"])
        return self._read(inputs["embedded"], outputs, context), weights

    def _in_steps(self, inputs, encoded, training):
        """The recurrent part of decoding's step in a loop; what need not be in it is read off afterwards."""
        if training and self.dropout:
            shape = tf.concat([tf.shape(inputs["projected"])[:2], [self.num_layers, self.units]], axis=0)
            inputs["dropped"] = noise.dropout(tf.ones(shape, self.compute_dtype), self.dropout, self.seed_generator)
        recur, state = self._recurrence(encoded, training), self.initial_state(encoded)
        collected = CollectedGradient(encoded["memory"])
        if training:
            inputs["zeros"] = collected.zeros(tf.shape(inputs["projected"])[1])
        if self.structure == "input_feeding":
            step = functools.partial(self._step, recur=recur)
            features, collected.weights = scan_steps(step, inputs, state)
            return features, collected.weights
        embedded = inputs.pop("embedded")
        outputs, context, collected.weights = scan_steps(recur, inputs, state)
        return self._read(embedded, outputs, context), collected.weights

    def logits(self, features):
        """float32 logits of features of any leading shape."""
        return output_logits(features, *self._output())

    # ---- step ----

    def initial_state(self, encoded):
        """The state before the first token, from the summary of the source."""
        summary = tf.cast(encoded["summary"], self.compute_dtype)
        state = {name: layer(summary) for name, layer in self.first_states.items()}
        if self.structure == "input_feeding":
            state["fed"] = tf.zeros((tf.shape(summary)[0], self.feature_dim), self.compute_dtype)
        if self.alignment == "monotonic":
            state["position"] = tf.zeros((tf.shape(summary)[0], 1))
        return state

    def stepper(self, encoded):
        """A function for a loop, `(token_ids (rows,), state) -> (logits (rows, vocabulary_size), state)`.

        Rows are those of the memory, or for each of these equally many, one after the other. `"attention"` of the
        state that it returns, float32 `(rows, source)`, is what was attended to.
        """
        recur, project = self._recurrence(encoded), token_projection(self._weight(self.embeddings), self._projected)
        logits = output_step(*self._output())

        def step(token_ids, state):
            (features, weights), state = self._step(project(token_ids), state, recur)
            return logits(features), {**state, "attention": weights}

        return step

    def _step(self, inputs, state, recur):
        """`((features, weights), state)` of one step, each `(rows, ...)`."""
        (outputs, context, weights), last = recur(inputs, state)
        features = self._read(inputs["embedded"], outputs, context)
        if self.structure == "input_feeding":
            last |= {"fed": features}
        return (features, weights), last

    def _recurrence(self, encoded, learning=False):
        """The recurrent layers and what they attend to, as a function for a loop.

        Args:
            encoded: as of the call.
            learning: bool, as of `products.spaced`. Defaults to `False`.

        Returns:
            function from inputs `(rows, ...)` and the state to `((outputs, context, weights), state)`.
        """
        attend, upper = attend_to(encoded, self.attending), None if self.stack is None else self.stack.stepper(learning)
        if self.structure == "conditional":
            project = None if upper is None else self.stack.projector(learning)
            recur = self._conditional(self.lowest.stepper(attend, learning), project, upper)
        else:
            recur = self._attending_last(attend, upper, learning)
        return counting(recur) if self.alignment == "monotonic" else recur

    def _attending_last(self, attend, upper, learning):
        """The same of layers whose top attends, and may be fed what comes of it."""
        feed = spaced(self._weight(self.feeding_kernel), learning) if self.structure == "input_feeding" else None

        def recur(inputs, state):
            projected = inputs["projected"] if feed is None else inputs["projected"] + feed(state["fed"])
            outputs, last = upper(projected, state, inputs.get("dropped"))
            return (outputs, *attend(outputs, inputs.get("zeros"), state.get("position"))), last

        return recur

    def _conditional(self, lowest, project, upper):
        """The same of a conditional cell, from its step, and the layers above it, if there are any."""

        def recur(inputs, state):
            dropped = inputs.get("dropped")
            given = inputs.get("zeros"), state.get("position")
            outputs, context, weights, last = lowest(inputs["projected"], state, *given)
            outputs = outputs if dropped is None else outputs * dropped[:, 0]
            if upper is not None:
                rest = None if dropped is None else dropped[:, 1:]
                outputs, above = upper(project(outputs), state, rest, below=outputs)
                last |= above
            return (outputs, context, weights), last

        return recur

    # ---- parts ----

    def _output(self):
        """The output layer's kernel and bias, and whether the kernel is transposed."""
        return self._weight(self.embeddings if self.tied else self.output_kernel), self.output_bias, self.tied

    def _inputs(self, token_ids, training):
        """What the steps take of the tokens, each `(batch, time, ...)`."""
        embeddings = self._weight(self.embeddings)
        if training and self.embedding_dropout:
            embedded = tf.gather(embeddings, token_ids)
            return self._projected(noise.dropout(embedded, self.embedding_dropout, self.seed_generator))
        return token_projection(embeddings, self._projected)(token_ids)

    def _projected(self, embedded):
        lowest = self.stack if self.lowest is None else self.lowest
        read = times(embedded, self._weight(self.readout_embedded)) + self._weight(self.readout_bias)
        return {"projected": lowest.project(embedded), "embedded": read}

    def _read(self, embedded, outputs, context):
        both = tf.concat([outputs, context], axis=-1)
        return tf.tanh(embedded + times(both, self._weight(self.readout_kernel)))

    def _weight(self, variable):
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

    def get_config(self):
        names = (
            "vocabulary_size", "embedding_dim", "units", "memory_dim", "num_layers", "cell", "structure", "attention",
            "embedding_dropout", "dropout", "output_dropout", "layer_normalization", "residual", "tied", "alignment",
            "window", "max_source", "seed",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
