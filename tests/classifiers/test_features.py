import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import metrics
from keras_genzoo.classifiers import Features, embedded


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, 28, 28, 1), "float32")


def test_are_those_of_the_classifier_in_any_range(images):
    expected = embedded("mnist")[0].features(images)
    np.testing.assert_allclose(Features("mnist")(images), expected, atol=1e-5)
    np.testing.assert_allclose(Features("mnist", (-1, 1))(2 * images - 1), expected, atol=1e-4)


def test_a_metric_that_uses_them_is_saved_by_name(images):
    metric = metrics.KernelDistance(Features("mnist", (-1, 1)))
    config = keras.saving.serialize_keras_object(metric)
    assert len(json.dumps(config)) < 1000
    again = keras.saving.deserialize_keras_object(config)
    other = np.roll(images, 3, axis=1)[::-1]
    for one in (metric, again):
        tf.function(one.update_state)(tf.constant(images), tf.constant(other))
    assert float(again.result()) == float(metric.result()) != 0
    assert len(metric.variables) == 2


def test_errors():
    with pytest.raises(ValueError, match=r"^No classifier"):
        Features("digits")
    with pytest.raises(
        ValueError, match=r"^Expected a range \(low, high\) with low < high\. Received: value_range=\(1"
    ):
        Features("mnist", (1, 1))
