"""The trials of a search: run, kept as lines of a log, and shown."""

import contextlib
import gc
import io
import itertools
import json
import math
import shutil
import time
import traceback
import warnings

import keras
import tensorflow as tf

from keras_genzoo import training
from keras_genzoo.checkpoints import LOG, read_rows, write_whole
from keras_genzoo.recipes.recipe import DATA_OPTIONS


class Trials:
    """The finished trials of one search, and how the next is run.

    Args:
        recipe: `Recipe`.
        overrides: dict, the user's; they win over what is searched.
        max_trials: int, for the lines printed.
        run_dir: `pathlib.Path` of the search; it keeps `history.jsonl`, a line a trial, and `logs/`.
        data_dir: folder of data, or `None`.
        verbose: 0 prints nothing.

    Attributes:
        rows: list of dicts, as described in `TuningResult.trials`, in the order they were run.
    """

    def __init__(self, recipe, overrides, max_trials, run_dir, data_dir=None, verbose=1):
        self.recipe, self.overrides, self.max_trials = recipe, overrides, max_trials
        self.run_dir, self.data_dir, self.verbose = run_dir, data_dir, verbose
        self.rows = read_rows(run_dir)
        self._key = self._splits = None

    def go_on(self, oracle):
        """Runs what the tuner proposes; finished trials are told to it again, in order, and not run.

        Args:
            oracle: Keras Tuner's `Oracle`, fresh.
        """
        write_whole(self.run_dir / LOG, "".join(json.dumps(row) + "\n" for row in self.rows))
        if self.rows and self.verbose:
            print(f"Going on after trial {len(self.rows)} of {self.max_trials} in {self.run_dir}", flush=True)
        for number in itertools.count():
            with hushed():
                trial = oracle.create_trial("genzoo")
            if trial.status != "RUNNING":
                return
            hp, finished = trial.hyperparameters, number < len(self.rows)
            hp.values |= self.rows[number]["values"] if finished else {}
            found = self.recipe.search_space(hp)  # of a finished one too: what it declares, the tuner must know
            if not finished:
                self.run(hp.values, found)
            value = self.rows[number]["objective"]
            with hushed():
                if value is not None:
                    oracle.update_trial(trial.trial_id, {self.recipe.objective[0]: value})
                trial.status = "FAILED" if value is None else "COMPLETED"
                oracle.end_trial(trial)

    def load(self, settings):
        """The splits of these settings; the last ones are kept, since most spaces leave the data alone."""
        key = [settings.get(name) for name in ("dataset", *DATA_OPTIONS)]
        if key != self._key:
            self._key, self._splits = key, self.recipe.load(settings, self.data_dir)
        return self._splits

    def run(self, values, found):
        """Trains once and adds a row.

        Args:
            values: dict, the tuner's hyperparameters; `tuner/epochs` is the budget of a Hyperband round.
            found: dict of overrides, what the search space made of them.
        """
        overrides = {**found, **self.overrides}
        settings = self.recipe.settings(**overrides)
        if "tuner/epochs" in values:
            settings = within(settings, values["tuner/epochs"])
        searched = {k: v for k, v in values.items() if k not in self.overrides and not k.startswith("tuner/")}
        row = {"trial": len(self.rows) + 1, "values": searched, "overrides": overrides, "epochs": settings["epochs"]}
        splits, start = self.load(settings), time.monotonic()
        try:
            metrics = self._train(settings, splits, searched, f"trial-{row['trial']:04d}")
        except Exception as error:
            line = " ".join(f"{type(error).__name__}: {error}".split())
            row |= {"objective": None, "error": line, "traceback": traceback.format_exc()}
        else:
            row |= self._judge(metrics)
        gc.collect()  # models are cyclic; `clear_session` frees no more, and would reset the caller's dtype policy
        self._add(row | {"seconds": round(time.monotonic() - start, 3)})

    def _train(self, settings, splits, searched, name):
        """The metrics of the last epoch; curves, hyperparameters and the objective go to TensorBoard."""
        from tensorboard.plugins.hparams import api as hparams

        log_dir, objective = self.run_dir / "logs" / name, self.recipe.objective[0]
        shutil.rmtree(log_dir, ignore_errors=True)  # of a trial that was cut off
        writer = tf.summary.create_file_writer(str(log_dir))
        curves = keras.callbacks.TensorBoard(str(log_dir), write_graph=False)
        record = hparams.KerasCallback(writer, searched, trial_id=name)
        _, history = training.train(self.recipe, splits=splits, callbacks=[curves, record], verbose=0, **settings)
        metrics = {key: column[-1] for key, column in history.items() if column[-1] is not None}
        if objective in metrics:
            with writer.as_default():
                tf.summary.scalar(objective, metrics[objective], step=settings["epochs"] - 1)
        writer.close()
        return metrics

    def _judge(self, metrics):
        name = self.recipe.objective[0]
        if name not in metrics:
            raise ValueError(f"No such objective in the log. Expected one of {', '.join(metrics)}. Received: {name}")
        if math.isfinite(metrics[name]):
            return {"objective": metrics[name], "metrics": metrics}
        return {"objective": None, "metrics": metrics, "error": f"{name} is {metrics[name]}", "traceback": ""}

    def _add(self, row):
        text = json.dumps(row)
        with open(self.run_dir / LOG, "a") as file:
            file.write(text + "\n")
        self.rows.append(json.loads(text))
        if self.verbose:
            print(self._line(), flush=True)

    def _line(self):
        """The last trial, and the best so far."""
        row, (name, direction) = self.rows[-1], self.recipe.objective
        values = " ".join(f"{key}={format_value(value)}" for key, value in row["values"].items())
        end = f"failed: {row['error']}" if row["objective"] is None else f"{name}={format_value(row['objective'])}"
        done = [row["objective"] for row in self.rows if row["objective"] is not None]
        best = f"  best {format_value({'max': max, 'min': min}[direction](done))}" if done else ""
        return f"trial {row['trial']}/{self.max_trials}  {values}  {end}  {row['seconds']:.0f} s{best}"


