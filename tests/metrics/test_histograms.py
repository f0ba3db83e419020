import math

import numpy as np
import pytest
from scipy import stats

from keras_genzoo.metrics import covered, histogram_kl


def test_is_the_relative_entropy():
    counts, reference = np.random.default_rng(0).integers(1, 50, size=(2, 10))
    assert histogram_kl(counts, reference) == pytest.approx(stats.entropy(counts, reference))


@pytest.mark.parametrize(
    ("counts", "reference", "expected"),
    [([3, 3], [5, 5], 0.0), ([4, 0, 0, 0], [1, 1, 1, 1], math.log(4)), ([1, 1], [1, 0], math.inf)],
)
def test_values(counts, reference, expected):
    assert histogram_kl(counts, reference) == pytest.approx(expected)


@pytest.mark.parametrize(("counts", "reference"), [([0, 0], [1, 1]), ([1, -1], [1, 1]), ([1, 1], [1, 1, 1])])
def test_errors(counts, reference):
    with pytest.raises(ValueError, match=r"^Expected counts"):
        histogram_kl(counts, reference)


def test_covered():
    assert covered([0, 1, 19, 20, 21], 20) == 2
    assert covered([5, 5, 5], [1, 5, 6]) == 2
