import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.models import checks

RANGE = (0.0, 1.0)


def zeros(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_accepts_floats_in_range(dtype):
    checks.check_events("x", np.array([[0.0, 1.0]], dtype), (2,), RANGE)
    checks.check_events("x", np.array([[-7.0, 300.0]], dtype), (2,), None)
    checks.check_events("x", tf.zeros([1, 2], tf.bfloat16).numpy(), (2,), RANGE)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (zeros(4, 3), r"Wrong shape of x\. Expected \(batch, 2, 1\)\. Received: x\.shape=\(4, 3\)"),
        (zeros(2, 1), r"Wrong shape of x\. Expected \(batch, 2, 1\)\. Received: x\.shape=\(2, 1\)"),
        (
            zeros(0, 2, 1),
            r"No examples in x\. Expected \(batch, 2, 1\) with batch > 0\. Received: x\.shape=\(0, 2, 1\)",
        ),
        (zeros(4, 2, 1, dtype="uint8"), r"Wrong dtype of x\. Expected .*; divide .* by 255\. Received: x\.dtype=uint8"),
        (zeros(4, 2, 1, dtype="int64"), r"Wrong dtype of x\. Expected floats in \[0, 1\]; .* Received: x\.dtype=int64"),
        (zeros(4, 2, 1, dtype="bool"), r"Wrong dtype of x\. Expected floats in \[0, 1\]\. Received: x\.dtype=bool"),
        (zeros(4, 2, 1) * np.nan, r"NaN or infinite values in x\. Expected .*\. Received: min=nan, max=nan"),
        (zeros(4, 2, 1) + np.inf, r"NaN or infinite values in x\. Expected .*\. Received: min=inf, max=inf"),
        (
            zeros(4, 2, 1) + 255,
            r"Values of x out of range\. Expected floats .*; divide .*\. Received: min=255, max=255",
        ),
        (zeros(4, 2, 1) - 1, r"Values of x out of range\. Expected floats in \[0, 1\]\. Received: min=-1, max=-1"),
    ],
)
def test_refuses_events(values, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        checks.check_events("x", values, (2, 1), RANGE)


def test_one_nan_is_found():
    values = zeros(100, 2)
    values[57, 1] = np.nan
    with pytest.raises(ValueError, match=r"^NaN or infinite values in x\. Expected finite floats\."):
        checks.check_events("x", values, (2,), None)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.0, 1.0], r"Wrong labels\. Expected integers of shape \(2,\)\. Received: labels\.shape=\(2,\), .*float64"),
        ([[0], [1]], r"Wrong labels\. Expected integers of shape \(2,\)\. Received: labels\.shape=\(2, 1\), .*int64"),
        ([0], r"Wrong labels\. Expected integers of shape \(2,\)\. Received: labels\.shape=\(1,\), .*"),
        ([0, 3], r"Labels out of range\. Expected integers in \[0, 2\]\. Received: min=0, max=3"),
        ([-1, 2], r"Labels out of range\. Expected integers in \[0, 2\]\. Received: min=-1, max=2"),
    ],
)
def test_refuses_labels(labels, message):
    checks.check_labels([0, 2], 3, 2)
    with pytest.raises(ValueError, match=f"^{message}$"):
        checks.check_labels(labels, 3, 2)


def test_checked_casts_float64_and_leaves_the_rest():
    seen = []
    x, y = checks.checked(lambda *batch: seen.append(batch), {"a": np.zeros(3), "b": np.zeros(3, "int32")}, None)
    assert (x["a"].dtype, x["b"].dtype, y) == (np.float32, np.int32, None)
    assert seen[0][0] is x
    x, y = checks.checked(lambda *batch: None, [[0.0, 1.0]], tf.zeros([1, 2], tf.float64))
    assert x.dtype == y.dtype == np.float32


def test_checked_looks_at_the_first_batch_of_a_dataset():
    seen = []
    dataset = tf.data.Dataset.from_tensor_slices((np.arange(6.0), np.arange(6))).batch(2)
    assert checks.checked(lambda *batch: seen.append(batch), dataset, None) == (dataset, None)
    np.testing.assert_array_equal(seen[0][0], [0, 1])
    np.testing.assert_array_equal(seen[0][1], [0, 1])
    assert len(seen) == 1


def test_checked_leaves_generators_unread():
    generator = iter([1, 2])
    assert checks.checked(None, generator, None) == (generator, None)
    assert next(generator) == 1


def test_empty_dataset():
    empty = tf.data.Dataset.from_tensor_slices(np.zeros((0, 2))).batch(2)
    with pytest.raises(
        ValueError, match=r"^The dataset is empty\. Expected at least one batch\. Received: a dataset wit"
    ):
        checks.checked(lambda x, y: None, empty, None)


@pytest.mark.parametrize("given", [np.zeros(2), (np.zeros(2),), (np.zeros(2), np.ones(2)), (np.zeros(2),) * 3])
def test_checked_validation_takes_what_fit_takes(given):
    seen = []
    passed_on = checks.checked_validation(lambda *batch: seen.append(batch), given)
    parts = given if isinstance(given, tuple) else (given,)
    np.testing.assert_array_equal(seen[0][0], parts[0])
    assert (seen[0][1] is None) == (len(parts) == 1)
    assert len(passed_on if isinstance(passed_on, tuple) else (passed_on,)) == len(parts)