def within(settings, epochs):
    """Settings of a run of fewer epochs, with all that is counted in epochs in proportion."""
    share = epochs / settings["epochs"]
    counted = {name: value * share for name, value in settings.items() if name.endswith("_epochs")}
    scaled = {name: type(settings[name])(value) for name, value in counted.items()}  # of whole epochs the floor
    return {**settings, **scaled, "epochs": epochs}


@contextlib.contextmanager
def hushed():
    """Without Keras Tuner's prints and warnings: it calls deprecated functions, and its regression warns."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def models_in_turn():
    """Without TensorFlow's warning of retracing, which takes a search for one model that is traced too often."""
    logger = tf.get_logger()

    def others(record):
        return "retracing" not in record.getMessage()

    logger.addFilter(others)
    try:
        yield
    finally:
        logger.removeFilter(others)


def best_first(rows, direction, by_epochs=False):
    """A tuple of the rows in order of their objective (`by_epochs`: of their epochs first), the failed last."""

    def key(row):
        if row["objective"] is None:
            return (True,)
        return (False, -row["epochs"] * by_epochs, -row["objective"] if direction == "max" else row["objective"])

    return tuple(sorted(rows, key=key))


def format_trials(rows, objective):
    """Trials as a table."""
    names = list(dict.fromkeys(name for row in rows for name in row["values"]))
    table = [["trial", *names, "epochs", "seconds", objective]]
    for row in rows:
        values = [format_value(row["values"].get(name, "")) for name in names]
        end = f"failed: {row['error']}" if row["objective"] is None else format_value(row["objective"])
        table.append([str(row["trial"]), *values, str(row["epochs"]), f"{row['seconds']:.0f}", end])
    widths = [max(map(len, column)) for column in zip(*(cells[:-1] for cells in table), strict=True)]
    return "\n".join("  ".join([*map(str.rjust, cells, widths), cells[-1]]) for cells in table)


def format_value(value):
    """A number in five digits, anything else as it is."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def format_option(value):
    """A value as `--set NAME=VALUE` takes it."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
