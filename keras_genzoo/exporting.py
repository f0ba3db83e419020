"""Writes a trained model as an artefact: SavedModel, weights to go on from, manifest and model card."""

import importlib.metadata
import json
import math
import os
import pathlib
import platform
import shutil
import tempfile
import zipfile

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import serving_check
from keras_genzoo.manifest import FORMAT, NAME, SAVED_MODEL, load_manifest, relative_files, sha256, verify_checksums
from keras_genzoo.model_card import model_card
from keras_genzoo.saved_model import read_meta_graph, read_ops, read_signatures
from keras_genzoo.staging import check_target, move_in, staging_beside
from keras_genzoo.version import __version__

__all__ = ["copy", "export", "load_manifest", "verify_checksums"]

KERAS_FILE, CARD, PICTURES = "model.keras", "README.md", "pictures"
SPARE_BYTES = 4096  # beyond the weights, for the counters that TensorFlow saves with them


def export(
    model, path, *, recipe=None, hyperparameters=None, seed=None, data=None, metrics=None, training=None, pictures=(),
    replace=False,
):  # fmt: skip
    """Writes a model as one self-contained folder, checked in a process that has neither Keras nor this package.

    `path/1/` is the SavedModel, `path/model.keras` the weights to go on from (without optimizer), `path/README.md` the
    model card, `path/manifest.json` everything about them, with the keys format, recipe, description, model,
    hyperparameters, seed, versions, data, metrics, training, serving_default, signatures (with small example values),
    ops (with the devices that have a kernel for each), size and weights_bytes, pictures, check (largest difference from
    the live model for batches of 0, 1, 7 and 257), latency, and files (SHA-256). All is written beside `path` and then
    renamed, so nothing half-written is ever at `path`.

    Args:
        model: a model of this package, or the user's own `keras_genzoo.models.base.GenerativeModel`.
        path: str or path of the folder to write.
        recipe: name, or an object with `name` and `description`. Defaults to `None`.
        hyperparameters: dict. Defaults to `None`.
        seed: int of the training. Defaults to `None`.
        data: dict about the data, such as `splits.info`; its `location` on this machine is left out.
        metrics: dict from name to number, with the protocol's strings and counts, as `evaluate` returns.
        training: dict about the run, such as epochs and seconds.
        pictures: paths of PNG files, copied to `path/pictures/`; the first is shown in the model card.
        replace: bool. Whether a folder that is not empty may receive the artefact; its other files stay. Defaults to
            `False`.

    Returns:
        `pathlib.Path` of the folder.

    Raises:
        FileExistsError: if `path` exists, is not empty and `replace` is `False`.
        FileNotFoundError, ValueError: if a picture is missing, or two have one name.
        OSError: if the folder cannot be written, of the kind the system gives.
        TypeError: if the model has no signatures.
        RuntimeError: if the written model does not equal the live one.

    Example:

    >>> import os, tempfile, keras_genzoo as genzoo
    >>> vae = genzoo.VAE(genzoo.networks.dense_encoder((8,), 2), genzoo.networks.dense_decoder(2, (8,)))
    >>> path = genzoo.export(vae, os.path.join(tempfile.mkdtemp(), "vae"), metrics={"elbo": -5.2, "split": "test"})
    >>> sorted(entry.name for entry in path.iterdir())
    ['1', 'README.md', 'manifest.json', 'model.keras']
    """
    if not hasattr(model, "signatures") or not hasattr(model, "example_inputs"):
        raise TypeError(f"Expected a model with signatures() and example_inputs(). Received: {type(model).__name__}")
    path, pictures = pathlib.Path(path), [pathlib.Path(picture) for picture in pictures]
    check_target(path, replace)
    _check_pictures(pictures)
    with staging_beside(path) as staging:
        model.export(staging / SAVED_MODEL)
        _write_keras_file(model, staging / KERAS_FILE)
        for picture in pictures:
            (staging / PICTURES).mkdir(exist_ok=True)
            shutil.copyfile(picture, staging / PICTURES / picture.name)
        facts = {
            "format": FORMAT,
            "recipe": getattr(recipe, "name", recipe),
            "description": getattr(recipe, "description", None) or (type(model).__doc__ or "").split("\n")[0],
            "model": type(model).__name__,
            "hyperparameters": hyperparameters or {},
            "seed": seed,
            "versions": _versions(),
            "data": {key: value for key, value in (data or {}).items() if key != "location"},
            "metrics": metrics or {},
            "training": training or {},
            "pictures": [f"{PICTURES}/{picture.name}" for picture in pictures],
        }
        _write_manifest(staging, _plain(facts | _measured(model, staging)))
        move_in(staging, path, [SAVED_MODEL, KERAS_FILE, *facts["pictures"], CARD, NAME])
    return path


