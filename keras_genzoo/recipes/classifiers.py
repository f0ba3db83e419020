"""Recipes for the classifiers whose features measure samples."""

from keras_genzoo import classifiers
from keras_genzoo.recipes.recipe import IMAGE_OPTIONS, Recipe


def search_space(hp):
    """What the tuner may change of a `Classifier`."""
    return {
        "learning_rate": hp.Float("learning_rate", 1e-3, 2e-2, sampling="log"),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.05, 0.1, 0.2]),
        "shift": hp.Int("shift", 0, 3),
    }


RECIPES = (
    Recipe(
        name="classifier-mnist",
        description="a small convolutional classifier, whose features measure the samples of generative models",
        dataset="mnist",
        build=classifiers.build,
        hyperparameters=dict(classifiers.SETTINGS),
        optional=dict(IMAGE_OPTIONS),
        objective=("val_accuracy", "max"),
        headline="accuracy",
        batch_size=125,
        epochs=18,
        search_space=search_space,
        smoke={"epochs": 1},
        minutes=8,
        references=(
            "Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision",
            "Ioffe & Szegedy 2015, Batch Normalization",
        ),
    ),
)
