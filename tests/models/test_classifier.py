import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.models import Classifier

EVENT = (8, 8, 1)


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, 90).astype("int32")
    x = 0.2 * generator.random((90, *EVENT)).astype("float32")
    x[np.arange(90), y] += 0.7  # the class is the bright row
    return x, y


@pytest.fixture
def classifier():
    model = Classifier(genzoo.networks.conv_classifier(EVENT, 3, filters=(4, 6)), label_smoothing=0.1)
    model.compile(genzoo.FusedAdam(0.02))
    return model


def test_learns(classifier, data):
    history = classifier.fit(*data, epochs=30, batch_size=30, verbose=0).history
    assert history["accuracy"][-1] > 0.95 and history["loss"][-1] < history["loss"][0]


def test_numbers_are_those_of_numpy(classifier, data):
    x, y = data
    logits = classifier.predict(x, verbose=0).astype("float64")
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    nll = -log_probs[np.arange(90), y]
    results = classifier.evaluate(x, y, batch_size=40, verbose=0, return_dict=True)
    assert results["nll"] == pytest.approx(nll.mean(), rel=1e-5)
    assert results["loss"] == pytest.approx((0.9 * nll - 0.1 * log_probs.mean(axis=1)).mean(), rel=1e-5)
    assert results["accuracy"] == pytest.approx((logits.argmax(axis=1) == y).mean())


def test_classify_is_predict_and_the_features_lead_to_the_logits(classifier, data):
    outputs = classifier.classify(data[0])
    np.testing.assert_allclose(outputs["logits"], classifier.predict(data[0], verbose=0), atol=1e-6)
    layer = classifier.network.get_layer("logits")
    np.testing.assert_allclose(layer(classifier.features(data[0])), outputs["logits"], atol=1e-6)


def test_round_trip(classifier, data, round_trip):
    classifier.fit(*data, epochs=1, verbose=0)
    again = round_trip(classifier)
    np.testing.assert_array_equal(again.classify(data[0])["logits"], classifier.classify(data[0])["logits"])
    assert again.label_smoothing == 0.1 and again.num_classes == 3


@pytest.mark.parametrize("count", [0, 1, 5])
def test_export(classifier, data, tmp_path, count):
    """Of no images too: TensorFlow's own convolution has the wrong shape there."""
    classifier.export(tmp_path)
    served = tf.saved_model.load(str(tmp_path))
    images = tf.constant(data[0][:count])
    outputs = served.signatures["serving_default"](images=images)
    assert outputs["logits"].shape == (count, 3) and outputs["features"].shape == (count, 6)
    for name, values in classifier.classify(images).items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-6)


def test_monitors_know_the_direction(classifier, data):
    stopping = keras.callbacks.EarlyStopping("val_accuracy", patience=1)
    classifier.fit(*data, validation_data=data, epochs=1, verbose=0, callbacks=[stopping])
    assert stopping.mode == "max"


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((4, *EVENT), "float32"), None, r"^A classifier learns from labels\."),
        (np.full((4, *EVENT), 2.0, "float32"), np.zeros(4, int), r"^Values of x out of range"),
        (np.zeros((4, *EVENT), "float32"), np.full(4, 3), r"^Labels out of range\. Expected integers in \[0, 2\]"),
        (np.zeros((4, 8, 8), "float32"), np.zeros(4, int), r"^Wrong shape of x"),
    ],
)
def test_bad_data(classifier, x, y, message):
    with pytest.raises(ValueError, match=message):
        classifier.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classifier(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])), "^Expected network to be"),
        (lambda: Classifier(None), "Received: network=None$"),
        (
            lambda: Classifier(genzoo.networks.conv_classifier(EVENT, 3), label_smoothing=1),
            r"label_smoothing in \[0, 1\)",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
