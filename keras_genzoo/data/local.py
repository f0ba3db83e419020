"""Local files: IDX, `.npz`, and folders of images."""

import gzip
import pathlib
import zipfile
import zlib

import numpy as np

EXPECTED = "IDX files (train-images-idx3-ubyte[.gz], ...), an .npz, or images in train/ and test/"
IDX = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}


def read(folder, name, image_size=None):
    """Reads the images below `folder`/`name`, or `folder`/`name`.npz.

    Args:
        folder: `pathlib.Path`.
        name: str.
        image_size: `(height, width)` to which images are resized, or `None`.

    Returns:
        dict from `"train"` and, where there are, `"validation"` and `"test"` to dicts of `"images"`, uint8
        `(examples, height, width, channels)`, and `"labels"`, int32 `(examples,)`; `None` if there is nothing.

    Raises:
        ValueError: if files are there but are not what they should be.
    """
    place = pathlib.Path(folder) / name
    archives = [place.parent / f"{place.name}.npz", *(sorted(place.glob("*.npz")) if place.is_dir() else [])]
    for archive in archives:
        if archive.is_file():
            return _resized(_read_npz(archive), image_size)
    if not place.is_dir():
        return None
    if any(_idx_file(place, stem) for stem in IDX["train"]):
        return _resized(_read_idx(place), image_size)
    return _read_images(place, image_size)


def read_bytes(path):
    """The content of a file, gzip or not; a one-line `ValueError` if it cannot be read."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"Cannot read {path}: {error}") from None


def stacked(images, name):
    """One uint8 array of equally large images; grey ones get a channel axis."""
    if not images:
        raise ValueError(f"Empty data. Expected at least one image. Received: no image in {name}")
    shapes = {image.shape for image in images}
    if len({shape[:2] for shape in shapes}) < len(shapes):
        raise ValueError(f"Images of {name} are grey and in colour. Expected one kind. Received: {sorted(shapes)[:3]}")
    if len(shapes) > 1:
        some = sorted(shapes)[:3]
        raise ValueError(
            f"Images of {name} differ in size. Expected one size, or image_size=(height, width). Received: {some}"
        )
    return _channels(np.stack(images), name)


def _channels(images, name):
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(
            "Expected images as uint8 (examples, height, width[, channels]). "
            f"Received: {images.dtype} {images.shape} in {name}"
        )
    return images


def _idx_file(place, stem):
    return next((place / (stem + end) for end in ("", ".gz") if (place / (stem + end)).is_file()), None)


def _read_idx(place):
    parts = {}
    for part, stems in IDX.items():
        paths = [_idx_file(place, stem) for stem in stems]
        if paths[0] is None and (part == "train" or paths[1] is not None):
            raise ValueError(f"Images are missing. Expected {stems[0]}[.gz]. Received: no such file in {place}")
        if paths[0] is None:
            continue
        parts[part] = {"images": _channels(_idx(paths[0]), paths[0])}
        if paths[1] is not None:
            parts[part]["labels"] = _labels(_idx(paths[1]), paths[1])
    return _checked(parts, place)


def _idx(path):
    """An IDX file: two zero bytes, the type (8: uint8), the number of axes, their big-endian sizes, the values."""
    content = read_bytes(path)
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"Not an IDX file of unsigned bytes. Expected it to begin 00 00 08. Received: {path}")
    rank = content[3]
    shape = tuple(np.frombuffer(content, ">u4", rank, 4).tolist()) if len(content) >= 4 + 4 * rank else ()
    values = np.frombuffer(content, np.uint8, offset=min(len(content), 4 + 4 * rank))
    if len(shape) != rank or values.size != int(np.prod(shape)):
        raise ValueError(f"Truncated IDX file. Expected {shape} values. Received: {values.size} in {path}")
    return values.reshape(shape)


def _read_npz(path):
    """Keras's names (`x_train, y_train, x_test, y_test`, also `x_validation` or `x_val`), or `images, labels`."""
    try:
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not hasattr(archive, "files"):
                raise ValueError(f"Expected an archive of arrays. Received: one array {archive.shape}, a .npy file")
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"Cannot read {path}: {error}") from None
    names = {
        "train": ("x_train", "y_train"),
        "validation": ("x_val", "y_val") if "x_val" in arrays else ("x_validation", "y_validation"),
        "test": ("x_test", "y_test"),
    }
    if "images" in arrays:
        if "x_train" in arrays:
            raise ValueError(f"Expected x_train or images, not both. Received: {sorted(arrays)} in {path}")
        names = {"train": ("images", "labels")}
    parts = {}
    for part, (images, labels) in names.items():
        if images in arrays:
            parts[part] = {"images": _channels(arrays[images], path)}
            if labels in arrays:
                parts[part]["labels"] = _labels(arrays[labels], path)
    if "train" not in parts:
        raise ValueError(f"Expected arrays x_train or images. Received: {sorted(arrays)} in {path}")
    return _checked(parts, path)


