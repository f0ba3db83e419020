import math

import numpy as np
import pytest

from keras_genzoo.metrics import kernel_distance
from keras_genzoo.metrics.kernel import unbiased_mmd


def double_sum(x, y):
    def kernel(a, b):
        return (a @ b / len(a) + 1) ** 3

    within = sum(
        np.mean([kernel(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j])
        for values in (x, y)
    )
    return within - 2 * np.mean([kernel(a, b) for a in x for b in y])


def test_is_the_double_sum():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(6, 3)), generator.normal(size=(9, 3)) + 1
    assert unbiased_mmd(x, y) == pytest.approx(double_sum(x, y), rel=1e-12)


def test_one_block_is_the_whole():
    x, y = np.random.default_rng(1).normal(size=(2, 8, 2, 3))
    distance, error = kernel_distance(x, y, num_blocks=1)
    assert distance == pytest.approx(double_sum(x.reshape(8, 6), y.reshape(8, 6))) and math.isnan(error)


def test_mean_zero_and_right_errors_between_equal_distributions():
    generator = np.random.default_rng(2)
    results = np.array([kernel_distance(*generator.normal(size=(2, 60, 3)), num_blocks=6) for _ in range(400)])
    distances, errors = results.T
    assert abs(distances.mean()) < 4 * distances.std() / 20
    assert (distances < 0).any()  # unbiased, so not bounded by 0
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(distances.std(), rel=0.15)


def test_grows_with_the_difference():
    x, y = np.random.default_rng(3).normal(size=(2, 500, 3))
    found = [kernel_distance(x, y + shift)[0] for shift in (0.0, 0.5, 1.0)]
    assert found[0] < found[1] < found[2] and found[1] > 5 * abs(found[0])


def test_seed_decides_the_blocks_alone():
    x, y = np.random.default_rng(4).normal(size=(2, 40, 3))
    assert kernel_distance(x, y, seed=1) == kernel_distance(x, y, seed=1) != kernel_distance(x, y, seed=2)


def test_errors():
    with pytest.raises(ValueError, match=r"at least 20 examples\. Received: real\.shape=\(19, 2\)"):
        kernel_distance(np.zeros((19, 2)), np.zeros((30, 2)))
    with pytest.raises(ValueError, match=r"^Expected at least one block\. Received: num_blocks=0$"):
        kernel_distance(np.zeros((19, 2)), np.zeros((30, 2)), num_blocks=0)
