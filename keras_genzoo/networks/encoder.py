"""A recurrent network that reads a whole sequence: a memory for attention, and a summary."""

import keras
import tensorflow as tf

from keras_genzoo.layers import RecurrentStack, noise
from keras_genzoo.layers.recurrent import check_rate
from keras_genzoo.networks.output import embedding_initializer

SUMMARIES = ("mean", "last")


@keras.saving.register_keras_serializable(package="keras_genzoo")
class RecurrentEncoder(keras.layers.Layer):
    """Embedding and a stack of recurrent layers in both directions.

    Args:
        vocabulary_size: int, the special tokens included; or `None`, if it has no embeddings of its own but is called
            with those of the decoder (three-way tying, Press & Wolf 2017).
        embedding_dim: int.
        units: int, of every layer and direction.
        num_layers: int. Defaults to 1.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"gru"`.
        bidirectional: bool. Defaults to `True`.
        summary: what a decoder begins from: `"mean"` of the memory, or the `"last"` outputs, of the forward half at the
            end and of the backward half at the start. Defaults to `"mean"`.
        embedding_dropout: float, on the embedded tokens. Defaults to 0.
        dropout: float, on the outputs of every layer, the memory included. Defaults to 0.
        recurrent_dropout, layer_normalization, residual: of `layers.RecurrentStack`. Default to 0, `False`, `False`.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        token_ids: int `(batch, time)`.
        mask: `(batch, time)` of 0 and 1; or `None`, which leaves out padding.
        embeddings: `(vocabulary_size, embedding_dim)`, where it has none of its own.
        training: bool.

    Returns:
        dict of `memory`, `(batch, time, output_dim)`; `mask`, bool `(batch, time)`; and `summary`,
        `(batch, output_dim)`. Where time is 0 they have one column, which is padding.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.networks import RecurrentEncoder
    >>> encoder = RecurrentEncoder(vocabulary_size=10, embedding_dim=4, units=8)
    >>> encoded = encoder(np.array([[2, 5, 3], [2, 3, 0]], "int32"))
    >>> tuple(encoded["memory"].shape), tuple(encoded["summary"].shape)
    ((2, 3, 16), (2, 16))
    """

    def __init__(
        self, vocabulary_size, embedding_dim, units, num_layers=1, cell="gru", bidirectional=True, summary="mean",
        embedding_dropout=0.0, dropout=0.0, recurrent_dropout=0.0, layer_normalization=False, residual=False, seed=0,
        **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        if summary not in SUMMARIES:
            raise ValueError(f"Unknown summary. Expected one of {', '.join(SUMMARIES)}. Received: summary={summary!r}")
        for name, value in (("vocabulary_size", vocabulary_size), ("embedding_dim", embedding_dim)):
            if value is not None and value < 1:
                raise ValueError(f"Expected {name} of at least 1. Received: {name}={value}")
        check_rate("embedding_dropout", embedding_dropout)
        self.vocabulary_size, self.embedding_dim, self.summary = vocabulary_size, embedding_dim, summary
        self.embedding_dropout, self.seed = embedding_dropout, seed
        self.stack = RecurrentStack(
            units, num_layers, cell, dropout, recurrent_dropout, layer_normalization, residual, bidirectional,
            seed=seed + 1, dtype=self.dtype_policy, name="stack",
        )  # fmt: skip
        self.seed_generator = keras.random.SeedGenerator(seed)
        if vocabulary_size is not None:
            self.embeddings = self.add_weight(
                (vocabulary_size, embedding_dim), initializer=embedding_initializer(embedding_dim), name="embeddings"
            )
        self.stack.build((None, None, embedding_dim))
        self.supports_masking = True
        self.built = True

    @property
    def output_dim(self):
        """The width of the memory."""
        return self.stack.output_dim

    def call(self, token_ids, mask=None, embeddings=None, training=False):
        token_ids = tf.convert_to_tensor(token_ids)
        mask = token_ids != 0 if mask is None else tf.cast(mask, tf.bool)
        if not token_ids.shape[1]:  # none, or not known yet: a memory has at least one column, here of padding
            missing = [[0, 0], [0, tf.maximum(0, 1 - tf.shape(token_ids)[1])]]
            token_ids, mask = tf.pad(token_ids, missing), tf.pad(mask, missing)
        table = self.embeddings if self.vocabulary_size is not None else embeddings
        embedded = tf.gather(tf.cast(tf.convert_to_tensor(table), self.compute_dtype), token_ids)
        if training:
            embedded = noise.dropout(embedded, self.embedding_dropout, self.seed_generator)
        memory, _ = self.stack(embedded, mask=mask, training=training)
        return {"memory": memory, "mask": mask, "summary": self._summary(memory, tf.cast(mask, memory.dtype))}

    def _summary(self, memory, real):
        if self.summary == "mean":
            total = tf.einsum("bt,btd->bd", real, memory)
            return tf.math.divide_no_nan(total, tf.reduce_sum(real, axis=1, keepdims=True))
        last = tf.gather(memory, tf.maximum(tf.cast(tf.reduce_sum(real, axis=1), tf.int32) - 1, 0), batch_dims=1)
        units = self.stack.units
        return tf.concat([last[:, :units], memory[:, 0, units:]], axis=-1)

    def get_config(self):
        stack = (
            "units", "num_layers", "cell", "bidirectional", "dropout", "recurrent_dropout", "layer_normalization",
            "residual",
        )  # fmt: skip
        names = ("vocabulary_size", "embedding_dim", "summary", "embedding_dropout", "seed")
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, **{name: getattr(self.stack, name) for name in stack}}
