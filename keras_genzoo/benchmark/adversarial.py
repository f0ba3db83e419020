"""A training step of adversarial networks: this package, a tutorial's way, and the step's matrix products."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import data, networks, recipes
from keras_genzoo.benchmark.floor import linear_parts, repeated
from keras_genzoo.models import GAN
from keras_genzoo.optimizers import FusedAdam

EVENT_SHAPE, LATENT_DIM = (28, 28, 1), 100
ADAM = {"learning_rate": 2e-4, "beta_1": 0.5}  # of both networks, in all contenders


@dataclasses.dataclass(frozen=True)
class Workload:
    """What is trained, and how our side compiles it.

    Attributes:
        name: str, as in the table.
        networks: function to a new `(generator, discriminator)`, of the same weights whenever it is called.
        batch_size: int.
        recipe: str, the recipe whose `steps_per_execution` and `jit_compile` our side takes.
    """

    name: str
    networks: Callable
    batch_size: int
    recipe: str

    @property
    def compile(self):
        """The arguments of our `compile` beside the optimizers."""
        settings = recipes.get(self.recipe).hyperparameters
        return {name: settings[name] for name in ("steps_per_execution", "jit_compile")}


def dense():
    """New fully connected networks, 100-256-512-784 against 784-256-256-1."""
    generator = networks.mlp_generator(LATENT_DIM, EVENT_SHAPE, (256, 512))
    return generator, networks.mlp_discriminator(EVENT_SHAPE, (256, 256))


def convolutional():
    """New convolutional networks."""
    generator = networks.dcgan_generator(LATENT_DIM, EVENT_SHAPE, width=32)
    return generator, networks.dcgan_discriminator(EVENT_SHAPE, width=32)


DENSE = Workload("dense GAN", dense, 128, "gan-mnist")
CONV = Workload("DCGAN, width 32", convolutional, 64, "dcgan-mnist")


def synthetic_split(count):
    """A training split of `count` noise images of MNIST's shape, which batches have in [-1, 1]."""
    drawn = np.random.default_rng(0).integers(256, size=(count, *EVENT_SHAPE), dtype="uint8")
    return data.Split({"images": drawn}, training=True, value_range=(-1.0, 1.0))


# ---- contenders: each a function that runs one epoch ----


def ours(workload, split):
    """An epoch of `GAN` by plain `compile` and `fit`, as the recipes do it."""
    gan = GAN(*workload.networks())
    gan.compile(FusedAdam(**ADAM), FusedAdam(**ADAM), **workload.compile)
    batches = split.batches(workload.batch_size)
    return lambda: gan.fit(batches, verbose=0)


def tutorial(workload, split):
    """An epoch of the same networks with the `train_step` of the Keras example, and `fit` on slices."""
    gan = TutorialGAN(*workload.networks())
    gan.compile(keras.optimizers.Adam(**ADAM), keras.optimizers.Adam(**ADAM))
    images = split.arrays["images"].astype("float32") / 127.5 - 1
    slices = tf.data.Dataset.from_tensor_slices(images).shuffle(1024)
    batches = slices.batch(workload.batch_size, drop_remainder=True).prefetch(32)
    return lambda: gan.fit(batches, shuffle=False, verbose=0)  # shuffled already


class TutorialGAN(keras.Model):
    """The step of the Keras example: fakes and images judged in one batch, new fakes for the generator."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.noise = keras.random.SeedGenerator(1)
        self.trackers = [keras.metrics.Mean(name) for name in ("d_loss", "g_loss")]

    def compile(self, d_optimizer, g_optimizer):
        super().compile()
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, images):
        count = tf.shape(images)[0]
        fakes = self.generator(keras.random.normal((count, LATENT_DIM), seed=self.noise))
        both = tf.concat([fakes, images], axis=0)
        labels = tf.concat([tf.zeros((count, 1)), tf.ones((count, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.crossentropy(labels, self.discriminator(both))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        z = keras.random.normal((count, LATENT_DIM), seed=self.noise)
        with tf.GradientTape() as tape:
            g_loss = self.crossentropy(tf.ones((count, 1)), self.discriminator(self.generator(z)))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        for tracker, value in zip(self.trackers, (d_loss, g_loss), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def matrix_products(workload, steps):
    """The products and convolutions of `steps` of our steps, in which the generator runs once."""
    generator, discriminator = workload.networks()
    written = [(*part, True, number > 0) for number, part in enumerate(linear_parts(generator, workload.batch_size))]
    judging = list(linear_parts(discriminator, workload.batch_size))
    judged = [(*part, True, number > 0) for number, part in enumerate(judging)]  # the gradient of both of its batches
    passed = [(*part, False, True) for part in judging]  # and that of the generator's loss, to the fakes
    return repeated(written + judged + judged + passed, steps)