def _read_images(place, image_size):
    """Images in `train/`, `validation/` or `val/`, `test/`, or directly in the folder; sub-folders are classes."""
    validation = "val" if (place / "val").is_dir() else "validation"
    names = {"train": "train", "validation": validation, "test": "test"}
    folders = {part: place / name for part, name in names.items() if (place / name).is_dir()}
    if folders and "train" not in folders:
        raise ValueError(f"Images are missing. Expected a folder train beside {min(folders)}. Received: {place}")
    if not folders:
        folders = {"train": place}
    classes = _classes(folders["train"])
    parts = {}
    for part, folder in folders.items():
        strange = sorted(set(_classes(folder)) - set(classes))
        if strange:
            known = ", ".join(classes) or "none"
            raise ValueError(f"Unknown class in {folder}. Expected those of train, {known}. Received: {strange[0]}")
        found = [(path, i) for i, name in enumerate(classes) for path in _pictures(folder / name)]
        found = found or [(path, None) for path in _pictures(folder)]
        if not found:
            continue
        parts[part] = {"images": stacked([_picture(path, image_size) for path, _ in found], folder)}
        if found[0][1] is not None:
            parts[part]["labels"] = np.asarray([label for _, label in found], "int32")
    return _checked(parts, place) if "train" in parts else None


def _classes(folder):
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and _pictures(p))


def _pictures(folder):
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []


def _picture(path, image_size):
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):  # 16 bits a pixel, which `convert` cuts off at 255
                values = np.clip(np.asarray(image).astype("float32") / 257, 0, 255)
                image = Image.fromarray(np.round(values).astype("uint8"))
            image = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
            if image_size is not None:
                image = image.resize(tuple(image_size)[::-1], Image.Resampling.LANCZOS)
            return np.asarray(image)
    except (OSError, UnidentifiedImageError) as error:
        raise ValueError(f"Cannot read the image {path}: {error}") from None


def _resized(parts, image_size):
    """The parts with images of one size, each channel by itself."""
    from PIL import Image

    for arrays in parts.values():
        images = arrays["images"]
        if image_size is not None and images.shape[1:3] != tuple(image_size):
            planes = np.moveaxis(images, -1, 1).reshape(-1, *images.shape[1:3])
            size = tuple(image_size)[::-1]
            planes = np.stack([Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS) for plane in planes])
            arrays["images"] = np.moveaxis(planes.reshape(len(images), -1, *image_size), 1, -1)
    return parts


def _labels(values, path):
    """Labels as int32 `(examples,)`, from whole numbers `(examples,)` or `(examples, 1)` of any kind."""
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    whole = values.dtype.kind in "iu" or (values.dtype.kind == "f" and bool((values == np.floor(values)).all()))
    if not whole or values.ndim != 1 or (values.size and not 0 <= values.min() <= values.max() < 2**31):
        raise ValueError(
            f"Wrong labels. Expected whole numbers from 0, (examples,). "
            f"Received: {values.dtype} {values.shape} in {path}"
        )
    return values.astype("int32")


def _checked(parts, place):
    """The parts, if each has as many labels as images, and all have labels or none, and images of one size."""
    for part, arrays in parts.items():
        sizes = {key: len(values) for key, values in arrays.items()}
        if len(set(sizes.values())) > 1 or 0 in sizes.values():
            raise ValueError(f"Expected as many labels as images, and some. Received: {sizes} in {part} of {place}")
    labelled = {part: "labels" in arrays for part, arrays in parts.items()}
    if len(set(labelled.values())) > 1:
        raise ValueError(f"Expected labels in all parts or in none. Received: with labels {labelled} in {place}")
    shapes = {part: arrays["images"].shape[1:] for part, arrays in parts.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"Parts differ in the size of images. Expected one size. Received: {shapes} in {place}")
    return parts
