"""Write beside, then rename: a folder appears whole or not at all."""

import contextlib
import pathlib
import shutil
import uuid


def check_target(path, replace=False):
    """Raises if `path` cannot become, or with `replace` receive, a new folder's files.

    Raises:
        NotADirectoryError: if it is a file.
        FileExistsError: if it is a folder that is not empty, and `replace` is `False`.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"A file is in the way. Expected a folder, or nothing. Received: path={str(path)!r}")
    if not replace and path.is_dir() and any(path.iterdir()):
        raise FileExistsError(f"The folder is not empty. Expected a new one. Received: path={str(path)!r}")


@contextlib.contextmanager
def staging_beside(path):
    """An empty folder next to `path`, to be filled and then given to `move_in`; removed if that does not happen.

    Raises:
        OSError: of the system's kind, in one line, if it cannot be made.
    """
    path = pathlib.Path(path).resolve()
    staging = path.parent / f".{path.name}-{uuid.uuid4().hex[:8]}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
    except OSError as error:
        raise type(error)(
            f"Cannot write here: {error.strerror}. Expected a folder that can be written. Received: {path.parent}"
        ) from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def move_in(staging, path, entries):
    """Moves files and folders of `staging` to `path`: one rename where nothing is there yet, else one an entry.

    Args:
        staging: folder of `staging_beside`.
        path: folder. Its other files stay; on failure all is as before.
        entries: relative paths, of which the last marks a whole folder: it leaves first and enters last.
    """
    path = pathlib.Path(path).resolve()
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
    if not path.exists():
        staging.rename(path)
        return
    replaced, entered = staging / ".replaced", []
    try:
        for entry in reversed(entries):
            if (path / entry).exists():
                _move(path / entry, replaced / entry)
        for entry in entries:
            entered.append(entry)
            _move(staging / entry, path / entry)
    except BaseException:
        for entry in entered:
            _remove(path / entry)
        for entry in entries:
            if (replaced / entry).exists():
                _move(replaced / entry, path / entry)
        raise


def _move(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
