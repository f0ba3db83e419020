"""Images and points of an artefact, as a picture or as arrays."""

import os
import pathlib

import numpy as np

from keras_genzoo import visualization
from keras_genzoo.artifacts.options import check_options

DEFAULT_OUT, DEFAULT_SAMPLES = "samples.png", 16


def generate(served, manifest, out, num_samples, seed, options):
    """Writes samples; see `generation.generate`. Returns the path of the file."""
    import tensorflow as tf

    out = pathlib.Path(DEFAULT_OUT if out is None else out)
    if out.suffix not in (".png", ".npz"):
        raise ValueError(f"Unknown kind of file. Expected a name that ends in .png or .npz. Received: {out}")
    num_samples = DEFAULT_SAMPLES if num_samples is None else num_samples
    signature = served.signatures["generate"]
    accepted = signature.structured_input_signature[1]
    check_options(options, {"label"} & {name.removesuffix("s") for name in accepted})
    arguments, labels = {"seed": tf.constant(seed, tf.int32)}, None
    if "labels" in accepted:
        labels = class_labels(options.get("label"), num_classes(manifest), num_samples)
        arguments["labels"] = tf.constant(labels, tf.int32)
    if "num_samples" in accepted:
        arguments["num_samples"] = tf.constant(num_samples, tf.int32)
    outputs = {name: value.numpy() for name, value in signature(**arguments).items()}
    if out.suffix == ".npz":
        part = out.with_name(f".{out.name}.part.npz")
        np.savez_compressed(part, **outputs)
        os.replace(part, out)
    else:
        visualization.save(visualization.image_grid(next(iter(outputs.values())), labels=labels), out)
    return out


def num_classes(manifest):
    """How many classes the data of a conditional model had."""
    count = (manifest.get("data") or {}).get("num_classes")
    if count is None:
        raise ValueError("The manifest lacks the number of classes. Expected data={'num_classes': ...}. Received: none")
    return count


def class_labels(label, count, num_samples):
    """The label that is asked for, `num_samples` times, or all in turn: int `(num_samples,)`."""
    if label is not None and not 0 <= label < count:
        raise ValueError(f"Unknown label. Expected 0 to {count - 1}. Received: label={label}")
    return np.arange(num_samples) % count if label is None else np.full(num_samples, label)
