"""The adversarial objectives and penalties where their values are known, and the steps of a GAN."""

import math

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import losses, networks
from keras_genzoo.models import GAN
from keras_genzoo.verification.table import Check, Row


def optima():
    """Where real and fake cannot be told apart, the best discriminator's loss is a known number."""
    grid = np.linspace(-20, 20, 400_001).astype("float32")
    expected = {
        "non_saturating": math.log(4), "minimax": math.log(4), "least_squares": 0.25, "hinge": 2.0, "wasserstein": 0.0,
    }  # fmt: skip
    for name, value in expected.items():
        objective = losses.get_adversarial(name)
        best = np.min(objective.discriminator_loss(grid, grid))
        yield Row(f"{name}: least discriminator loss of equals", best, value, "=", 1e-5, "one logit for both, 400,001")
    same = losses.Relativistic().discriminator_loss([1.7], [1.7])[0]
    yield Row("relativistic: loss of equal logits", same, math.log(2), "=", 1e-6)


def divergence():
    """At its best, log p / q, the minimax loss is log 4 - 2 JS(p, q) (Goodfellow et al. 2014, theorem 1)."""
    real, fake = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    middle = 0.5 * (real + fake)
    jensen_shannon = 0.5 * np.sum(real * np.log(real / middle)) + 0.5 * np.sum(fake * np.log(fake / middle))
    logits = np.log(real / fake)
    objective = losses.Minimax()
    zero = np.zeros(3)
    of_real = objective.discriminator_loss(logits, zero) - math.log(2)
    of_fake = objective.discriminator_loss(zero, logits) - math.log(2)
    measured = np.sum(real * of_real + fake * of_fake)
    yield Row(
        "minimax loss of the best discriminator", measured, math.log(4) - 2 * jensen_shannon, "=", 1e-6, "3 events"
    )


def penalties():
    """A linear critic has one slope everywhere."""
    real, fake = np.random.default_rng(0).normal(size=(2, 64, 3)).astype("float32")
    seed = tf.constant([1, 2])
    for norm in (0.0, 0.5, 1.0, 5.0):
        direction = norm * np.array([2.0, 3.0, 6.0]) / 7
        weights = tf.Variable(direction, dtype=tf.float32)
        for penalty, expected in (
            (losses.GradientPenalty(1.0), (norm - 1) ** 2),
            (losses.DRAGAN(1.0), (norm - 1) ** 2),
            (losses.R1(1.0), norm**2 / 2),
            (losses.R2(1.0), norm**2 / 2),
        ):
            with tf.GradientTape() as tape:
                values = penalty(lambda x, w=weights: tf.linalg.matvec(x, w), real, fake, seed)
            slope = tape.gradient(values, weights)
            name = f"{type(penalty).__name__} of a linear critic of norm {norm:g}"
            yield Row(name, np.max(np.abs(values - expected)), 0.0, "=", 1e-5, "largest error of 64 examples")
            if norm == 0:
                finite = np.isfinite(slope).all()
                yield Row(f"{type(penalty).__name__}: its gradient is finite at slope 0", finite, 1.0)


def isolation():
    """Either update leaves all of the other network as it is: weights, statistics, spectral vectors, Adam's moments."""
    gan, x = _gan(batch_norm=True, spectral_norm=True), _points(32)
    gan.train_step(x)
    before = _state(gan)
    gan._update_discriminator(x, gan._events(gan._noise(x), None, training=False), None)
    middle = _state(gan)
    with tf.GradientTape() as tape:
        loss = gan._generator_loss(x, gan._events(gan._noise(x), None, training=True), None)
    gan._descend(gan.generator_optimizer, gan.generator, loss, tape)
    after = _state(gan)
    for own, other, (start, end) in (
        ("discriminator", "generator", (before, middle)),
        ("generator", "discriminator", (middle, after)),
    ):
        change = _difference(start[other], end[other])
        yield Row(f"{own}'s update: change of the {other}", change, 0.0, detail="weights, statistics and slots")
        own_change = _difference(start[own][:1], end[own][:1])
        yield Row(f"{own}'s update: change of its first kernel", own_change, 1e-6, ">=")


