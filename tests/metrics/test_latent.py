import numpy as np
import pytest

from keras_genzoo.metrics import active_units, mutual_information


def test_active_units_counts_means_that_vary():
    generator = np.random.default_rng(0)
    means = np.zeros((1000, 4))
    means[:, 0] = generator.normal(size=1000)
    means[:, 1] = 0.05 * generator.normal(size=1000)  # variance .0025, below the threshold
    means[:, 2] = 7.0  # far from 0, yet the same for all
    assert active_units(means) == 1
    assert active_units(means, threshold=0.001) == 2
    assert active_units(means + 5) == 1


def test_no_information_without_dependence():
    assert mutual_information(np.zeros((500, 3)), np.zeros((500, 3))) == pytest.approx(0, abs=1e-9)


def test_distinct_codes_tell_the_example():
    means = 100.0 * np.arange(300)[:, None]
    assert mutual_information(means, np.zeros((300, 1))) == pytest.approx(np.log(300), abs=1e-6)


def test_two_clusters_carry_one_bit():
    means = np.repeat([[-50.0, 0.0], [50.0, 0.0]], 200, axis=0)
    assert mutual_information(means, np.zeros_like(means)) == pytest.approx(np.log(2), abs=1e-6)


def test_gaussian_channel():
    """Mean ~ N(0, s^2) seen through N(mean, 1): 0.5 log(1 + s^2) nats."""
    means = 2.0 * np.random.default_rng(7).normal(size=(4000, 1))
    measured = mutual_information(means, np.zeros_like(means))
    assert measured == pytest.approx(0.5 * np.log(5), abs=0.05)


def test_depends_neither_on_the_block_nor_on_a_shift():
    generator = np.random.default_rng(1)
    means, log_vars = generator.normal(size=(100, 3)), generator.normal(size=(100, 3))
    whole = mutual_information(means, log_vars, seed=2)
    assert mutual_information(means, log_vars, seed=2, block=7) == pytest.approx(whole, rel=1e-9)
    assert mutual_information(means + 10, log_vars, seed=2) == pytest.approx(whole, rel=1e-6)
    assert mutual_information(means, log_vars, seed=3) != whole
