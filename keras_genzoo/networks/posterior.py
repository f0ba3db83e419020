"""A recurrent network from token ids to the posterior of a code."""

import keras
import tensorflow as tf

from keras_genzoo.layers import RecurrentStack, noise
from keras_genzoo.networks.recurrent import MAX_PROJECTED_VOCABULARY


@keras.saving.register_keras_serializable(package="keras_genzoo")
class RecurrentPosterior(keras.layers.Layer):
    """Embedding, bidirectional recurrent stack and two linear layers: a text to `z_mean, z_log_var`.

    Read from both ends, the two last states are what the posterior is computed from (Bowman et al. 2016, section 3).

    Args:
        vocabulary_size: int, the special tokens included.
        embedding_dim: int.
        units: int, of every layer and direction.
        latent_dim: int, the size of the code.
        num_layers: int. Defaults to 1.
        cell: `"simple_rnn"`, `"gru"` or `"lstm"`. Defaults to `"lstm"`.
        bidirectional: bool. Defaults to `True`.
        num_classes: int or `None`. With a number the posterior depends on a label too. Defaults to `None`.
        embedding_dropout: float, on the embedded tokens. Defaults to 0.
        dropout: float, on the outputs of every layer. Defaults to 0.
        seed: int, of the dropout. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        token_ids: int `(batch, time)`, padded on the right.
        mask: `(batch, time)` of 0 and 1; by default 0 where the id is 0.
        labels: int `(batch,)` with `num_classes`, else `None`.
        training: bool.

    Returns:
        `(z_mean, z_log_var)`: float32 `(batch, latent_dim)` each.

    Raises:
        ValueError: for a size below 1.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.networks import RecurrentPosterior
    >>> encoder = RecurrentPosterior(vocabulary_size=10, embedding_dim=4, units=8, latent_dim=2)
    >>> z_mean, z_log_var = encoder(np.array([[2, 5, 3, 0], [2, 5, 6, 3]]))
    >>> tuple(z_mean.shape)
    (2, 2)
    """

    def __init__(
        self, vocabulary_size, embedding_dim, units, latent_dim, num_layers=1, cell="lstm", bidirectional=True,
        num_classes=None, embedding_dropout=0.0, dropout=0.0, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        sizes = {"vocabulary_size": vocabulary_size, "embedding_dim": embedding_dim, "latent_dim": latent_dim}
        for name, value in {**sizes, "num_classes": 1 if num_classes is None else num_classes}.items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"Expected {name} to be an integer of at least 1. Received: {name}={value!r}")
        self.vocabulary_size, self.embedding_dim, self.latent_dim = vocabulary_size, embedding_dim, latent_dim
        self.num_classes, self.embedding_dropout, self.seed = num_classes, embedding_dropout, seed
        self.stack = RecurrentStack(
            units, num_layers, cell, dropout, bidirectional=bidirectional, seed=seed + 1, dtype=self.dtype_policy,
            name="stack",
        )  # fmt: skip
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.build()

    def build(self, input_shape=None):
        bound = self.embedding_dim**-0.5
        uniform = keras.initializers.RandomUniform(-bound, bound, seed=self.seed)
        self.embeddings = self.add_weight(
            (self.vocabulary_size, self.embedding_dim), initializer=uniform, name="embeddings"
        )
        self.stack.build((None, None, self.embedding_dim))
        width = self.stack.output_dim + (self.num_classes or 0)
        self.posterior = {
            name: keras.layers.Dense(self.latent_dim, dtype="float32", name=name) for name in ("z_mean", "z_log_var")
        }
        for layer in self.posterior.values():
            layer.build((None, width))
        self.built = True

    def call(self, token_ids, mask=None, labels=None, training=False):
        token_ids = tf.convert_to_tensor(token_ids)
        mask = token_ids != 0 if mask is None else mask
        projected, backward = self._projected(token_ids, training)
        outputs, _ = self.stack.scan(projected, None, mask, training, backward=backward)
        hidden = tf.cast(self._ends(outputs, mask), tf.float32)  # (batch, output_dim)
        if self.num_classes is not None:
            hidden = tf.concat([hidden, tf.one_hot(labels, self.num_classes)], axis=-1)
        return self.posterior["z_mean"](hidden), self.posterior["z_log_var"](hidden)

    def _ends(self, outputs, mask):
        """The outputs at the last token, and those of the half that reads from the end at the first."""
        last = tf.maximum(tf.reduce_sum(tf.cast(mask, tf.int32), axis=1) - 1, 0)
        forward = tf.gather(outputs[..., : self.stack.units], last, batch_dims=1)
        if not self.stack.bidirectional:
            return forward
        return tf.concat([forward, outputs[:, 0, self.stack.units :]], axis=-1)

    def _projected(self, token_ids, training):
        """The embedded tokens as the two lowest layers take them; the second is `None` with one direction."""
        embeddings = tf.cast(tf.convert_to_tensor(self.embeddings), self.compute_dtype)
        layers = [self.stack.recurrent[0], *self.stack.backward[:1], None][:2]
        dropped = training and self.embedding_dropout
        if self.vocabulary_size <= MAX_PROJECTED_VOCABULARY and not dropped:
            return [layer and tf.gather(layer.project(embeddings), token_ids) for layer in layers]
        embedded = tf.gather(embeddings, token_ids)
        if dropped:
            embedded = noise.dropout(embedded, self.embedding_dropout, self.seed_generator)
        return [layer and layer.project(embedded) for layer in layers]

    def compute_mask(self, inputs, mask=None):
        """None: the outputs have no time."""

    def get_config(self):
        names = ("vocabulary_size", "embedding_dim", "latent_dim", "num_classes", "embedding_dropout", "seed")
        stack = ("units", "num_layers", "cell", "bidirectional", "dropout")
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, **{name: getattr(self.stack, name) for name in stack}}
