"""What is shared by the measures of samples: drawing them, and comparing them with data."""

import numpy as np
import pytest

from keras_genzoo import metrics
from keras_genzoo.evaluation import samples


class Source:
    """A stand-in for a model: noise, or what labels ask for; it remembers its calls."""

    def __init__(self, num_classes=None, broken=False):
        self.num_classes, self.broken, self.calls = num_classes, broken, []

    def generate(self, num_samples=None, labels=None, seed=0):
        self.calls.append((num_samples, labels, seed))
        count = num_samples if labels is None else len(labels)
        values = np.random.default_rng(seed).normal(size=(count, 2)).astype("float32")
        return values * np.nan if self.broken else values if labels is None else values + 100 * labels[:, None]


def test_chunks_are_a_function_of_the_seed():
    source = Source()
    first, asked = samples.drawn(source, 1200, seed=1)
    assert [count for count, _, _ in source.calls] == [500, 500, 200] and asked is None
    assert len({seed for _, _, seed in source.calls}) == 3
    assert first.shape == (1200, 2) and len(np.unique(first, axis=0)) == 1200
    np.testing.assert_array_equal(first, samples.drawn(source, 1200, seed=1)[0])
    assert np.abs(first - samples.drawn(source, 1200, seed=2)[0]).max() > 0


def test_a_conditional_model_is_asked_for_the_labels_of_the_data():
    drawn, asked = samples.drawn(Source(num_classes=3), 1001, labels=[0, 2, 1])
    np.testing.assert_array_equal(asked, np.resize([0, 2, 1], 1001))
    np.testing.assert_array_equal(np.round(drawn.mean(axis=1) / 100), asked)


@pytest.mark.parametrize(
    ("source", "count", "message"),
    [
        (Source(), 0, r"^Expected at least one sample\. Received: num_samples=0$"),
        (Source(num_classes=3), 5, r"^A conditional model is asked for labels\."),
        (Source(broken=True), 5, r"^The model generates NaN or infinite values\."),
    ],
)
def test_errors(source, count, message):
    with pytest.raises(ValueError, match=message):
        samples.drawn(source, count)


def test_compared_is_the_metrics():
    held_out, fake, other = np.random.default_rng(0).normal(size=(3, 300, 4))
    fake += 0.5
    results = samples.compared(held_out, fake, other, seed=1)
    assert results["frechet_distance"] == metrics.frechet_distance(held_out, fake)
    assert results["frechet_floor"] == metrics.frechet_distance(held_out, other)
    assert results["frechet_ratio"] == results["frechet_distance"] / results["frechet_floor"] > 5
    assert (results["kernel_distance"], results["kernel_distance_standard_error"]) == metrics.kernel_distance(
        held_out, fake, seed=1
    )
    assert abs(results["kernel_floor"]) < 0.2 * results["kernel_distance"]
    assert (results["precision"], results["recall"]) == metrics.precision_recall(held_out, fake)
    assert (results["precision_real"], results["recall_real"]) == metrics.precision_recall(held_out, other)
    assert results["precision"] < results["precision_real"]