def moving_average():
    """The average of the generator is the weighted mean of its weights after every update, from the first one on."""
    momentum, history = 0.9, []
    gan, x = _gan(ema_momentum=momentum), _points(32)
    for step in range(1, 6):
        gan.train_step(x)
        history.append([np.array(v, "float64") for v in gan.generator.trainable_variables])
        weights = momentum ** np.arange(step - 1, -1, -1.0)
        expected = [np.tensordot(weights, np.stack(values), 1) / weights.sum() for values in zip(*history, strict=True)]
        error = _difference(gan.averages, expected)
        yield Row(f"moving average after {step} updates", error, 0.0, "=", 1e-6, "against NumPy, momentum 0.9")


def last_batch():
    """A last batch that is smaller is weighed by its size, and the noise of validation is its own."""
    gan, x = _gan(), _points(10)
    logs = [gan.evaluate(x, batch_size=4, verbose=0, return_dict=True) for _ in range(2)]
    real = [-np.logaddexp(0, -np.asarray(gan.discriminate(x[i : i + 4]), "float64")) for i in (0, 4, 8)]
    yield Row("evaluate twice", logs[1]["generator_loss"], logs[0]["generator_loss"])
    yield Row("evaluate: batches of 4, 4 and 2 are finite", np.isfinite(list(logs[0].values())).all(), 1.0)
    fakes = logs[0]["discriminator_loss"] + np.mean(np.concatenate(real))  # what is left is the mean over the fakes
    yield Row("discriminator_loss is a mean over examples", fakes, _fake_loss(gan, (4, 4, 2)), "=", 1e-5, "NumPy")
    history = gan.fit(x, batch_size=4, epochs=2, verbose=0).history
    yield Row("fit: batches of 4, 4 and 2 are finite", np.isfinite(list(history.values())).all(), 1.0)


def _fake_loss(gan, sizes):
    """The mean of softplus(logit) over the fakes of `evaluate`, with its noise."""
    from keras_genzoo.layers import noise
    from keras_genzoo.models.gan_training import EVALUATION

    values, place = [], 0
    for size in sizes:
        z = noise.normal([size, gan.latent_dim], noise.seed_pair(gan.seed + EVALUATION, place))
        values.append(np.logaddexp(0, np.asarray(gan.discriminate(gan.decode(z)), "float64")))
        place += size
    return np.mean(np.concatenate(values))


def _gan(batch_norm=False, spectral_norm=False, **arguments):
    gan = GAN(
        networks.mlp_generator(3, (2,), (16,), batch_norm=batch_norm),
        networks.mlp_discriminator((2,), (16,), spectral_norm=spectral_norm),
        **arguments,
    )
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
    return gan


def _points(count):
    return tf.constant(np.random.default_rng(3).normal(size=(count, 2)), tf.float32)


def _state(gan):
    pairs = {
        "generator": (gan.generator, gan.generator_optimizer),
        "discriminator": (gan.discriminator, gan.discriminator_optimizer),
    }
    return {
        name: [np.array(v, "float64") for v in (*network.weights, *optimizer.variables)]
        for name, (network, optimizer) in pairs.items()
    }


def _difference(one, other):
    """The largest difference between two lists of arrays."""
    return max(float(np.max(np.abs(np.array(a) - np.array(b)))) for a, b in zip(one, other, strict=True))


CHECKS = [
    Check("optima of the adversarial objectives", "GAN", optima),
    Check("Jensen-Shannon divergence", "GAN", divergence),
    Check("penalties of a linear critic", "GAN", penalties),
    Check("isolation of the updates", "GAN", isolation),
    Check("moving average of the generator", "GAN", moving_average),
    Check("a smaller last batch", "GAN", last_batch),
]
