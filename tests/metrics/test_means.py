import pytest

from keras_genzoo.metrics import DirectedMean


def test_config_round_trip(revive):
    metric = revive(DirectedMean("elbo", "up"))
    assert (metric.name, metric.get_config()["direction"]) == ("elbo", "up")


def test_weighs_examples_not_batches():
    metric = DirectedMean("nll")
    metric.update_state([1.0, 2.0, 3.0])
    metric.update_state([6.0])
    assert float(metric.result()) == 3.0
    metric.reset_state()
    metric.update_state([1.0, 3.0], sample_weight=[3.0, 1.0])
    assert float(metric.result()) == 1.5


@pytest.mark.parametrize("direction", ["up", "down"])
def test_tells_keras_its_direction(direction):
    """Keras asks compiled metrics; `GenerativeModel.fit` speaks for a model's own (see its tests)."""
    assert DirectedMean("score", direction)._direction == direction


def test_bad_direction():
    with pytest.raises(ValueError, match=r"^Expected direction 'up' or 'down'\. Received: direction='max'$"):
        DirectedMean("elbo", "max")
