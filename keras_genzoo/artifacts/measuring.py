"""Measures the weights of an artefact."""

import pathlib

import keras

from keras_genzoo import evaluation, recipes
from keras_genzoo.manifest import load_manifest


def evaluate(path, data_dir=None, split="test", num_samples=None, verbose=0, language_model=None):
    """Measures the `model.keras` of an artefact on the data of its recipe.

    Args:
        path: folder with a manifest.
        data_dir: folder of data sets, or `None`.
        split: as in `evaluate`. Defaults to `"test"`.
        num_samples: int, or `None` for the recipe's own. Defaults to `None`.
        language_model: folder of a trained language model, as in `keras_genzoo.training.run`, or `None`.
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
    options = recipe.evaluation_options(num_samples=num_samples, language_model=language_model)
    splits = recipe.load(manifest["hyperparameters"], data_dir)
    model = keras.models.load_model(pathlib.Path(path) / "model.keras", compile=False)
    if language_model is not None:
        options["language_model"] = evaluation.load_language_model(language_model, splits)
    return evaluation.evaluate(model, splits, split=split, verbose=verbose, **options)
