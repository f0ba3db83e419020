"""The manifest of an artefact: reading it, and whether the files beside it still are what it says."""

import hashlib
import json
import pathlib

FORMAT = 1
NAME = "manifest.json"
SAVED_MODEL = "1"  # the layout model servers expect
WRONG = ("changed", "missing")


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


def open_artifact(path, below, keys=()):
    """The manifest of an artefact a part of which is about to be loaded, and is what was exported.

    Args:
        path: str or path of the artefact's folder.
        below: str, the file or the folder in it that is to be loaded, such as `"model.keras"`.
        keys: names of what the manifest has to have.

    Returns:
        dict, as of `load_manifest`.

    Raises:
        FileNotFoundError, ValueError: as `load_manifest`.
        ValueError: if a key is not there, or a file is missing or changed.
    """
    manifest = load_manifest(path)
    lacking = [key for key in keys if key not in manifest]
    if lacking:
        raise ValueError(f"Incomplete manifest. Expected the keys {list(keys)}. Received: {path} without {lacking}")
    check_files(path, below)
    return manifest


def check_files(path, below):
    """Refuses a file or a folder of an artefact that is not what its manifest says; as `open_artifact`."""
    states = verify_checksums(path)
    wrong = [f"{name} is {state}" for name, state in states.items() if name.split("/")[0] == below and state in WRONG]
    if not wrong and not (pathlib.Path(path) / below).exists():
        wrong = [f"{below} is missing"]
    if wrong:
        raise ValueError(
            "Damaged artefact. Expected the files that were exported, with the checksums of the manifest. "
            f"Received: {path}, where {', '.join(wrong)}"
        )


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
