import numpy as np
import pytest

import keras_genzoo as genzoo


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("digits", supervised=True)


@pytest.fixture(scope="module")
def classifier(splits):
    model = genzoo.models.Classifier(genzoo.networks.conv_classifier((8, 8, 1), 10, filters=(8, 16)))
    model.compile("adam")
    model.fit(splits.train.batches(64), epochs=3, verbose=0)
    return model


@pytest.mark.parametrize("split", ["test", "validation"])
def test_against_keras(classifier, splits, split):
    results = genzoo.evaluate(classifier, splits, split=split)
    keras_own = classifier.evaluate(getattr(splits, split).batches(50), verbose=0, return_dict=True)
    assert results["accuracy"] == pytest.approx(keras_own["accuracy"])
    assert results["nll"] == pytest.approx(keras_own["nll"], rel=1e-5)
    assert results["errors"] == round((1 - results["accuracy"]) * results["num_examples"]) > 0
    assert results["split"] == split


def test_fewer_examples(classifier, splits):
    results = genzoo.evaluate(classifier, splits, max_examples=20, batch_size=7)
    x, y = next(iter(splits.test.batches(20)))
    assert results["num_examples"] == 20
    assert results["errors"] == np.count_nonzero(np.argmax(classifier.predict(x, verbose=0), axis=1) != y)


def test_draws_nothing(classifier, splits):
    with pytest.raises(ValueError, match=r"^A classifier draws no samples\. .*Received: num_samples=5$"):
        genzoo.evaluate(classifier, splits, num_samples=5)
