"""The largest of many values, by groups."""

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.decoding.largest import GROUP, largest_of


@pytest.mark.parametrize("size", [5, 1024, 1025, 3 * 1024 + GROUP - 1])
@pytest.mark.parametrize("levels", [3, 10**6])  # nearly all equal, and hardly any
@pytest.mark.parametrize("rows", [0, 1, 4])
def test_it_is_top_k(size, levels, rows):
    values = np.random.default_rng(0).integers(0, levels, (rows, size)).astype("float32")
    values[:, ::7] = -np.inf
    for count in (1, 2, 5, size // 2, size):
        found, places = tf.function(largest_of)(tf.constant(values), tf.constant(min(count, size)))
        expected = tf.math.top_k(values, min(count, size))
        np.testing.assert_array_equal(found, expected.values)
        np.testing.assert_array_equal(places, expected.indices)
