"""A training step of variational auto-encoders: this package, a tutorial's way, and the step's matrix products."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import data, networks, recipes
from keras_genzoo.benchmark.floor import linear_parts, repeated
from keras_genzoo.models import VAE
from keras_genzoo.optimizers import FusedAdam

EVENT_SHAPE = (28, 28, 1)


@dataclasses.dataclass(frozen=True)
class Workload:
    """What is trained, and how our side compiles it.

    Attributes:
        name: str, as in the table.
        networks: function to a new `(encoder, decoder)`, of the same weights whenever it is called.
        batch_size: int.
        recipe: str, the recipe whose `steps_per_execution` and `jit_compile` our side takes.
    """

    name: str
    networks: Callable
    batch_size: int
    recipe: str = "vae-mnist"

    @property
    def compile(self):
        """The arguments of our `compile` beside the optimizer."""
        settings = recipes.get(self.recipe).hyperparameters
        return {name: settings[name] for name in ("steps_per_execution", "jit_compile")}


def dense(units, latent_dim, activation):
    """A function to new fully connected networks."""

    def build():
        encoder = networks.dense_encoder(EVENT_SHAPE, latent_dim, units, activation)
        return encoder, networks.dense_decoder(latent_dim, EVENT_SHAPE, units[::-1], activation)

    return build


DENSE = Workload("dense VAE 784-200-200-50", dense((200, 200), 50, "tanh"), batch_size=100)


def synthetic_split(count, dynamic=False):
    """A training split of `count` black and white noise images of MNIST's shape."""
    drawn = np.random.default_rng(0).random((count, *EVENT_SHAPE), dtype="float32") < 0.13
    return data.Split({"images": 255 * drawn.astype("uint8")}, training=True, dynamic=dynamic)


# ---- contenders: each a function that runs one epoch ----


def ours(workload, split):
    """An epoch of `VAE` by plain `compile` and `fit`, as the recipes do it."""
    vae = VAE(*workload.networks())
    vae.compile(FusedAdam(1e-3), **workload.compile)
    batches = split.batches(workload.batch_size)
    return lambda: vae.fit(batches, verbose=0)


def tutorial(workload, split):
    """An epoch of the same model with a `train_step` of its own and `fit` on an array."""
    vae = TutorialVAE(*workload.networks())
    vae.compile(keras.optimizers.Adam(1e-3))
    images = split.arrays["images"].astype("float32") / 255
    return lambda: vae.fit(images, batch_size=workload.batch_size, verbose=0)


class TutorialVAE(keras.Model):
    """The same model in the style of the Keras examples: probabilities out, everything in `train_step`."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = keras.Sequential([decoder, keras.layers.Activation("sigmoid")])
        self.noise = keras.random.SeedGenerator(1)
        self.trackers = [keras.metrics.Mean(name) for name in ("loss", "reconstruction_loss", "kl_loss")]

    @property
    def metrics(self):
        return self.trackers

    def losses_of(self, images):
        """The reconstruction's and the divergence's part of the loss."""
        z_mean, z_log_var = self.encoder(images)
        epsilon = keras.random.normal(keras.ops.shape(z_mean), seed=self.noise)
        reconstruction = self.decoder(z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon)
        crossentropy = keras.losses.binary_crossentropy(images, reconstruction)
        divergence = -0.5 * (1 + z_log_var - keras.ops.square(z_mean) - keras.ops.exp(z_log_var))
        return (
            keras.ops.mean(keras.ops.sum(crossentropy, axis=(1, 2))),
            keras.ops.mean(keras.ops.sum(divergence, axis=1)),
        )

    def train_step(self, images):
        with tf.GradientTape() as tape:
            parts = self.losses_of(images)
            loss = parts[0] + parts[1]
        weights = self.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for tracker, value in zip(self.trackers, (loss, *parts), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def matrix_products(workload, steps):
    """The products and convolutions of `steps` steps, forward and backward, without anything between them."""
    parts = [part for network in workload.networks() for part in linear_parts(network, workload.batch_size)]
    wanted = [(True, number > 0) for number in range(len(parts))]  # nobody asks for the gradient of the images
    return repeated([(*part, *gradients) for part, gradients in zip(parts, wanted, strict=True)], steps)
