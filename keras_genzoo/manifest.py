"""The manifest of an artefact: reading it, and whether the files beside it still are what it says."""

import hashlib
import json
import pathlib

FORMAT = 1
NAME = "manifest.json"
SAVED_MODEL = "1"  # the layout model servers expect


def load_manifest(path):
    """Reads the manifest of an artefact.

    Args:
        path: str or path of the artefact's folder.

    Returns:
        dict; its keys are listed at `keras_genzoo.export`.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is broken, of another format, or names files outside of its folder.
    """
    file = pathlib.Path(path) / NAME
    if not file.is_file():
        raise FileNotFoundError(f"There is no manifest. Expected a folder with {NAME}. Received: path={str(path)!r}")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        known = manifest["format"] == FORMAT
        files = dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Broken manifest. Expected JSON with format and files. Received: {file}: {error!r}") from None
    if not known:
        raise ValueError(f"Unknown manifest format. Expected format={FORMAT}. Received: format={manifest['format']!r}")
    folder = file.parent.resolve()
    for name in files:
        if not (folder / name).resolve().is_relative_to(folder) or pathlib.Path(name).is_absolute():
            raise ValueError(f"The manifest names a file outside of its folder. Received: {name!r} in {file}")
    return manifest


def verify_checksums(path):
    """Compares an artefact's files with the SHA-256 in its manifest.

    Args:
        path: str or path of the artefact's folder.

    Returns:
        dict from relative path to `"ok"`, `"changed"`, `"missing"`, or `"unlisted"` for a file of the SavedModel that
        the manifest does not name.

    Raises:
        FileNotFoundError, ValueError: as `load_manifest`.
    """
    folder, files = pathlib.Path(path), load_manifest(path)["files"]
    found = {}
    for name, wanted in files.items():
        file = folder / name
        found[name] = "missing" if not file.is_file() else "ok" if sha256(file) == wanted else "changed"
    return found | dict.fromkeys(sorted(set(relative_files(folder, SAVED_MODEL)) - set(files)), "unlisted")


def relative_files(folder, below=""):
    """The files of a folder, or of one below it: relative paths with `/`, sorted."""
    return sorted(p.relative_to(folder).as_posix() for p in (folder / below).rglob("*") if p.is_file())


def sha256(file):
    """The SHA-256 of a file, as hexadecimal digits."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
