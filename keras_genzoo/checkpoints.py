"""The state of a run on disk: one checkpoint, and the log of its epochs."""

import json
import os
import pathlib
import time

import keras

CHECKPOINTS, LOG = "checkpoints", "history.jsonl"


class RunCheckpoint(keras.callbacks.Callback):
    """Keeps the newest state of weights, optimizers and seeds as `checkpoints/epoch_NNNN.weights.h5`.

    The file is written beside and renamed, and the older one is removed after, so there is always a whole one.

    Args:
        run_dir: `pathlib.Path` of the run.
        seconds: float. An epoch is saved when this much time has passed since the last save, and the last epoch
            always is. Defaults to 15.
    """

    def __init__(self, run_dir, seconds=15.0):
        super().__init__()
        self.folder, self.seconds = run_dir / CHECKPOINTS, seconds
        self._last = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        if time.monotonic() - self._last < self.seconds and done < self.params["epochs"]:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        older = _checkpoints(self.folder)
        part = self.folder / "part.weights.h5"
        self.model.save_weights(part)
        os.replace(part, self.folder / f"epoch_{done:06d}.weights.h5")
        for path in older:
            path.unlink()
        self._last = time.monotonic()


class RunLog(keras.callbacks.Callback):
    """Keeps the numbers of every epoch, and their seconds and updates, in memory and as lines of JSON in a run.

    Args:
        run_dir: `pathlib.Path` of the run, or `None` to keep them in memory alone.
        first_epoch: int, the epoch the run goes on from; later lines of an earlier attempt are dropped. Defaults to 0.

    Attributes:
        history: dict from name to a list with one number an epoch.
    """

    def __init__(self, run_dir=None, first_epoch=0):
        super().__init__()
        self.path = None if run_dir is None else run_dir / LOG
        rows = [] if run_dir is None else read_rows(run_dir)
        self.rows = [row for row in rows if row["epoch"] <= first_epoch]
        if self.path is not None:
            write_whole(self.path, "".join(json.dumps(row) + "\n" for row in self.rows))

    @property
    def history(self):
        names = dict.fromkeys(name for row in self.rows for name in row)
        return {name: [row.get(name) for row in self.rows] for name in names}

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1, "updates": int(self.model.optimizer.iterations)}
        row |= {name: float(value) for name, value in (logs or {}).items()}
        row["seconds"] = round(time.monotonic() - self._start, 3)
        self.rows.append(row)
        if self.path is not None:
            with open(self.path, "a") as file:
                file.write(json.dumps(row) + "\n")


def read_rows(run_dir):
    """The lines of a run's log, as dicts; a last line that was cut off is left out."""
    path = pathlib.Path(run_dir) / LOG
    rows = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def restore(model, run_dir):
    """Loads the newest checkpoint of a run into a model.

    Returns:
        int, the number of epochs done; 0 if there is no checkpoint.

    Raises:
        ValueError: if the checkpoint is broken or belongs to another model.
    """
    found = _checkpoints(run_dir / CHECKPOINTS)
    if not found:
        return 0
    try:
        model.load_weights(found[-1])
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"Cannot read the checkpoint {found[-1]}. Expected the state of this recipe with these settings; delete it "
            f"to start again. Received: {str(error).splitlines()[0]}"
        ) from None
    return int(found[-1].name.split("_")[1].split(".")[0])


def _checkpoints(folder):
    return sorted(folder.glob("epoch_*.weights.h5"))


def write_whole(path, text):
    """Writes a file as a whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
