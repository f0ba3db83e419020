"""Training a recipe: in memory, or in a run folder that can be resumed and ends as an artefact."""

import itertools
import json
import os
import pathlib

import keras

from keras_genzoo import evaluation, exporting, recipes, visualization
from keras_genzoo.callbacks import StopWhenDiverged, measuring, recording
from keras_genzoo.checkpoints import RunCheckpoint, RunLog, restore, write_whole
from keras_genzoo.manifest import NAME as MANIFEST

SETTINGS, CHECKSUM = "settings.json", "checksum"
CURVES = ("val_log_likelihood", "val_bleu")  # what callbacks measure beside the metrics, now and then


def train(recipe, *, run_dir=None, data_dir=None, resume=False, splits=None, callbacks=(), verbose=1, **overrides):
    """Trains a recipe by plain `compile` and `fit`.

    Args:
        recipe: `Recipe` or the name of one.
        run_dir: folder for checkpoints, logs and sample pictures, or `None` to write nothing, and to measure no more
            beside the metrics than what the recipe's objective asks for, once, at the end. Defaults to `None`.
        data_dir: folder of local or prepared data, or `None`; see `keras_genzoo.data.load`.
        resume: bool. Goes on from the last checkpoint of `run_dir`; the result is that of an uninterrupted run.
            Defaults to `False`.
        splits: `Splits` already loaded for these settings, or `None` to load them.
        callbacks: further Keras callbacks.
        verbose: as in `fit`. Defaults to 1.
        **overrides: hyperparameters and `dataset, epochs, batch_size, seed`.

    Returns:
        `(model, history)`; history is a dict from name to a list with one number an epoch.

    Raises:
        ValueError: for unknown recipes and overrides, or a checkpoint that is broken or of other settings.
        FileNotFoundError: if the data are not to be had.
        FileExistsError: if `run_dir` holds a run and `resume` is false.

    Example:

    >>> import keras_genzoo as genzoo
    >>> model, history = genzoo.train("vae-digits", epochs=1, verbose=0)
    >>> len(history["val_elbo"])
    1
    """
    recipe = recipes.get(recipe) if isinstance(recipe, str) else recipe
    settings = recipe.settings(**overrides)
    if run_dir is not None:
        run_dir = pathlib.Path(run_dir)
        check_run(recipe, settings, run_dir, resume)
    splits = recipe.load(settings, data_dir) if splits is None else splits
    keras.utils.set_random_seed(settings["seed"])
    model = recipe.build(settings, splits)
    start, recorders, keeping = 0, [], []
    if run_dir is None and recipe.objective[0] in CURVES:
        recorders = measuring(model, splits, settings["epochs"])
    elif run_dir is not None:
        start = restore(model, run_dir)
        _open_run(recipe, settings, splits, run_dir)
        if start and verbose:
            print(f"Going on after epoch {start} of {settings['epochs']} in {run_dir}", flush=True)
        recorders = recording(model, splits, run_dir, settings["epochs"])
        keeping = [
            RunCheckpoint(run_dir),
            keras.callbacks.TensorBoard(str(run_dir / "logs"), write_graph=False),
        ]
    log = RunLog(run_dir, first_epoch=start)
    model.fit(
        splits.train.batches(settings["batch_size"], seed=settings["seed"], first_epoch=start),
        validation_data=splits.validation.batches(settings["batch_size"], seed=settings["seed"]),
        initial_epoch=start,
        epochs=settings["epochs"],
        # what has diverged is not drawn, logged or kept; the log may have more than the checkpoint
        callbacks=[StopWhenDiverged(), *recorders, log, *keeping, *callbacks],
        verbose=verbose,
    )
    return model, log.history


