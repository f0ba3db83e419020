import dataclasses

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.classifiers import judge_of
from keras_genzoo.evaluation.generation import evaluate_samples
from keras_genzoo.evaluation.images import classified, unit_images


class Replay:
    """A generator that draws from given images in [0, 1], by label if it is conditional."""

    event_shape = (8, 8, 1)

    def __init__(self, images, labels=None, noise=0.0):
        self.images, self.labels, self.noise = images, labels, noise
        self.num_classes = None if labels is None else 10

    def generate(self, num_samples=None, labels=None, seed=0):
        generator = np.random.default_rng(seed)
        if labels is None:
            chosen = generator.integers(len(self.images), size=num_samples)
        else:
            chosen = [generator.choice(np.flatnonzero(self.labels == label)) for label in labels]
        images = self.images[chosen]
        return np.clip(images + self.noise * generator.normal(size=images.shape), 0, 1).astype("float32")


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("digits", value_range=(-1.0, 1.0))


@pytest.fixture(scope="module")
def training(splits):
    return unit_images(splits.train)


def test_images_are_plain_and_in_the_unit_range(splits, training):
    np.testing.assert_allclose(training, splits.train.arrays["images"] / 255, atol=1e-6)
    odd = dataclasses.replace(splits.test, conditional=True, corruption=0.5, supervised=False)
    np.testing.assert_allclose(unit_images(odd), splits.test.arrays["images"] / 255, atol=1e-6)


def test_real_images_are_as_good_as_real(splits, training):
    results = evaluate_samples(Replay(training), splits, num_samples=600)
    assert 0.5 < results["frechet_ratio"] < 2 and results["class_kl"] < 0.05 and results["classes_covered"] == 10
    assert abs(results["kernel_distance"] - results["kernel_floor"]) < 5 * results["kernel_distance_standard_error"]
    assert results["copies"] == 1.0 and results["neighbor_ratio"] == 0.0  # these are the training images
    assert results["neighbor_ratio_real"] == pytest.approx(1, abs=0.15)
    assert results["classifier_accuracy"] > 0.95 and results["classifier"] == "trained on digits"
    assert results["classifier_hash"] == judge_of(splits).hash
    assert (results["num_samples"], results["num_real_samples"], results["num_examples"]) == (600, 600, 179)


def test_a_missing_half_shows(splits, training):
    results = evaluate_samples(Replay(training[splits.train.labels < 5]), splits)
    assert results["classes_covered"] in (5, 6) and results["class_kl"] == pytest.approx(np.log(2), abs=0.15)
    assert results["recall"] < results["recall_real"] - 0.2 and results["num_samples"] == 179


def test_noise_shows(splits, training):
    clean, noisy = (evaluate_samples(Replay(training, noise=noise), splits) for noise in (0.0, 0.4))
    assert noisy["frechet_distance"] > 3 * clean["frechet_distance"] and noisy["frechet_ratio"] > 3
    assert noisy["kernel_distance"] > clean["kernel_distance"] + 3 * clean["kernel_distance_standard_error"]
    assert noisy["precision"] < clean["precision"] and noisy["neighbor_ratio"] > clean["neighbor_ratio"]


def test_a_conditional_model_is_held_to_what_it_was_asked(splits, training):
    labels = splits.train.labels
    right = evaluate_samples(Replay(training, labels), splits)
    wrong = evaluate_samples(Replay(training, (labels + 1) % 10), splits)
    assert right["label_accuracy"] > 0.95 and wrong["label_accuracy"] < 0.05


def test_a_classifier_of_ones_own(splits, training):
    own = genzoo.models.Classifier(genzoo.networks.conv_classifier((8, 8, 1), 10, filters=(4,)), name="mine")
    results = evaluate_samples(Replay(training), splits, num_samples=40, classifier=own)
    assert results["classifier"] == "mine" and results["classifier_accuracy"] < 0.5


def test_classified_is_the_classifier_in_batches(splits, training):
    classifier = judge_of(splits).classifier
    features, classes = classified(classifier, training[:1100])
    outputs = classifier.classify(training[:1100])
    np.testing.assert_allclose(features, outputs["features"], atol=1e-5)
    np.testing.assert_array_equal(classes, np.argmax(outputs["logits"], axis=1))
