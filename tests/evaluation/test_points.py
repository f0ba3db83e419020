import dataclasses
import math

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.data import embedded
from keras_genzoo.evaluation.generation import evaluate_samples


class Mixture:
    """A generator of points that is as right, or wrong, as wanted."""

    num_classes, event_shape = None, (2,)

    def __init__(self, name="ring", modes=None, width=1.0):
        self.centers, self.scale = embedded.MODES[name][0]()[:modes], embedded.MODES[name][1]
        self.width = width

    def generate(self, num_samples, labels=None, seed=0):
        generator = np.random.default_rng(seed)
        chosen = self.centers[generator.integers(len(self.centers), size=num_samples)]
        return chosen + self.width * self.scale * generator.normal(size=(num_samples, 2))


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("ring")


def test_the_truth(splits):
    results = evaluate_samples(Mixture(), splits)
    assert results["modes_covered"] == results["modes_hit"] == results["num_modes"] == 8
    assert results["high_quality_share"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert results["spread"] == pytest.approx(0.974, abs=0.03) and results["reverse_kl"] < 0.005
    assert 0.85 < results["spread_lowest"] < results["spread"] < results["spread_highest"] < 1.1
    assert results["spread_real"] == pytest.approx(results["spread"], abs=0.03)
    assert results["num_samples"] == results["num_real_samples"] == 2500 and results["num_examples"] == 2000
    assert results["frechet_ratio"] < 20 and results["precision"] > 0.7


def test_missing_modes_show(splits):
    results = evaluate_samples(Mixture(modes=4), splits)
    assert results["modes_covered"] == 4 and results["reverse_kl"] == pytest.approx(math.log(2), abs=0.01)
    assert results["recall"] < 0.6 < results["precision"] and results["frechet_ratio"] > 20


def test_shrunken_modes_show(splits):
    """The share of high quality alone would call it better than the truth."""
    results = evaluate_samples(Mixture(width=0.01), splits)
    assert results["high_quality_share"] == 1.0 and results["spread"] < 0.02


def test_noise_is_no_mode(splits):
    results = evaluate_samples(Mixture(width=300.0), splits, num_samples=500)
    assert results["modes_covered"] == 0 and results["high_quality_share"] < 0.05
    nothing = evaluate_samples(Mixture(width=1e5), splits, num_samples=50)
    assert nothing["modes_hit"] == 0 and "spread" not in nothing


def test_points_of_unknown_modes(splits):
    other = dataclasses.replace(splits, info={**splits.info, "name": "mine"})
    results = evaluate_samples(Mixture(), other, num_samples=200, seed=3)
    assert "modes_covered" not in results and results["frechet_distance"] < 0.1 and results["seed"] == 3
