"""Where raw examples come from: embedded, local files, or tensorflow-datasets."""

import dataclasses
import os
import pathlib
import socket

from keras_genzoo.data import embedded, local, local_text, prepared
from keras_genzoo.data.origins import DOWNLOADED, ORIGINS, origin

DEFAULT = "~/tensorflow_datasets"  # where tensorflow-datasets keeps what it is not told to keep elsewhere


@dataclasses.dataclass(frozen=True)
class Source:
    """Raw data: `parts` maps `"train"` and where there are `"validation"` and `"test"` to dicts of columns.

    Those of images are arrays `"images"` and `"labels"`, those of points `"points"` and `"labels"`; those of text
    `"texts"`, a list of str, and where there are `"targets"`, a list of str, and `"labels"`.
    """

    name: str
    parts: dict
    info: dict


def find(name, data_dir=None, image_size=None, source=None, target=None):
    """Finds a data set by name.

    Embedded sets come first. Then `data_dir`, `GENZOO_DATA_DIR` and `TFDS_DATA_DIR` are looked in, in this order, for
    a folder `NAME` with local files or for a set that tensorflow-datasets has prepared, which may also be in its own
    folder, `~/tensorflow_datasets`; at last tensorflow-datasets downloads it into the first of these that can be
    written, if the network answers within 3 s.

    Args:
        name: str, of an embedded set, of a folder, or of a tensorflow-datasets set of images or text.
        data_dir: str, path or `None`.
        image_size: `(height, width)` to which images are resized, or `None`; of embedded sets `None`.
        source, target: which columns are the texts and what they are to become; see `local_text.read`.

    Returns:
        `Source`.

    Raises:
        FileNotFoundError: if a given folder is missing, nothing is found, or a download fails; it names the places
            looked in.
        ValueError: if files are there but cannot be read, or `image_size` is none.
    """
    sizes = image_size if isinstance(image_size, (list, tuple)) else (image_size,)
    if image_size is not None and (len(sizes) != 2 or not all(isinstance(s, int) and s > 0 for s in sizes)):
        raise ValueError(f"Expected image_size to be (height, width) in pixels. Received: {image_size=}")
    if name in embedded.SOURCES:
        if image_size is not None:
            raise ValueError(
                f"Embedded sets have one size. Expected no image_size. Received: {image_size=} for {name!r}"
            )
        make, made_of = embedded.SOURCES[name]
        made = make()
        parts, info = made if isinstance(made, tuple) else (made, {})
        return Source(name, parts, {"origin": made_of, "location": "embedded", **info})
    if data_dir is not None and not pathlib.Path(data_dir).expanduser().is_dir():
        raise FileNotFoundError(f"The data folder does not exist. Expected an existing folder. Received: {data_dir}")
    folders = [data_dir, os.environ.get("GENZOO_DATA_DIR"), os.environ.get("TFDS_DATA_DIR")]
    folders = [pathlib.Path(folder).expanduser() for folder in folders if folder]
    options = {"image_size": image_size, "source": source, "target": target}
    for folder in folders:
        text = local_text.read(folder, name, source, target)
        parts, info = text or (local.read(folder, name, image_size), {})
        if parts is not None:
            return Source(name, parts, {**origin(name, "local files"), "location": name, **info})
        for root in (folder, folder / "tensorflow_datasets"):
            found = _prepared(name, root, options)
            if found is not None:
                return found
    return _prepared(name, pathlib.Path(DEFAULT).expanduser(), options) or _downloaded(name, folders, options)


def _prepared(name, root, options):
    """A set that tensorflow-datasets has prepared below `root`, or `None`."""
    if not (root / name).is_dir():
        return None
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=str(root))
    except tfds.core.DatasetNotFoundError:
        return None
    return Source(name, *prepared.read(name, builder, **options)) if builder.is_prepared() else None


def _downloaded(name, folders, options):
    looked = ", ".join(str(folder) for folder in folders) or "none given"
    message = (
        f"No data set {name!r}. Looked in: {looked}. Expected one of {sorted(embedded.SOURCES)}, a folder {name}/ with "
        f"{local.EXPECTED}, or {local_text.EXPECTED}, or a tensorflow-datasets set below --data-dir, GENZOO_DATA_DIR "
        "or TFDS_DATA_DIR"
    )
    where = origin(name, f"https://www.tensorflow.org/datasets/catalog/{name}, if there is one")["origin"]
    if name in ORIGINS and name not in DOWNLOADED:
        raise FileNotFoundError(f"{message}; tensorflow-datasets does not have it (its origin: {where})")
    if not _online():
        raise FileNotFoundError(f"{message}; it cannot be downloaded, as there is no network (its origin: {where})")
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

    folder = next((folder for folder in folders if os.access(folder, os.W_OK | os.X_OK)), None)
    try:
        builder = tfds.builder(name, data_dir=folder and str(folder))
    except tfds.core.DatasetNotFoundError:
        raise FileNotFoundError(f"{message}; tensorflow-datasets does not know it either") from None
    try:
        builder.download_and_prepare()
    except (AssertionError, OSError, tfds.download.DownloadError, NonMatchingChecksumError) as error:
        reason = " ".join(str(error).split())  # an assertion is a set that has to be fetched by hand
        raise FileNotFoundError(f"{message}; tensorflow-datasets cannot download it: {reason}") from error
    return Source(name, *prepared.read(name, builder, **options))


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
