"""Where raw examples come from: embedded, local files, or tensorflow-datasets."""

import dataclasses
import os
import pathlib
import socket

import numpy as np

from keras_genzoo.data import embedded, local


@dataclasses.dataclass(frozen=True)
class Source:
    """Raw arrays: `parts` maps `"train"` and where there are `"validation"` and `"test"` to dicts of arrays."""

    name: str
    parts: dict
    info: dict


def find(name, data_dir=None, image_size=None):
    """Finds a data set by name.

    Embedded sets come first. Then `data_dir`, `GENZOO_DATA_DIR` and `TFDS_DATA_DIR` are looked in, in this order, for
    a folder `NAME` with local files or for a set that tensorflow-datasets has prepared; at last tensorflow-datasets
    downloads it, if the network answers within 3 s.

    Args:
        name: str, of an embedded set, of a folder, or of a tensorflow-datasets image set.
        data_dir: str, path or `None`.
        image_size: `(height, width)` to which images are resized, or `None`.

    Returns:
        `Source`.

    Raises:
        FileNotFoundError: if a given folder is missing, or nothing is found; it names the places looked in.
        ValueError: if files are there but cannot be read as images.
    """
    if name in embedded.SOURCES:
        make, origin = embedded.SOURCES[name]
        return Source(name, make(), {"origin": origin, "location": "embedded"})
    if data_dir is not None and not pathlib.Path(data_dir).is_dir():
        raise FileNotFoundError(f"The data folder does not exist. Expected an existing folder. Received: {data_dir}")
    folders = [data_dir, os.environ.get("GENZOO_DATA_DIR"), os.environ.get("TFDS_DATA_DIR")]
    folders = [pathlib.Path(folder).expanduser() for folder in folders if folder]
    for folder in folders:
        parts = local.read(folder, name, image_size)
        if parts is not None:
            return Source(name, parts, {"origin": "local files", "location": name})
        for root in (folder, folder / "tensorflow_datasets"):
            if (root / name).is_dir():
                source = _prepared(name, root, image_size)
                if source is not None:
                    return source
    return _downloaded(name, folders, image_size)


def _prepared(name, root, image_size):
    """A set that tensorflow-datasets has prepared below `root`, or `None`."""
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=str(root))
    except tfds.core.DatasetNotFoundError:
        return None
    return _read_builder(name, builder, image_size) if builder.is_prepared() else None


def _downloaded(name, folders, image_size):
    looked = ", ".join(str(folder) for folder in folders) or "none given"
    message = (
        f"No data set {name!r}. Looked in: {looked}. Expected one of {sorted(embedded.SOURCES)}, a folder {name}/ with "
        f"{local.EXPECTED}, or a tensorflow-datasets set below --data-dir, GENZOO_DATA_DIR or TFDS_DATA_DIR"
    )
    if not _online():
        origin = f"https://www.tensorflow.org/datasets/catalog/{name}"
        raise FileNotFoundError(f"{message}; it cannot be downloaded, as there is no network (its origin: {origin})")
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name)
    except tfds.core.DatasetNotFoundError:
        raise FileNotFoundError(f"{message}; tensorflow-datasets does not know it either") from None
    builder.download_and_prepare()
    return _read_builder(name, builder, image_size)


def _online(host="storage.googleapis.com", seconds=3.0):
    """Whether the host of tensorflow-datasets' files answers; a download would try for minutes."""
    import concurrent.futures

    pool = concurrent.futures.ThreadPoolExecutor(1)
    try:  # the look-up of the name has no time-out of its own
        pool.submit(lambda: socket.create_connection((host, 443), timeout=seconds).close()).result(seconds)
        return True
    except (OSError, concurrent.futures.TimeoutError):
        return False
    finally:
        pool.shutdown(wait=False)


def _read_builder(name, builder, image_size):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    features = builder.info.features
    image = next((key for key, value in features.items() if isinstance(value, tfds.features.Image)), None)
    label = next((key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)), None)
    if image is None:
        raise ValueError(f"Expected a data set of images. Received: {name!r} with features {sorted(features)}")
    parts = {}
    for split in ("train", "validation", "test"):
        if split not in builder.info.splits:
            continue
        images, labels = [], []
        for example in tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False)):
            picture = example[image]
            if image_size is not None and picture.shape[:2] != tuple(image_size):
                resized = tf.image.resize(picture, image_size, antialias=True)
                picture = np.clip(np.round(resized.numpy()), 0, 255).astype("uint8")
            images.append(picture)
            labels.append(example[label] if label else 0)
        parts[split] = {"images": local.stacked(images, name)}
        if label:
            parts[split]["labels"] = np.asarray(labels, "int32")
    info = {"origin": builder.info.homepage, "location": f"tensorflow-datasets {builder.info.full_name}"}
    return Source(name, parts, info)