def run(recipe, run_dir=None, data_dir=None, resume=False, verbose=1, language_model=None, **overrides):
    """Trains, evaluates, draws and exports a recipe into a folder.

    Args:
        recipe: `Recipe` or the name of one.
        run_dir: the folder. Defaults to `runs/NAME`.
        data_dir, resume, verbose, **overrides: as in `train`. A finished run is left as it is when resumed.
        language_model: folder of a trained language model with the same tokens, which a text VAE is measured beside,
            or `None`.

    Returns:
        `pathlib.Path` of the folder: an artefact (see `keras_genzoo.export`) with checkpoints, logs and pictures.

    Raises:
        ValueError, FileNotFoundError, FileExistsError: as in `train`.
        ValueError: if a language model is given to a recipe that is not measured beside one.
    """
    recipe = recipes.get(recipe) if isinstance(recipe, str) else recipe
    settings = recipe.settings(**overrides)
    measuring = recipe.evaluation_options(language_model=language_model)
    run_dir = pathlib.Path("runs") / recipe.name if run_dir is None else pathlib.Path(run_dir)
    check_run(recipe, settings, run_dir, resume)
    if (run_dir / MANIFEST).is_file():
        return run_dir
    splits = recipe.load(settings, data_dir)
    if language_model is not None:
        measuring["language_model"] = evaluation.load_language_model(language_model, splits)
    model, history = train(
        recipe, run_dir=run_dir, resume=True, splits=splits, verbose=verbose, data_dir=data_dir, **overrides
    )
    if recipe.half_precision:
        round_weights(model)
    metrics = evaluation.evaluate(model, splits, verbose=verbose, **measuring)
    pictures = visualization.draw(model, splits, history, run_dir / "pictures")
    exporting.export(
        model,
        run_dir,
        recipe=recipe,
        hyperparameters=settings,
        seed=settings["seed"],
        data=splits.info,
        metrics=metrics,
        training=summary(history) | ({"weights": "rounded to float16"} if recipe.half_precision else {}),
        pictures=list(pictures.values()),
        replace=True,
    )
    return run_dir


def round_weights(model):
    """Rounds a model's weights to half precision, in place: of each number half of the bits are then 0."""
    for variable in model.weights:
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(keras.ops.cast(keras.ops.cast(variable, "float16"), variable.dtype))


def summary(history):
    """What a manifest says of a training: its length, its last epoch, and the curve of its quality.

    Args:
        history: dict from name to a list with one number an epoch, `None` where there was none.

    Returns:
        dict of `epochs`, `updates`, `minutes`, `final` and, where one of `CURVES` was measured on the way, `curve`.
    """
    minutes = list(itertools.accumulate(seconds / 60 for seconds in history["seconds"]))
    name = next((name for name in CURVES if name in history), None)
    measured = history.get(name, [None] * len(minutes))
    curve = [
        {"updates": updates, "minutes": round(minute, 2), name: round(value, 3)}
        for updates, minute, value in zip(history["updates"], minutes, measured, strict=True)
        if value is not None
    ]
    return {
        "epochs": history["epoch"][-1],
        "updates": history["updates"][-1],
        "minutes": round(minutes[-1], 2),
        "final": {name: values[-1] for name, values in history.items() if values[-1] is not None},
        **({"curve": curve} if curve else {}),
    }


def check_run(recipe, settings, run_dir, resume):
    """Refuses, before anything is loaded or written, a folder in which this run cannot be made.

    Raises:
        FileExistsError: if the folder is not empty and `resume` is false, or is a file.
        ValueError: if it holds a run of another recipe or of other settings.
        PermissionError: if it cannot be written.
    """
    if run_dir.is_file():
        raise FileExistsError(f"The run folder is a file. Expected a new or resumable folder. Received: {run_dir}")
    occupied = run_dir.is_dir() and any(run_dir.iterdir())
    if occupied and not resume:
        raise FileExistsError(
            "The run folder is not empty. Expected a new one (--run-dir), or --resume to go on with it. "
            f"Received: {run_dir}"
        )
    if occupied:
        _check_settings(recipe, settings, run_dir)
    parent = next(folder for folder in (run_dir, *run_dir.absolute().parents) if folder.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"Cannot write the run folder. Expected a writable folder. Received: {run_dir}")


def _check_settings(recipe, settings, run_dir):
    wanted = _as_json(recipe, settings)
    try:
        found = dict(json.loads((run_dir / SETTINGS).read_text()))
    except (OSError, TypeError, ValueError):
        raise ValueError(f"Not a run that can be resumed. Expected a {SETTINGS} in it. Received: {run_dir}") from None
    found.pop(CHECKSUM, None)
    different = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    if different:
        pairs = ", ".join(f"{name}={found.get(name)!r}" for name in different)
        raise ValueError(f"The run has other settings. Expected those of the first start: {pairs}. Received: {run_dir}")


def _as_json(recipe, settings):
    return json.loads(json.dumps({"recipe": recipe.name, **settings}))


def _open_run(recipe, settings, splits, run_dir):
    """Makes the folder of a run that says its settings and its data's checksum; refuses to go on with other data."""
    run_dir.mkdir(parents=True, exist_ok=True)
    path, checksum = run_dir / SETTINGS, splits.info.get("checksum")
    begun = json.loads(path.read_text()).get(CHECKSUM) if path.is_file() else None
    if begun not in (None, checksum):
        raise ValueError(f"The run was begun with other data. Expected {begun}. Received: {checksum} for {run_dir}")
    write_whole(path, json.dumps(_as_json(recipe, settings) | {CHECKSUM: checksum}, indent=2) + "\n")
