"""The use of artefacts: measuring their weights, drawing from their SavedModel."""

import os
import pathlib

import keras
import numpy as np

from keras_genzoo import evaluation, recipes, visualization
from keras_genzoo.manifest import load_manifest


def generate(path, out, num_samples=16, seed=0, label=None):
    """Calls the `generate` signature of an artefact and writes what it returns.

    Args:
        path: folder with a manifest.
        out: file to write: `.png` for a picture, `.npz` for the arrays.
        num_samples: int. Defaults to 16.
        seed: int. Defaults to 0.
        label: int or `None`; for a conditional model all classes in turn. Defaults to `None`.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: for another ending, a wrong number of samples, a label that the model does not take, or a model
            that generates nothing.
        FileNotFoundError: if there is no manifest, or no folder to write in.
    """
    import tensorflow as tf

    out = pathlib.Path(out)
    if out.suffix not in (".png", ".npz"):
        raise ValueError(f"Unknown kind of file. Expected a name that ends in .png or .npz. Received: {out}")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"No folder to write in. Expected {out.absolute().parent} to exist. Received: {out}")
    if num_samples < 1:
        raise ValueError(f"Expected at least one sample. Received: num_samples={num_samples}")
    manifest = load_manifest(path)
    served = tf.saved_model.load(str(pathlib.Path(path) / "1"))
    if "generate" not in served.signatures:
        raise ValueError(f"This model generates nothing. Expected one with a signature generate. Received: {path}")
    signature = served.signatures["generate"]
    arguments = {"seed": tf.constant(seed, tf.int32)}
    accepted = signature.structured_input_signature[1]
    labels = None
    if "labels" in accepted:
        count = manifest["data"]["num_classes"]
        if label is not None and not 0 <= label < count:
            raise ValueError(f"Unknown label. Expected 0 to {count - 1}. Received: label={label}")
        labels = np.arange(num_samples) % count if label is None else np.full(num_samples, label)
        arguments["labels"] = tf.constant(labels, tf.int32)
    elif label is not None:
        raise ValueError(f"This model takes no label, as it is not conditional. Received: label={label}")
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


def evaluate(path, data_dir=None, split="test", num_samples=None, verbose=0):
    """Measures the `model.keras` of an artefact on the data of its recipe.

    Args:
        path: folder with a manifest.
        data_dir: folder of data sets, or `None`.
        split: as in `evaluate`. Defaults to `"test"`.
        num_samples: int, or `None` for the recipe's own. Defaults to `None`.
        verbose: 1 shows a progress bar. Defaults to 0.

    Returns:
        dict, as of `evaluate`.

    Raises:
        ValueError: if the manifest is broken, or names no recipe and so no data.
        FileNotFoundError: if there is no manifest, or the data are not to be had.
    """
    manifest = load_manifest(path)
    if not manifest.get("recipe"):
        raise ValueError(f"The model was exported without a recipe, so its data are unknown. Received: {path}")
    recipe = recipes.get(manifest["recipe"])
    splits = recipe.load(manifest["hyperparameters"], data_dir)
    model = keras.models.load_model(pathlib.Path(path) / "model.keras", compile=False)
    options = dict(recipe.evaluation)
    if num_samples is not None:
        options["num_samples"] = num_samples
    return evaluation.evaluate(model, splits, split=split, verbose=verbose, **options)
