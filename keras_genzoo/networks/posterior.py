"""A recurrent network from token ids to the posterior of a code."""

import keras
import tensorflow as tf

from keras_genzoo.networks.encoder import RecurrentEncoder


@keras.saving.register_keras_serializable(package="keras_genzoo")
class RecurrentPosterior(keras.layers.Layer):
    """A `RecurrentEncoder` and two linear layers: a text to `z_mean, z_log_var`.

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
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.reader = RecurrentEncoder(
            vocabulary_size, embedding_dim, units, num_layers, cell, bidirectional, summary="last",
            embedding_dropout=embedding_dropout, dropout=dropout, seed=seed, dtype=self.dtype_policy, name="reader",
        )  # fmt: skip
        self.posterior = {
            name: keras.layers.Dense(latent_dim, dtype="float32", name=name) for name in ("z_mean", "z_log_var")
        }
        for layer in self.posterior.values():
            layer.build((None, self.reader.output_dim + (num_classes or 0)))
        self.supports_masking = True
        self.built = True

    @property
    def vocabulary_size(self):
        """The number of ids, the special ones included."""
        return self.reader.vocabulary_size

    def call(self, token_ids, mask=None, labels=None, training=False):
        hidden = tf.cast(self.reader(token_ids, mask=mask, training=training)["summary"], tf.float32)
        if self.num_classes is not None:
            hidden = tf.concat([hidden, tf.one_hot(labels, self.num_classes)], axis=-1)
        return self.posterior["z_mean"](hidden), self.posterior["z_log_var"](hidden)

    def compute_mask(self, inputs, mask=None):
        """None: the outputs have no time."""

    def get_config(self):
        reader = self.reader.get_config()
        names = (
            "vocabulary_size", "embedding_dim", "units", "num_layers", "cell", "bidirectional", "embedding_dropout",
            "dropout", "seed",
        )  # fmt: skip
        own = {"latent_dim": self.latent_dim, "num_classes": self.num_classes}
        return {**super().get_config(), **own, **{name: reader[name] for name in names}}