def copy(run, target):
    """Copies an artefact out of a run's folder, without its checkpoints and logs.

    Args:
        run: str or path of a folder with a manifest.
        target: str or path of the new folder.

    Returns:
        `pathlib.Path` of the new folder.

    Raises:
        FileNotFoundError, ValueError: if the manifest is missing or broken, or a file is not what it says.
        FileExistsError: if `target` exists and is not empty.
        OSError: if the folder cannot be written.
    """
    run, target = pathlib.Path(run), pathlib.Path(target)
    check_target(target)
    wrong = [f"{name} is {state}" for name, state in verify_checksums(run).items() if state != "ok"]
    if wrong:
        raise ValueError(f"The files in {run} are not those of its manifest. Received: {', '.join(wrong)}")
    with staging_beside(target) as staging:
        for name in [*load_manifest(run)["files"], NAME]:
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run / name, staging / name)
        move_in(staging, target, [])
    return target


# ---- what is written ----


def _check_pictures(pictures):
    for picture in pictures:
        if picture.suffix != ".png" or not picture.is_file():
            raise FileNotFoundError(f"Expected pictures to be existing PNG files. Received: {picture}")
    names = [picture.name for picture in pictures]
    if len(set(names)) < len(names):
        raise ValueError(f"Expected pictures of different names. Received: {names}")


def _write_keras_file(model, file):
    """The model without its optimizer: Keras has no option for that, so by way of a copy that is not compiled."""
    try:
        model.save(file)
        keras.models.load_model(file, compile=False).save(file)
        _compress(file)
        reloaded = keras.models.load_model(file)
    except (TypeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise RuntimeError(f"{KERAS_FILE} cannot be loaded. Expected registered classes. Received: {reason}") from error
    for ours, theirs in zip(model.weights, reloaded.weights, strict=True):
        if not np.array_equal(ours, theirs, equal_nan=True):
            raise RuntimeError(f"{KERAS_FILE} does not hold the live model's weights. Received: another {ours.path}")


def _compress(file):
    """Packs the same entries by bzip2, which is tighter than what Keras does where weights are rounded."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def _measured(model, staging):
    """What the written SavedModel is and does: signatures, ops, sizes, check and latency."""
    saved_model = staging / SAVED_MODEL
    with tempfile.TemporaryDirectory() as folder:
        cases = pathlib.Path(folder) / "cases.npz"
        serving_check.write_cases(model, cases)
        report = serving_check.run(saved_model, cases)
    if report["problems"]:
        raise RuntimeError(f"The SavedModel does not equal the live model: {'; '.join(report['problems'])}")
    meta_graph, order = read_meta_graph(saved_model), list(model.signatures())
    return {
        "serving_default": order[0],
        "signatures": _signatures(model, read_signatures(meta_graph)),
        "ops": {op: facts["devices"] for op, facts in read_ops(meta_graph).items() if facts["signatures"]},
        "size": sum((staging / name).stat().st_size for name in relative_files(staging)),
        "weights_bytes": _check_stored_once(model, saved_model),
        "check": {
            "batch_sizes": list(serving_check.BATCH_SIZES),
            "tolerance": serving_check.TOLERANCE,
            "blocked": list(serving_check.BLOCKED),
            "largest_difference": report["differences"],
        },
        "latency": {"device": "CPU", "cpus": os.cpu_count(), "milliseconds": report["milliseconds"]},
    }


def _signatures(model, written):
    """The signatures in serving order, arguments in the model's; `example` where a value is no long array of floats."""
    ordered, examples = {}, model.example_inputs(2)
    for name, (_, specs) in model.signatures().items():
        inputs = {tensor["name"]: tensor for tensor in written[name]["inputs"]}
        for key, value in examples[name].items():
            if not value.ndim or value.dtype.kind != "f":
                inputs[key]["example"] = _plain(value)
        ordered[name] = {"inputs": [inputs[spec.name] for spec in specs], "outputs": written[name]["outputs"]}
    return ordered


def _check_stored_once(model, saved_model):
    """The bytes of the model's variables; an error if the SavedModel stores more than those."""
    held = sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in {id(v): v for v in model.variables}.values())
    reader = tf.train.load_checkpoint(str(saved_model / "variables" / "variables"))
    dtypes = reader.get_variable_to_dtype_map()
    shapes = reader.get_variable_to_shape_map()
    stored = sum(math.prod(shapes[name]) * dtype.size for name, dtype in dtypes.items() if dtype != tf.string)
    if stored > held + SPARE_BYTES and stored > 1.01 * held:
        raise RuntimeError(f"The SavedModel stores weights more than once. Expected {held} bytes. Received: {stored}")
    return held


def _write_manifest(staging, manifest):
    (staging / CARD).write_text(model_card(manifest), encoding="utf-8")
    manifest["files"] = {name: sha256(staging / name) for name in relative_files(staging)}
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    (staging / NAME).write_text(text + "\n", encoding="utf-8")


def _versions():
    try:
        probability = importlib.metadata.version("tensorflow-probability")
    except importlib.metadata.PackageNotFoundError:
        probability = None
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "tensorflow_probability": probability,
        "keras_genzoo": __version__,
    }


def _plain(value):
    """The value in JSON's types: arrays as lists, bytes as text, paths and infinities by their names."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
