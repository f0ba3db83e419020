"""What samples of image sets are worth, on the features of a small classifier."""

import dataclasses

import numpy as np

from keras_genzoo import classifiers, metrics
from keras_genzoo.evaluation.samples import compared, drawn

BATCH_SIZE = 500
NEIGHBOR_SAMPLES = 1000  # whose nearest training images are looked up: pixels of the whole training split
CLASS_SHARE = 0.1  # of its share in the data, for a class to count


def evaluate_images(model, splits, held_out, num_samples=None, seed=0, verbose=0, classifier=None):
    """Measures the images a model generates.

    Args:
        model: with `generate`, whose images are in [0, 1], and `num_classes`.
        splits: `keras_genzoo.data.Splits`.
        held_out: `Split` that the samples are compared with.
        num_samples: int. Defaults to the size of `held_out`: 10,000 for MNIST's test set.
        seed: int, of the samples. Defaults to 0.
        verbose: 1 shows a progress bar. Defaults to 0.
        classifier: as in `classifiers.judge_of`. Defaults to `None`.

    Returns:
        dict. On the classifier's features what `samples.compared` returns; of the classes it sees `class_kl` (nats,
        of the samples from the held-out images) and `classes_covered` (with at least a tenth of their share in these);
        of a conditional model `label_accuracy`, the share of the samples that it takes for what they were asked to be;
        on the pixels `neighbor_ratio` and `copies`, see `metrics.copying`, of the first 1,000 samples, and
        `neighbor_ratio_real` of held-out images; `classifier_accuracy` on the held-out images where they have labels;
        and the protocol, with the name and the hash of the classifier.
    """
    judge = classifiers.judge_of(splits, classifier)
    num_samples = len(held_out) if num_samples is None else num_samples
    fake, asked = drawn(model, num_samples, held_out.labels, seed, verbose)
    held_out_images, other = unit_images(held_out), splits.train.some(num_samples, seed)
    seen = {
        name: classified(judge.classifier, images)
        for name, images in (("held_out", held_out_images), ("fake", fake), ("other", unit_images(other)))
    }
    results = compared(*(features for features, _ in seen.values()), seed)
    results |= _classes(seen["fake"][1], seen["held_out"][1], judge.classifier.num_classes)
    if asked is not None:
        results["label_accuracy"] = float(np.mean(seen["fake"][1] == asked))
    results |= _copies(fake, held_out_images, unit_images(splits.train))
    if held_out.labels is not None:
        results["classifier_accuracy"] = float(np.mean(seen["held_out"][1] == held_out.labels))
    return results | {
        "classifier": judge.name,
        "classifier_hash": judge.hash,
        "num_samples": num_samples,
        "num_real_samples": len(other),
        "num_neighbor_samples": min(NEIGHBOR_SAMPLES, num_samples),
        "seed": seed,
    }


def unit_images(split):
    """The images of a split in order, clean and in [0, 1]: float32 `(examples, height, width, channels)`."""
    plain = dataclasses.replace(
        split, arrays={"images": split.arrays["images"]}, corruption=0.0, conditional=False, supervised=False, shift=0,
        value_range=(0.0, 1.0),
    )  # fmt: skip
    return np.concatenate([x.numpy() for x, _ in plain.pairs(BATCH_SIZE)])


def classified(classifier, images):
    """The features `(examples, features)` of images in [0, 1], and the classes they are taken for."""
    outputs = [classifier.classify(images[i : i + BATCH_SIZE]) for i in range(0, len(images), BATCH_SIZE)]
    features, logits = (np.concatenate([output[name] for output in outputs]) for name in ("features", "logits"))
    return features, logits.argmax(axis=1)


def _classes(fake, real, num_classes):
    counts, reference = (np.bincount(classes, minlength=num_classes) for classes in (fake, real))
    wanted = CLASS_SHARE * reference / len(real) * len(fake)
    return {
        "class_kl": metrics.histogram_kl(counts, reference),
        "classes_covered": metrics.covered(counts, np.maximum(1.0, wanted)),
    }


def _copies(fake, held_out, training):
    ratio, share = metrics.copying(fake[:NEIGHBOR_SAMPLES], training)
    ratio_real, _ = metrics.copying(held_out[:NEIGHBOR_SAMPLES], training)
    return {"neighbor_ratio": ratio, "neighbor_ratio_real": ratio_real, "copies": share}
