"""Which classifier judges the samples of a data set."""

import dataclasses
import hashlib
import math
import pathlib
import typing

import keras
import numpy as np

from keras_genzoo.classifiers.building import SETTINGS, build
from keras_genzoo.classifiers.embedded import EMBEDDED, embedded
from keras_genzoo.manifest import sha256
from keras_genzoo.models import Classifier

UPDATES, BATCH_SIZE = 300, 64
_trained = {}  # of this process, by what they were trained on


class Judge(typing.NamedTuple):
    """A classifier, what it is called, and the hash of its weights."""

    classifier: Classifier
    name: str
    hash: str


def judge_of(splits, classifier=None):
    """The classifier whose features measure samples of a data set.

    Args:
        splits: `keras_genzoo.data.Splits` of images.
        classifier: a `Classifier`, the path of its `.keras` file, or `None` for that of the data set: the one that the
            package carries (`"mnist"`), else one that is trained here and now on the training split with its labels,
            once in a process: seconds for small sets, minutes for large ones.

    Returns:
        `Judge`: `classifier`, `name`, `hash`.

    Raises:
        ValueError: if the data are no images, have no labels, or do not fit the classifier.
        FileNotFoundError: if there is no such file.
    """
    name, shape = splits.info["name"], tuple(splits.train.event_shape)
    if len(shape) != 3:
        raise ValueError(f"Expected images (height, width, channels). Received: {name!r} of shape {shape}")
    if classifier is not None:
        judge = _given(classifier)
    elif name in EMBEDDED and embedded(name)[0].event_shape == shape:
        judge = Judge(embedded(name)[0], f"classifier-{name}", embedded(name)[1])
    else:
        judge = _trained_for(splits)
    if judge.classifier.event_shape != shape:
        raise ValueError(f"Expected a classifier of images {shape}. Received: one of {judge.classifier.event_shape}")
    return judge


def labelled(split):
    """A split as the classifier takes it: images in [0, 1] with their labels, binarised as they were."""
    if split.labels is None:
        raise ValueError(
            "Nothing to judge samples by: the data have no labels. Expected labelled images, or the argument classifier"
            f" with a model of your own. Received: arrays {sorted(split.arrays)}"
        )
    arrays = {name: split.arrays[name] for name in ("images", "labels")}
    return dataclasses.replace(
        split, arrays=arrays, corruption=0.0, conditional=False, value_range=Classifier.value_range, supervised=True
    )


def _given(classifier):
    if isinstance(classifier, Classifier):
        digest = hashlib.sha256()
        for weight in classifier.weights:
            digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).data)
        return Judge(classifier, classifier.name, f"sha256:{digest.hexdigest()}")
    file = pathlib.Path(classifier)
    if not file.is_file():
        raise FileNotFoundError(f"There is no classifier. Expected a .keras file. Received: {file}")
    model = keras.models.load_model(file, compile=False)
    if not isinstance(model, Classifier):
        raise ValueError(f"Expected the file of a Classifier. Received: {type(model).__name__} in {file}")
    return Judge(model, file.name, f"sha256:{sha256(file)}")


def _trained_for(splits):
    """A classifier trained by the recipe's settings, with moves as small as the images."""
    key = splits.info["checksum"], splits.info["binarization"], tuple(splits.train.event_shape)
    if key not in _trained:
        train = dataclasses.replace(labelled(splits.train), shift=max(1, min(splits.train.event_shape[:2]) // 14))
        updates = max(1, len(train) // BATCH_SIZE)
        settings = {**SETTINGS, "batch_size": BATCH_SIZE, "epochs": max(4, math.ceil(UPDATES / updates)), "seed": 0}
        classifier = build(settings, dataclasses.replace(splits, train=train))
        classifier.fit(train.batches(BATCH_SIZE), epochs=settings["epochs"], verbose=0)
        _trained[key] = _given(classifier)._replace(name=f"trained on {splits.info['name']}")
    return _trained[key]
