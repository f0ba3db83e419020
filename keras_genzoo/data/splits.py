"""Train, validation and test: disjoint, deterministic, and prepared for one kind of model."""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf

from keras_genzoo.data.augmentation import binarized, corrupted, shifted
from keras_genzoo.data.pipeline import epoch_batches, some_rows
from keras_genzoo.layers import noise

BINARIZATIONS = ("none", "threshold", "static", "dynamic")


@dataclasses.dataclass(frozen=True)
class Split:
    """Examples in memory and how they become batches.

    Attributes:
        arrays: dict with `"images"`, uint8 `(examples, height, width, channels)`, or `"points"`, float32
            `(examples, 2)`; where known `"labels"`, int32 `(examples,)`; and `"noisy"`, float32 as the images, where
            the noise is drawn once.
        training: whether batches are shuffled and the last, smaller one is left out.
        dynamic: whether pixels are binarised afresh in every epoch.
        corruption: the standard deviation of the noise that makes `(noisy, clean)` pairs; 0 for none.
        conditional: whether x is `{"images", "labels"}`.
        value_range: `(low, high)` to which pixels are scaled.
        supervised: whether batches are `(images, labels)`, for a classifier.
        shift: int, pixels by which images are moved at random, in both directions, anew in every epoch.
    """

    arrays: dict = dataclasses.field(repr=False)
    training: bool = False
    dynamic: bool = False
    corruption: float = 0.0
    conditional: bool = False
    value_range: tuple = (0.0, 1.0)
    supervised: bool = False
    shift: int = 0

    def __len__(self):
        return len(next(iter(self.arrays.values())))

    @property
    def labels(self):
        """int32 `(examples,)`, or `None`."""
        return self.arrays.get("labels")

    @property
    def event_shape(self):
        """The shape of one example."""
        return self._events.shape[1:]

    @property
    def mean(self):
        """The mean example, float64 of the event's shape, in units of the batches."""
        total = self._events.mean(axis=0, dtype="float64")
        if "points" in self.arrays:
            return total
        low, high = self.value_range
        return low + (high - low) * total / 255.0

    @property
    def _events(self):
        return self.arrays["images"] if "images" in self.arrays else self.arrays["points"]

    def batches(self, batch_size=128, seed=0, first_epoch=0, shuffle=None, drop_remainder=None):
        """A finite `tf.data.Dataset` for plain `fit`.

        Every iteration over that of the training split is the next epoch; the others repeat theirs.

        Args:
            batch_size: int. Defaults to 128.
            seed: int. The order and every random change are functions of (seed, epoch, batch). Defaults to 0.
            first_epoch: int, the number of the first epoch, to go on with an interrupted run. Defaults to 0.
            shuffle: bool. Defaults to `True` for the training split.
            drop_remainder: bool. Defaults to `True` for the training split.

        Returns:
            Dataset of x, of `(noisy, clean)` when there is a corruption, or of `(x, labels)` when supervised. x is
            float32 `(batch, height, width, channels)`, or `{"images", "labels"}` when conditional.

        Raises:
            ValueError: if there are no examples, or `batch_size` is below 1.
        """
        names = [name for name in self.arrays if name != "labels" or self.conditional or self.supervised]
        return epoch_batches(
            {name: self.arrays[name] for name in names},
            batch_size,
            self._transform,
            seed=seed,
            first_epoch=first_epoch,
            shuffle=self.training if shuffle is None else shuffle,
            drop_remainder=self.training if drop_remainder is None else drop_remainder,
            repeat_first=not self.training,
        )

    def pairs(self, batch_size=100):
        """The examples once, in order, as pairs `(x, y)` of tensors; y is the clean x, the label, or `None`."""
        for batch in self.batches(batch_size, shuffle=False, drop_remainder=False):
            yield batch if isinstance(batch, tuple) else (batch, None)

    def take(self, count):
        """The first `count` examples as another split."""
        return self.rows(slice(count))

    def some(self, count, seed=0):
        """`count` examples, drawn without replacement, as another split in the same order; all if there are no more."""
        return self.rows(some_rows(len(self), count, seed))

    def rows(self, rows):
        """The examples of these numbers, a slice or an int array, as another split."""
        return dataclasses.replace(self, arrays={name: values[rows] for name, values in self.arrays.items()})

    def _transform(self, batch, seed):
        if "points" in batch:
            return batch["points"]
        images = tf.cast(batch["images"], tf.float32) / 255.0
        if self.dynamic:
            images = tf.cast(noise.uniform(tf.shape(images), seed) < images, tf.float32)
        low, high = self.value_range
        if (low, high) != (0.0, 1.0):
            images = low + (high - low) * images
        if self.shift:
            images = shifted(images, self.shift, low, seed + tf.constant([0x51DE, 0]))
        if self.supervised:
            return images, batch["labels"]
        noisy = images
        if self.corruption:
            added = self.corruption * noise.normal(tf.shape(images), seed + tf.constant([0x5EED, 0]))
            noisy = batch["noisy"] if "noisy" in batch else tf.clip_by_value(images + added, low, high)
        x = {"images": noisy, "labels": batch["labels"]} if self.conditional else noisy
        return (x, images) if self.corruption else x


