import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.losses import Cyclical, LinearWarmup, SigmoidWarmup


@pytest.mark.parametrize("schedule", [LinearWarmup(20, 4.0), SigmoidWarmup(20, 4.0), Cyclical(10, 0.25, 2.0)])
def test_config_round_trip(schedule, revive):
    again = revive(schedule)
    assert again.get_config() == schedule.get_config()
    assert [float(again(step)) for step in range(25)] == [float(schedule(step)) for step in range(25)]


def test_shown_as_the_call_that_makes_it():
    assert repr(Cyclical(10, final=2.0)) == "Cyclical(period=10, rise=0.5, final=2.0)"


def test_warmup_values():
    np.testing.assert_allclose([LinearWarmup(4, 2.0)(step) for step in (0, 1, 2, 4, 5, 1000)], [0, 0.5, 1, 2, 2, 2])


def test_sigmoid_values():
    expected = [2 / (1 + np.exp(-12 * (step / 8 - 0.5))) for step in range(0, 20, 3)]
    np.testing.assert_allclose([SigmoidWarmup(8, 2.0)(step) for step in range(0, 20, 3)], expected, rtol=1e-5)


def test_cycle_values():
    schedule = Cyclical(period=8, rise=0.5)
    np.testing.assert_allclose([schedule(step) for step in range(10)], [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 0, 0.25])


@pytest.mark.parametrize("schedule", [LinearWarmup(4), SigmoidWarmup(4), Cyclical(8)])
def test_same_in_a_graph_with_integer_steps(schedule):
    traced = tf.function(schedule)
    for step in (0, 3, 9):
        np.testing.assert_allclose(traced(tf.constant(step, tf.int64)), schedule(step))


def test_errors():
    for warmup in (LinearWarmup, SigmoidWarmup):
        with pytest.raises(ValueError, match=r"^A schedule needs at least one step\. Received: steps=0$"):
            warmup(0)
    for period, rise in ((0, 0.5), (10, 0.0), (10, 1.5)):
        with pytest.raises(
            ValueError, match=rf"^Expected period >= 1 and rise in \(0, 1\]\. Received: period={period}"
        ):
            Cyclical(period, rise)
