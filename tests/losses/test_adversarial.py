"""The adversarial objectives: numbers from NumPy, optima, gradients, configuration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses

R = np.array([2.0, -0.5, 0.1], "float32")
F = np.array([-1.0, 0.3, 4.0], "float32")
ALL = [
    losses.NonSaturating(), losses.NonSaturating(0.1), losses.Minimax(), losses.LeastSquares(),
    losses.LeastSquares(0.1), losses.Hinge(), losses.Wasserstein(), losses.Relativistic(),
    losses.Relativistic(average=True),
]  # fmt: skip


def log_sigmoid(x):
    return -np.logaddexp(0, -np.asarray(x, "float64"))


NUMBERS = [
    (losses.NonSaturating(), -log_sigmoid(R) - log_sigmoid(-F), -log_sigmoid(F)),
    (losses.Minimax(), -log_sigmoid(R) - log_sigmoid(-F), log_sigmoid(-F)),
    (losses.NonSaturating(0.1), -0.9 * log_sigmoid(R) - 0.1 * log_sigmoid(-R) - log_sigmoid(-F), -log_sigmoid(F)),
    (losses.LeastSquares(), 0.5 * (R - 1) ** 2 + 0.5 * F**2, 0.5 * (F - 1) ** 2),
    (losses.LeastSquares(0.1), 0.5 * (R - 0.9) ** 2 + 0.5 * F**2, 0.5 * (F - 1) ** 2),
    (losses.Hinge(), np.maximum(0, 1 - R) + np.maximum(0, 1 + F), -F),
    (losses.Wasserstein(), F - R, -F),
    (losses.Relativistic(), -log_sigmoid(R - F), -log_sigmoid(F - R)),
    (
        losses.Relativistic(average=True),
        -log_sigmoid(R - F.mean()) - log_sigmoid(R.mean() - F),
        -log_sigmoid(F - R.mean()) - log_sigmoid(F.mean() - R),
    ),
]


@pytest.mark.parametrize(("objective", "discriminator", "generator"), NUMBERS)
def test_numbers(objective, discriminator, generator):
    np.testing.assert_allclose(objective.discriminator_loss(R, F), discriminator, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(objective.generator_loss(F, R), generator, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("objective", ALL, ids=lambda objective: type(objective).__name__)
def test_contract(objective, revive):
    """float32 `(batch,)` also of half precision and of none, finite far out, and a configuration that comes back."""
    for real, fake in ((R, F), (tf.cast(R, tf.bfloat16), tf.cast(F, tf.bfloat16)), (R[:0], F[:0])):
        for loss in (objective.discriminator_loss(real, fake), objective.generator_loss(fake, real)):
            assert loss.dtype == tf.float32 and loss.shape == (len(real),)
    far = tf.constant([1e4, -1e4])
    assert (
        np.isfinite(objective.discriminator_loss(far, -far)).all()
        and np.isfinite(objective.generator_loss(far, far)).all()
    )
    again = revive(objective)
    assert type(again) is type(objective) and again.get_config() == objective.get_config()


@pytest.mark.parametrize("objective", ALL, ids=lambda objective: type(objective).__name__)
def test_generator_climbs_the_discriminators_opinion(objective):
    """Wherever the loss has a slope, a fake that looks more real is better; the discriminator wants the opposite."""
    fake = tf.Variable(tf.zeros(3) - 0.3)
    with tf.GradientTape(persistent=True) as tape:
        generator = objective.generator_loss(fake, tf.zeros(3))
        discriminator = objective.discriminator_loss(tf.zeros(3), fake + 0.6)
    assert (tape.gradient(generator, fake) < 0).numpy().all()
    assert (tape.gradient(discriminator, fake) > 0).numpy().all()


def test_only_minimax_saturates():
    """Where the discriminator is sure of a fake, the slope of minimax is gone and that of non-saturating is 1."""
    for objective, expected in ((losses.Minimax(), 0.0), (losses.NonSaturating(), -1.0)):
        fake = tf.Variable([-20.0])
        with tf.GradientTape() as tape:
            loss = objective.generator_loss(fake)
        np.testing.assert_allclose(tape.gradient(loss, fake), [expected], atol=1e-6)


def test_smoothing_is_bounded_below():
    """At the best logit for a target of 0.9, its log-odds, the loss is the entropy of the target and nowhere less."""
    objective = losses.NonSaturating(label_smoothing=0.1)
    logits = np.linspace(-50, 50, 2001).astype("float32")
    values = objective.discriminator_loss(logits, np.full_like(logits, -50.0)).numpy()
    assert values.min() == pytest.approx(-0.9 * np.log(0.9) - 0.1 * np.log(0.1), abs=1e-4)
    assert logits[values.argmin()] == pytest.approx(np.log(9), abs=0.05)


def test_names():
    assert type(losses.get_adversarial("hinge")) is losses.Hinge
    objective = losses.LeastSquares()
    assert losses.get_adversarial(objective) is objective
    for wrong in ("wgan", None, keras.losses.MeanSquaredError()):
        with pytest.raises(ValueError, match=r"^Unknown objective\. Expected one of \['hinge', .*Received: objective="):
            losses.get_adversarial(wrong)


def test_errors():
    for wrong in (-0.1, 0.5, "0.1"):
        with pytest.raises(ValueError, match=r"^Expected label_smoothing in \[0, 0\.5\)\. Received: label_smoothing="):
            losses.NonSaturating(wrong)
    with pytest.raises(ValueError, match=r"^A relativistic generator loss compares\. Expected real_logits\."):
        losses.Relativistic().generator_loss(F)
    for method, arguments in (("discriminator_loss", (R, F)), ("generator_loss", (F,))):
        with pytest.raises(NotImplementedError, match=f"^Adversarial must implement {method}"):
            getattr(losses.Adversarial(), method)(*arguments)
