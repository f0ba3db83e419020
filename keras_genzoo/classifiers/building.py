"""The settings of the classifiers whose features measure samples, and how they become a model."""

import keras

from keras_genzoo import networks
from keras_genzoo.models import Classifier
from keras_genzoo.models.executions import steps_per_execution
from keras_genzoo.optimizers import FusedAdam

SETTINGS = {
    "filters": (16, 48, 96),
    "label_smoothing": 0.1,
    "learning_rate": 5e-3,
    "supervised": True,
    "shift": 2,
    "validation_size": 5000,
    "jit_compile": False,
    "steps_per_execution": 11,
}


def build(settings, splits):
    """A compiled `Classifier` for images with labels.

    Args:
        settings: dict with the names of `SETTINGS`, and `batch_size, epochs, seed`.
        splits: `keras_genzoo.data.Splits` of images with labels.

    Returns:
        `Classifier`. Adam's learning rate falls from `learning_rate` to 0 by a cosine, after a rise over the first
        tenth of the updates.
    """
    updates_an_epoch = max(1, len(splits.train) // settings["batch_size"])
    updates = settings["epochs"] * updates_an_epoch
    warmup, peak = max(1, updates // 10), settings["learning_rate"]
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, updates - warmup), warmup_target=peak, warmup_steps=warmup
    )
    network = networks.conv_classifier(
        splits.train.event_shape, splits.info["num_classes"], settings["filters"], seed=settings["seed"]
    )
    classifier = Classifier(network, label_smoothing=settings["label_smoothing"])
    classifier.compile(
        optimizer=FusedAdam(schedule),
        steps_per_execution=steps_per_execution(settings["steps_per_execution"], updates_an_epoch),
        jit_compile=settings["jit_compile"],
    )
    return classifier
