import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo import visualization
from keras_genzoo.visualization import judgements, to_array


@pytest.fixture
def drawn(monkeypatch):
    """What the last picture shows: the images and the words."""
    seen = {}
    original = judgements.image_grid

    def grid(images, columns=None, **words):
        seen.update(images=images, columns=columns, **words)
        return original(images, columns, **words)

    monkeypatch.setattr(judgements, "image_grid", grid)
    return seen


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("digits", value_range=(-1.0, 1.0))


class Copier:
    """Generates training images, a little darker."""

    def __init__(self, split, num_classes=None):
        self.images, self.num_classes = split.arrays["images"][:50] / 255.0, num_classes

    def generate(self, num_samples=None, labels=None, seed=0):
        rows = range(seed, seed + num_samples) if labels is None else labels
        return np.float32(0.9) * self.images[np.asarray(rows)].astype("float32")


def test_neighbors_stand_below_their_samples(splits, drawn):
    figure = visualization.nearest_neighbors(Copier(splits.train), splits.train, count=6, seed=2)
    assert drawn["columns"] == 6 and drawn["row_labels"] == ["sample", "nearest"]
    np.testing.assert_allclose(drawn["images"][6:], splits.train.arrays["images"][2:8] / 255, atol=1e-6)
    np.testing.assert_allclose(drawn["images"][:6], 0.9 * drawn["images"][6:], atol=1e-6)
    assert to_array(figure).std() > 0
    visualization.nearest_neighbors(Copier(splits.train, num_classes=3), splits.train, count=4)
    np.testing.assert_allclose(drawn["images"][4:], splits.train.arrays["images"][[0, 1, 2, 0]] / 255, atol=1e-6)


def test_mistakes_are_those_of_the_classifier(splits, drawn):
    classifier = genzoo.models.Classifier(genzoo.networks.conv_classifier((8, 8, 1), 10, filters=(4,)))
    visualization.mistakes(classifier, splits.test, count=1000)
    images = splits.test.arrays["images"] / np.float32(255)
    taken = np.argmax(classifier.predict(images, verbose=0), axis=1)
    wrong = taken != splits.test.labels
    expected = sorted(f"{y} as {z}" for y, z in zip(splits.test.labels[wrong], taken[wrong], strict=True))
    assert sorted(drawn["labels"]) == expected and len(drawn["images"]) == wrong.sum()
    assert drawn["title"] == f"Taken for another class: {wrong.sum()} of 179"
    assert set(visualization.pictures(classifier, splits)) == {"mistakes"}


def test_pictures_of_a_gan(splits):
    gan = genzoo.GAN(
        genzoo.networks.mlp_generator(latent_dim=2, output_shape=(8, 8, 1), units=(8,)),
        genzoo.networks.mlp_discriminator((8, 8, 1), units=(8,)),
    )
    assert {"samples", "neighbors"} <= set(visualization.pictures(gan, splits))
    points = genzoo.GAN(
        genzoo.networks.mlp_generator(latent_dim=2, output_shape=(2,), units=(8,)),
        genzoo.networks.mlp_discriminator((2,), units=(8,)),
    )
    assert "neighbors" not in visualization.pictures(points, genzoo.data.load("ring"))
