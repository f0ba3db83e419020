import math

import numpy as np
import pytest

from keras_genzoo.data import embedded
from keras_genzoo.metrics import high_quality_share, mode_coverage, mode_reverse_kl, mode_spread

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def test_by_hand():
    points = [[0.0, 2.9], [0.0, 3.1], [10.0, 0.0], [10.0, 1.0], [6.0, 0.0]]
    assert high_quality_share(points, CENTERS, scale=1.0) == 0.6
    assert [mode_coverage(points, CENTERS, 1.0, count) for count in (1, 2, 3)] == [2, 1, 0]
    expected = 2 / 5 * math.log(3 * 2 / 5) + 3 / 5 * math.log(3 * 3 / 5)
    assert mode_reverse_kl(points, CENTERS) == pytest.approx(expected)
    assert mode_reverse_kl(points, CENTERS, reference=[2, 3, 0]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_true_data(name):
    """The figures every model is compared with: all modes, 98.9 % of high quality, a spread of 0.974."""
    centers, scale = embedded.MODES[name][0](), embedded.MODES[name][1]
    points = embedded.SOURCES[name][0]()["train"]["points"]
    assert mode_coverage(points, centers, scale, min_samples=20) == len(centers)
    assert high_quality_share(points, centers, scale) == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert mode_reverse_kl(points, centers) < 0.002
    assert np.sqrt(np.mean(mode_spread(points, centers, scale) ** 2)) == pytest.approx(0.9744, abs=0.01)


def test_spread_by_mode_and_axis():
    generator = np.random.default_rng(0)
    wide = CENTERS[0] + generator.normal(size=(4000, 2)) * [0.5, 1.0]
    shifted = CENTERS[1] + 2.0 + np.zeros((9, 2))  # off its centre and without any width
    spread = mode_spread(np.concatenate([wide, shifted, CENTERS[2:]]), CENTERS, scale=1.0)
    assert spread[0, 0] == pytest.approx(0.5, abs=0.02) and 0.95 < spread[0, 1] < 1.0
    assert spread[1].tolist() == [0, 0] and np.isnan(spread[2]).all()


def test_scale_is_positive():
    with pytest.raises(ValueError, match=r"^Expected a positive standard deviation\. Received: scale=0$"):
        mode_coverage(CENTERS, CENTERS, scale=0)
