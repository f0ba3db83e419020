import dataclasses

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.classifiers import embedded, judge_of, labelled


@pytest.fixture(scope="module")
def digits():
    return genzoo.data.load("digits", value_range=(-1.0, 1.0), conditional=True)


def accuracy(judge, split):
    x, y = next(iter(labelled(split).batches(len(split))))
    return np.mean(np.argmax(judge.classifier.classify(x)["logits"], axis=1) == y)


def test_mnist_has_the_one_of_the_package(small_mnist):
    judge = judge_of(genzoo.data.load("mnist", small_mnist, value_range=(-1.0, 1.0)))
    assert judge.classifier is embedded("mnist")[0]
    assert (judge.name, judge.hash) == ("classifier-mnist", embedded("mnist")[1])


def test_other_images_get_one_trained_once(digits):
    judge = judge_of(digits)
    assert judge.name == "trained on digits" and judge.hash.startswith("sha256:")
    assert accuracy(judge, digits.test) > 0.95
    assert (
        judge_of(genzoo.data.load("digits")).classifier is judge.classifier
    )  # the range and labels in x do not matter


def test_binarised_images_get_their_own(digits, monkeypatch):
    monkeypatch.setattr("keras_genzoo.classifiers.lookup.UPDATES", 1)
    assert judge_of(genzoo.data.load("digits", binarization="static")).classifier is not judge_of(digits).classifier


def test_mnist_of_another_size_is_no_mnist(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_genzoo.classifiers.lookup.UPDATES", 1)
    arrays = np.load(small_mnist / "mnist.npz")
    half = {name: values[:, ::2, ::2] if name.startswith("x") else values for name, values in arrays.items()}
    np.savez(tmp_path / "mnist.npz", **half)
    judge = judge_of(genzoo.data.load("mnist", tmp_path))
    assert judge.classifier.event_shape == (14, 14, 1) and judge.name == "trained on mnist"


def test_one_given_as_model_or_file(digits, tmp_path):
    own = genzoo.models.Classifier(genzoo.networks.conv_classifier((8, 8, 1), 10, filters=(4,)))
    own.save(tmp_path / "own.keras")
    judge, again = judge_of(digits, own), judge_of(digits, tmp_path / "own.keras")
    assert judge.classifier is own and again.name == "own.keras"
    x = np.random.default_rng(0).random((3, 8, 8, 1), "float32")
    np.testing.assert_array_equal(own.features(x), again.classifier.features(x))


def test_errors(digits, make_vae, tmp_path):
    names = ("train", "validation", "test")
    bare = {name: dataclasses.replace(getattr(digits, name), conditional=False) for name in names}
    bare = {name: dataclasses.replace(split, arrays={"images": split.arrays["images"]}) for name, split in bare.items()}
    unlabelled = genzoo.data.Splits(**bare, info={**digits.info, "checksum": "another"})
    with pytest.raises(ValueError, match=r"^Nothing to judge samples by: the data have no labels\."):
        judge_of(unlabelled)
    with pytest.raises(ValueError, match=r"^Expected images \(height, width, channels\)\. Received: 'ring' of shape"):
        judge_of(genzoo.data.load("ring"))
    with pytest.raises(
        ValueError, match=r"^Expected a classifier of images \(8, 8, 1\)\. Received: one of \(28, 28, 1\)"
    ):
        judge_of(digits, embedded("mnist")[0])
    with pytest.raises(FileNotFoundError, match=r"^There is no classifier\."):
        judge_of(digits, tmp_path / "none.keras")
    make_vae().save(tmp_path / "vae.keras")
    with pytest.raises(ValueError, match=r"^Expected the file of a Classifier\. Received: VAE in"):
        judge_of(digits, tmp_path / "vae.keras")
