"""The penalties: known slopes, finite gradients at slope 0, where they look, configuration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses

SEED = tf.constant([3, 4])
REAL = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
FAKE = np.random.default_rng(1).normal(size=(5, 2)).astype("float32") + 3
ALL = [losses.GradientPenalty(2, center=0.5), losses.DRAGAN(2, scale=0.1), losses.R1(2), losses.R2(2)]


def linear(events):
    """Slope (3, 4) everywhere, norm 5."""
    return tf.reduce_sum(tf.reshape(events, [tf.shape(events)[0], -1]) * [3.0, 4.0], axis=-1)


def square(events):
    """Slope 2 x at x."""
    return tf.reduce_sum(tf.square(events), axis=-1)


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (losses.GradientPenalty(), 10 * 16.0),
        (losses.GradientPenalty(2, center=0.5), 2 * 4.5**2),
        (losses.GradientPenalty(1, center=0), 25.0),
        (losses.DRAGAN(3), 3 * 16.0),
        (losses.R1(4), 50.0),
        (losses.R2(), 12.5),
    ],
)
def test_linear_critic(penalty, expected):
    np.testing.assert_allclose(penalty(linear, REAL, FAKE, SEED), np.full(5, expected), rtol=1e-6)
    np.testing.assert_allclose(
        penalty(linear, REAL[:, :, None], FAKE[:, :, None], SEED), np.full(5, expected), rtol=1e-6
    )


def test_where_they_look():
    np.testing.assert_allclose(losses.R1(2)(square, REAL, FAKE, SEED), 4 * np.sum(REAL**2, axis=1), rtol=1e-5)
    np.testing.assert_allclose(losses.R2(2)(square, REAL, FAKE, SEED), 4 * np.sum(FAKE**2, axis=1), rtol=1e-5)
    near = losses.DRAGAN(scale=0.01).points(REAL, FAKE, SEED) - REAL
    assert 0 < np.abs(near).max() < 0.1


def test_interpolation_is_uniform_with_one_draw_an_example():
    """Each row is on the line of its pair, at a place that is uniform over many rows."""
    real, fake = np.zeros((4000, 3, 2), "float32"), np.ones((4000, 3, 2), "float32")
    points = losses.GradientPenalty().points(real, fake, SEED).numpy().reshape(4000, 6)
    assert np.all(points == points[:, :1])
    places = np.sort(points[:, 0])
    assert np.abs(places - (np.arange(4000) + 0.5) / 4000).max() < 0.03  # Kolmogorov-Smirnov, far below chance
    other = losses.GradientPenalty().points(real, fake, tf.constant([3, 5])).numpy()
    assert np.abs(other.reshape(4000, 6)[:, 0] - points[:, 0]).max() > 0.5


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: type(penalty).__name__)
def test_finite_at_slope_zero(penalty):
    """Also the gradient with respect to the critic's weights, whose square root would give NaN."""
    weight = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        value = penalty(lambda events: tf.linalg.matvec(events, weight), REAL, FAKE, SEED)
    assert np.isfinite(value).all() and np.isfinite(tape.gradient(value, weight)).all()


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: type(penalty).__name__)
def test_gradient_reaches_the_weights(penalty):
    """(|w| - c)^2 or |w|^2 / 2, whatever the events are: the gradient with respect to w in closed form."""
    weight = tf.Variable([3.0, 4.0])
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(penalty(lambda events: tf.linalg.matvec(events, weight), REAL, FAKE, SEED))
    center = getattr(penalty, "center", None)
    expected = 2.0 * np.array([3.0, 4.0]) * (1.0 if center is None else 2 * (5 - center) / 5)
    np.testing.assert_allclose(tape.gradient(value, weight), expected, rtol=1e-5)


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: type(penalty).__name__)
def test_config_and_empty_batches(penalty, revive):
    again = revive(penalty)
    assert type(again) is type(penalty) and again.get_config() == penalty.get_config()
    np.testing.assert_array_equal(again(square, REAL, FAKE, SEED), penalty(square, REAL, FAKE, SEED))
    assert losses.R1()(square, REAL[:0], FAKE[:0], SEED).shape == (0,)


def test_a_schedule_of_the_weight(revive):
    schedule = keras.optimizers.schedules.ExponentialDecay(8.0, 10, 0.25)
    for penalty in (losses.R1(schedule), revive(losses.R1(schedule))):
        for step, weight in ((0, 8.0), (10, 2.0)):
            np.testing.assert_allclose(penalty(linear, REAL, FAKE, SEED, step), np.full(5, 12.5 * weight), rtol=1e-5)


def test_lists():
    r1, r2 = losses.R1(), losses.R2()
    assert losses.get_penalties(None) == () and losses.get_penalties(r1) == (r1,)
    assert losses.get_penalties([r1, r2]) == (r1, r2)
    for wrong in ("r1", [r1, 10.0]):
        with pytest.raises(ValueError, match=r"^Unknown penalty\. Expected None, an object of .*Received: penalty="):
            losses.get_penalties(wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.R1(-1), r"Expected weight to be a number of at least 0 or a schedule\. Received: weight=-1"),
        (lambda: losses.GradientPenalty("10"), r"Expected weight to be a number .* Received: weight='10'"),
        (lambda: losses.GradientPenalty(center=-1), r"Expected center to be .* Received: center=-1"),
        (lambda: losses.DRAGAN(scale=None), r"Expected scale to be .* Received: scale=None"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
    for method, arguments in (("points", (REAL, FAKE, SEED)), ("of_squared_norm", (1.0,))):
        with pytest.raises(NotImplementedError, match=f"^Penalty must implement {method}"):
            getattr(losses.Penalty(1.0), method)(*arguments)