@dataclasses.dataclass(frozen=True)
class Splits:
    """`train`, `validation` and `test`, and `info` about where they come from."""

    train: Split
    validation: Split
    test: Split
    info: dict


def make_splits(
    source, binarization="none", corruption=0.0, conditional=False, value_range=(0.0, 1.0), supervised=False, shift=0,
    validation_size=None, seed=0,
):  # fmt: skip
    """Cuts and prepares a source.

    Args:
        source: `keras_genzoo.data.sources.Source`.
        binarization: `"none"`, `"threshold"` (at 1/2), `"static"` (each pixel drawn once with a fixed seed) or
            `"dynamic"` (drawn afresh in every epoch of training; validation and test are static).
        corruption: float, the standard deviation of the noise of `(noisy, clean)` pairs: drawn afresh in every epoch
            of training, once for validation and test.
        conditional: bool, see `Split`.
        value_range: pair of floats, see `Split`.
        supervised: bool, see `Split`; not with `conditional`, not with `corruption`. Defaults to `False`.
        shift: int, see `Split`; the training split alone has it. Defaults to 0.
        validation_size: int, examples of the training part held out for validation, where the source has no
            validation part. Defaults to a tenth.
        seed: int, of the cuts and of the static binarisation. Defaults to 0.

    Returns:
        `Splits`.

    Raises:
        ValueError: for an unknown binarisation, options that exclude each other, labels asked for and not there, or
            too large a validation part.
    """
    if binarization not in BINARIZATIONS:
        raise ValueError(f"Unknown binarization. Expected one of {BINARIZATIONS}. Received: {binarization=}")
    if not isinstance(corruption, (int, float)) or corruption < 0:
        raise ValueError(f"Expected corruption to be a number of at least 0. Received: {corruption=}")
    parts = {name: dict(arrays) for name, arrays in source.parts.items()}
    if not isinstance(shift, int) or shift < 0:
        raise ValueError(f"Expected shift to be a whole number of pixels, at least 0. Received: {shift=}")
    if supervised and (conditional or corruption):
        raise ValueError(
            f"Expected no labels in x and no noise beside supervised=True. Received: {conditional=}, {corruption=}"
        )
    if (conditional or supervised) and "labels" not in parts["train"]:
        kind = "conditional model" if conditional else "classifier"
        raise ValueError(f"A {kind} needs labels. Received: dataset {source.name!r}, which has none")
    if "points" in parts["train"] and (binarization != "none" or corruption or conditional or supervised or shift):
        raise ValueError(f"Points take no binarization, corruption, labels or shift. Received: dataset {source.name!r}")
    generator = np.random.default_rng(seed)
    if "test" not in parts:
        parts["train"], parts["test"] = _cut(parts["train"], None, generator, source.name)
    if "validation" not in parts:
        parts["train"], parts["validation"] = _cut(parts["train"], validation_size, generator, source.name)
    info = {**source.info, "name": source.name, "checksum": _checksum(parts), "binarization": binarization}
    info["num_examples"] = {name: len(next(iter(part.values()))) for name, part in sorted(parts.items())}
    if "labels" in parts["train"]:
        info["num_classes"] = int(max(part["labels"].max() for part in parts.values())) + 1
    made = {}
    for i, name in enumerate(("train", "validation", "test")):
        dynamic = binarization == "dynamic" and name == "train"
        if "images" in parts[name] and not dynamic:
            parts[name]["images"] = binarized(parts[name]["images"], binarization, seed + i)
        if corruption and name != "train":
            parts[name]["noisy"] = corrupted(parts[name]["images"], corruption, value_range, seed + i)
        training = name == "train"
        options = {"value_range": tuple(value_range), "supervised": supervised, "shift": shift if training else 0}
        made[name] = Split(parts[name], training, dynamic, float(corruption), conditional, **options)
    return Splits(**made, info=info)


def _cut(arrays, size, generator, name):
    count = len(next(iter(arrays.values())))
    size = max(1, count // 10) if size is None else size
    if not 0 < size < count:
        raise ValueError(
            f"Cannot hold out {size} examples of {count}. Expected 1 to {count - 1}. Received: dataset {name!r}"
        )
    order = generator.permutation(count)
    kept, held = np.sort(order[size:]), np.sort(order[:size])
    return {k: v[kept] for k, v in arrays.items()}, {k: v[held] for k, v in arrays.items()}


def _checksum(parts):
    digest = hashlib.sha256()
    for name in sorted(parts):
        for key in sorted(parts[name]):
            digest.update(f"{name}/{key}{parts[name][key].shape}".encode())
            digest.update(np.ascontiguousarray(parts[name][key]).data)
    return f"sha256:{digest.hexdigest()}"
