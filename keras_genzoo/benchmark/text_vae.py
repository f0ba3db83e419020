"""A training step of a text VAE: this package, and a tutorial's way."""

import dataclasses

import keras
import tensorflow as tf

from keras_genzoo import data, networks
from keras_genzoo.benchmark import seq2seq
from keras_genzoo.models import TextVAE
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.preprocessing.text import NUM_SPECIAL


@dataclasses.dataclass(frozen=True)
class Workload:
    """LSTMs on both sides, the encoder's read from both ends, and a code that every step of the decoder is given."""

    name: str = "text VAE, LSTM 256"
    words: int = 5000
    embedding_dim: int = 128
    units: int = 256
    latent_dim: int = 32
    batch_size: int = 64


DEFAULT = Workload()


def synthetic_split(workload, steps):
    """A training split for so many steps, of sentences as those of `seq2seq.synthetic_split`."""
    split = seq2seq.synthetic_split(workload, steps)
    encoding = dataclasses.replace(split.encoding, view="text_vae")
    return data.TextSplit({"texts": split.texts}, training=True, encoding=encoding)


def our_model(workload, preprocessor):
    """A new `TextVAE`."""
    sizes = (preprocessor.vocabulary_size, workload.embedding_dim, workload.units)
    encoder = networks.RecurrentPosterior(*sizes, latent_dim=workload.latent_dim)
    return TextVAE(encoder, networks.RecurrentDecoder(*sizes, context_dim=workload.latent_dim), preprocessor)


class Tutorial(keras.Model):
    """The same of Keras's layers, with the `train_step` of the Keras VAE example: the code is repeated for every step.

    Attributes:
        parts: dict of the layers.
    """

    def __init__(self, workload):
        super().__init__()
        size, units, make = workload.words + NUM_SPECIAL, workload.units, keras.layers
        self.parts = {
            "read": make.Embedding(size, workload.embedding_dim, mask_zero=True),
            "encode": make.Bidirectional(make.LSTM(units)),
            "z_mean": make.Dense(workload.latent_dim),
            "z_log_var": make.Dense(workload.latent_dim),
            "embed": make.Embedding(size, workload.embedding_dim),
            "first_h": make.Dense(units, activation="tanh"),
            "first_c": make.Dense(units, activation="tanh"),
            "decode": make.LSTM(units, return_sequences=True),
            "output": make.Dense(size),
        }
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("loss", "reconstruction_nll", "kl")}

    def draw(self, z_mean, z_log_var):
        """z, by the reparameterisation trick."""
        return z_mean + tf.exp(0.5 * z_log_var) * keras.random.normal(tf.shape(z_mean))

    def call(self, token_ids):
        """Logits, `z_mean` and `z_log_var` of whole sentences with start and end."""
        parts = self.parts
        hidden = parts["encode"](parts["read"](token_ids))
        z_mean, z_log_var = parts["z_mean"](hidden), parts["z_log_var"](hidden)
        z, embedded = self.draw(z_mean, z_log_var), parts["embed"](token_ids[:, :-1])
        repeated = tf.repeat(z[:, None], tf.shape(embedded)[1], axis=1)
        inputs = tf.concat([embedded, repeated], axis=-1)
        outputs = parts["decode"](inputs, initial_state=[parts["first_h"](z), parts["first_c"](z)])
        return parts["output"](outputs), z_mean, z_log_var

    def train_step(self, token_ids):
        with tf.GradientTape() as tape:
            logits, z_mean, z_log_var = self(token_ids)
            next_ids = token_ids[:, 1:]
            nats = keras.losses.sparse_categorical_crossentropy(next_ids, logits, from_logits=True)
            real = tf.cast(next_ids != 0, tf.float32)
            nll = tf.reduce_mean(tf.reduce_sum(nats * real, axis=1))
            kl = -0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
            kl = tf.reduce_mean(tf.reduce_sum(kl, axis=1))
            loss = nll + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for name, value in (("loss", loss), ("reconstruction_nll", nll), ("kl", kl)):
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


# ---- each a function that runs one epoch ----


def ours(workload, split):
    """`TextVAE` by plain `compile` and `fit`, as the recipes do it: batches of about equal length."""
    model = our_model(workload, split.encoding.preprocessor)
    model.compile(FusedAdam(1e-3), jit_compile=False)
    batches = split.batches(workload.batch_size)
    return lambda: model.fit(batches, verbose=0)


def tutorial(workload, split):
    """Keras's layers, and sentences that are all padded to one length."""
    model = Tutorial(workload)
    model.compile(keras.optimizers.Adam(1e-3))
    token_ids = padded(split)
    batches = tf.data.Dataset.from_tensor_slices(token_ids).shuffle(len(token_ids))
    batches = batches.batch(workload.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    return lambda: model.fit(batches, shuffle=False, verbose=0)  # shuffled already


def padded(split):
    """The ids of all sentences, int32 `(examples, seq2seq.LONGEST)`."""
    ids = split.encoding.preprocessor(split.texts)
    return tf.pad(ids, [[0, 0], [0, seq2seq.LONGEST - tf.shape(ids)[1]]]).numpy()
