"""Products against `@`, whatever the width."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.layers.products import SPACE, space, spaced, times


def drawn(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


@pytest.mark.parametrize(
    "width, crowded, wider", [(512, 512, SPACE), (768, 512, 0), (1536, 1024, 0), (1024, 1024, SPACE)]
)
def test_crowded_rows_are_set_apart(width, crowded, wider):
    matrix = drawn(3, width)
    apart = space(tf.constant(matrix), crowded).numpy()
    np.testing.assert_array_equal(apart[:, :width], matrix)
    assert apart.shape[1] == width + wider and not apart[:, width:].any()


@pytest.mark.parametrize("width", [5, 512])
def test_spaced_is_a_product(width):
    values, kernel = drawn(4, 3), drawn(3, width)
    np.testing.assert_allclose(spaced(tf.constant(kernel))(tf.constant(values)), values @ kernel, atol=1e-6)


@pytest.mark.parametrize("features, width", [(3, 5), (3, 512), (512, 5)])
def test_spaced_has_the_gradients_of_a_product(features, width):
    values, kernel = tf.constant(drawn(4, features)), tf.constant(drawn(features, width))
    found = []
    turned = functools.partial(spaced, learning=True)
    for product in (turned, spaced, lambda kernel: lambda values: values @ kernel):
        with tf.GradientTape() as tape:
            tape.watch([values, kernel])
            loss = tf.reduce_sum(tf.sin(product(kernel)(values)))
        found.append(tape.gradient(loss, [values, kernel]))
    for gradients in found[:2]:
        for ours, expected in zip(gradients, found[2], strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(2, 3), (2, 5, 3), (2, 0, 3)])
@pytest.mark.parametrize("transposed", [False, True])
def test_times_is_a_product_of_the_last_axis(shape, transposed):
    values, kernel = drawn(*shape), drawn(3, 4)
    found = times(values, tf.constant(kernel.T if transposed else kernel), transposed)
    np.testing.assert_allclose(found, values @ kernel, atol=1e-6)
