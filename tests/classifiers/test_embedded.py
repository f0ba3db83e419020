"""The classifier that the package carries."""

import pathlib
import tomllib

import keras
import numpy as np
import pytest

from keras_genzoo import classifiers
from keras_genzoo.classifiers.embedded import EMBEDDED, embedded
from keras_genzoo.manifest import load_manifest, sha256

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("dataset", sorted(EMBEDDED))
def test_is_the_shipped_model(dataset):
    manifest = load_manifest(ROOT / "saved_models" / f"classifier-{dataset}")
    classifier, name = embedded(dataset)
    assert name == f"sha256:{manifest['files']['model.keras']}" == f"sha256:{sha256(EMBEDDED[dataset])}"
    assert manifest["metrics"]["accuracy"] >= 0.993 and manifest["metrics"]["num_examples"] == 10_000
    assert EMBEDDED[dataset].stat().st_size <= 500_000
    assert classifier.event_shape == (28, 28, 1) and classifier.num_classes == 10
    assert embedded(dataset)[0] is classifier


def test_knows_the_digits_that_a_model_was_asked_for():
    """The samples of the shipped conditional VAE are blurred, so not all are what they should be."""
    vae = keras.models.load_model(ROOT / "saved_models" / "conditional-vae-mnist" / "model.keras", compile=False)
    labels = np.arange(200, dtype="int32") % 10
    logits = embedded("mnist")[0].classify(vae.generate(labels=labels, seed=0))["logits"]
    assert np.mean(np.argmax(logits, axis=1) == labels) > 0.8


def test_is_in_the_wheel():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    [pattern] = options["keras_genzoo"]
    found = set((ROOT / "keras_genzoo").glob(pattern))
    assert found == set(EMBEDDED.values())


def test_unknown():
    with pytest.raises(ValueError, match=r"^No classifier\. Expected one of mnist\. Received: 'cifar10'$"):
        classifiers.embedded("cifar10")
