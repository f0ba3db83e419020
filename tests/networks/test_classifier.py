import keras
import numpy as np
import pytest

from keras_genzoo.networks import conv_classifier


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 1), (7, 5, 3)])
def test_shapes(shape):
    network = conv_classifier(shape, 10, filters=(4, 6))
    outputs = network(np.zeros((3, *shape), "float32"))
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {"features": (3, 6), "logits": (3, 10)}


def test_starts_from_its_seed():
    first, again, other = (conv_classifier((8, 8, 1), 3, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_outputs_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    outputs = conv_classifier((8, 8, 1), 3)(np.zeros((2, 8, 8, 1), "float32"))
    assert outputs["features"].dtype == outputs["logits"].dtype == "float32"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ((64,), 10),
            r"needs images\. Expected event_shape \(height, width, channels\)\. Received: event_shape=\(64,\)",
        ),
        (((8, 8, 1), 1), r"^Expected at least 2 classes\. Received: num_classes=1$"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        conv_classifier(*arguments)
