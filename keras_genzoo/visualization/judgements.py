"""Pictures that judge samples: their nearest training images, and what a classifier gets wrong."""

import dataclasses

import numpy as np

from keras_genzoo.metrics import nearest
from keras_genzoo.visualization.grids import image_grid


def nearest_neighbors(model, split, count=16, seed=0, title="Samples, and the training images nearest to them"):
    """Samples above, and below each the image of a split that is nearest to it by its pixels.

    Args:
        model: of images, with `generate(num_samples, labels=None, seed=...)` and `num_classes`.
        split: `keras_genzoo.data.Split`, that of training.
        count: int. Defaults to 16.
        seed: int, of the samples. Defaults to 0.
        title: str or `None`.

    Returns:
        `Figure`.
    """
    if model.num_classes is None:
        samples = np.asarray(model.generate(count, seed=seed))
    else:
        samples = np.asarray(model.generate(labels=np.arange(count, dtype="int32") % model.num_classes, seed=seed))
    training = split.arrays["images"]
    indices, _ = nearest(samples.astype("float32"), training.astype("float32") / 255.0)
    images = np.concatenate([samples, training[indices] / np.float32(255)])
    return image_grid(images, count, title=title, row_labels=["sample", "nearest"])


def mistakes(classifier, split, count=40, title=None):
    """The images of a split that a classifier takes for another class, the most certain of these first.

    Args:
        classifier: `Classifier`.
        split: `keras_genzoo.data.Split` with labels.
        count: int, at most so many. Defaults to 40.
        title: str. Defaults to how many there are.

    Returns:
        `Figure`; above each image its label and what it is taken for. Without mistakes, the first images.
    """
    split = dataclasses.replace(split, supervised=True, conditional=False, corruption=0.0, value_range=(0.0, 1.0))
    pairs = [(x.numpy(), np.asarray(classifier.classify(x)["logits"])) for x, _ in split.pairs(500)]
    images, logits = (np.concatenate(values) for values in zip(*pairs, strict=True))
    taken, margin = logits.argmax(axis=1), logits.max(axis=1) - logits[np.arange(len(logits)), split.labels]
    wrong = int(np.count_nonzero(margin > 0))
    shown = np.argsort(-margin, kind="stable")[: min(count, wrong or count)]
    title = title or f"Taken for another class: {wrong} of {len(images)}"
    words = [f"{split.labels[i]} as {taken[i]}" for i in shown]
    return image_grid(images[shown], 10, labels=words, title=title)
