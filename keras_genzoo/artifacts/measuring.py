"""Measures the weights of an artefact."""

import pathlib
import sys

import keras

from keras_genzoo import evaluation, recipes
from keras_genzoo.manifest import open_artifact

KERAS_FILE = "model.keras"


def evaluate(path, data_dir=None, split="test", num_samples=None, verbose=0, language_model=None):
    """Measures the `model.keras` of an artefact on the data of its recipe.

    Where these are not the data of the training, by their checksum, a line on standard error says so.

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
        ValueError: if the manifest or the file is damaged, or there is no recipe and so no data.
        FileNotFoundError: if there is no manifest, or the data are not to be had.
    """
    manifest = open_artifact(path, KERAS_FILE)
    if not manifest.get("recipe"):
        raise ValueError(f"The model was exported without a recipe, so its data are unknown. Received: {path}")
    recipe = recipes.get(manifest["recipe"])
    options = recipe.evaluation_options(num_samples=num_samples, language_model=language_model)
    splits = recipe.load(recipe.settings(**manifest.get("hyperparameters") or {}), data_dir)
    wanted, found = ((info or {}).get("checksum") for info in (manifest.get("data"), splits.info))
    if wanted not in (None, found):
        print(f"The data are not those of the training. Expected {wanted}. Received: {found}", file=sys.stderr)
    model = keras.models.load_model(pathlib.Path(path) / KERAS_FILE, compile=False)
    if language_model is not None:
        options["language_model"] = evaluation.load_language_model(language_model, splits)
    return evaluation.evaluate(model, splits, split=split, verbose=verbose, **options)
