"""Searching the hyperparameters of a recipe: a tuner proposes trials, and the best of them becomes a run."""

import dataclasses
import itertools
import json
import pathlib
import tempfile

from keras_genzoo import recipes, training
from keras_genzoo.checkpoints import LOG, write_whole
from keras_genzoo.trials import Trials, best_first, format_option, format_trials, format_value, hushed, models_in_turn

TUNERS = ("bayesian", "random", "hyperband")
SEARCH, BEST = "search.json", "best"


@dataclasses.dataclass(frozen=True)
class TuningResult:
    """What a search found.

    Attributes:
        objective: str, the metric of the recipe.
        direction: `"max"` or `"min"`.
        value: float, the objective of the best trial.
        overrides: dict of the best trial; `keras_genzoo.train(recipe, **overrides)` repeats it, number for number
            (after Hyperband, with all epochs).
        trials: tuple of dicts, the best first: `trial` (counted from 1), `values` (what was searched), `overrides`,
            `epochs`, `seconds`, `objective` (float, or `None` of a failed trial), `metrics` of the last epoch, and of a
            failed trial its `error` and `traceback`.
        run_dir: `pathlib.Path` of the best model, a finished run.
    """

    objective: str
    direction: str
    value: float
    overrides: dict
    trials: tuple
    run_dir: pathlib.Path

    def summary(self):
        """The trials as a table, the best first, and how to use the best: str."""
        options = " ".join(f"--set {name}={format_option(value)}" for name, value in self.overrides.items())
        best = f"trial {self.trials[0]['trial']}, {self.objective} {format_value(self.value)} ({self.direction})"
        return f"{format_trials(self.trials, self.objective)}\n\nbest: {best}: {options}\nbest model: {self.run_dir}"


@models_in_turn()
def tune(recipe, *, max_trials, run_dir=None, data_dir=None, verbose=1, tuner="bayesian", seed=None, **overrides):
    """Searches the hyperparameters of a recipe, then trains, evaluates and exports the best as a run.

    Every trial is a `train` of the recipe with its seed and epochs, and is worth the objective of its last epoch: that
    is the model such a run ends with. A failed trial (an exception, or an objective that is not finite) is passed over
    and its cause kept. A search goes on in its folder: finished trials are read back, the tuner is told of them again
    in order, and a trial that was cut off is done anew, so the outcome is that of an uninterrupted search.

    Args:
        recipe: `Recipe` with a `search_space`, or the name of one.
        max_trials: int, trials in all, those of earlier calls included. A small space may be exhausted sooner.
        run_dir: folder for the trials, their TensorBoard logs with HParams, and the best model in `best/`. Defaults to
            `runs/tune-NAME`.
        data_dir: folder of local or prepared data, or `None`; see `keras_genzoo.data.load`.
        verbose: 0 is silent; otherwise a line a trial, and the training of the best as in `fit`. Defaults to 1.
        tuner: `"bayesian"`, `"random"`, or `"hyperband"`, whose first rounds are whole runs of fewer epochs and which
            prefers trials of more epochs. Defaults to `"bayesian"`.
        seed: int, of the search and of every trial. Defaults to the recipe's.
        **overrides: settings, as in `train`. One that the space would search is fixed and not searched.

    Returns:
        `TuningResult`.

    Raises:
        ValueError: for bad arguments, a recipe without a search space, a folder with another search, or if all trials
            failed, with the cause of the first.
        FileNotFoundError: if the data are not to be had.

    Example:

    >>> import keras_genzoo as genzoo
    >>> result = genzoo.tune("vae-digits", max_trials=10, epochs=20)  # doctest: +SKIP
    >>> print(result.summary())  # doctest: +SKIP
    """
    recipe = recipes.get(recipe) if isinstance(recipe, str) else recipe
    _check_arguments(recipe, max_trials, tuner)
    overrides |= {} if seed is None else {"seed": seed}
    settings, (fixed, searched) = recipe.settings(**overrides), _space(recipe, overrides)
    run_dir = pathlib.Path("runs") / f"tune-{recipe.name}" if run_dir is None else pathlib.Path(run_dir)
    identity = _identity(recipe, tuner, settings, searched)
    _check_folder(run_dir, identity)
    trials = Trials(recipe, overrides, max_trials, run_dir, data_dir, verbose)
    if len(trials.rows) < max_trials:
        trials.load(settings)  # data that are not there are no trial's failure, and leave no folder behind
        run_dir.mkdir(parents=True, exist_ok=True)
        write_whole(run_dir / SEARCH, json.dumps(identity, indent=2) + "\n")
        with tempfile.TemporaryDirectory() as folder:
            trials.go_on(_oracle(tuner, recipe, fixed, settings, max_trials, folder))
    ranked = best_first(trials.rows, recipe.objective[1], by_epochs=tuner == "hyperband")
    value, best = ranked[0]["objective"], ranked[0]["overrides"]
    if value is None:
        raise ValueError(
            f"All {len(ranked)} trials failed; {run_dir / LOG} has their tracebacks. Expected one to succeed: mend the "
            f"cause and search in a new folder. Received, from the first: {trials.rows[0]['error']}"
        )
    best_dir = _free(run_dir / BEST, recipe, best)
    training.run(recipe, run_dir=best_dir, data_dir=data_dir, resume=True, verbose=verbose, **best)
    return TuningResult(*recipe.objective, value, best, ranked, best_dir)


def _space(recipe, overrides):
    """What the user fixed of the search space, as Keras Tuner's hyperparameters, and the names that are searched."""
    import keras_tuner

    space, fixed = keras_tuner.HyperParameters(), keras_tuner.HyperParameters()
    recipe.settings(**{**recipe.search_space(space), **overrides})
    for hp in space.space:
        if hp.name in overrides:
            value = overrides[hp.name]
            fixed.Fixed(hp.name, value if isinstance(value, (bool, int, float, str)) else hp.default)
    searched = [hp.name for hp in space.space if hp.name not in overrides]
    if not searched:
        raise ValueError(
            "Nothing is left to search. Expected an override fewer. "
            f"Received: {', '.join(hp.name for hp in space.space)} of {recipe.name}"
        )
    return fixed, searched


def _oracle(tuner, recipe, fixed, settings, max_trials, folder):
    """Keras Tuner's algorithm, with a folder for its own bookkeeping, which nothing is read from."""
    import keras_tuner

    make, budget = {
        "bayesian": (keras_tuner.BayesianOptimization, {"max_trials": max_trials}),
        "random": (keras_tuner.RandomSearch, {"max_trials": max_trials}),
        "hyperband": (keras_tuner.Hyperband, {"max_epochs": settings["epochs"]}),
    }[tuner]
    with hushed():
        oracle = make(
            recipe.search_space,
            objective=keras_tuner.Objective(*recipe.objective),
            hyperparameters=fixed,
            seed=settings["seed"] + 1,  # to the tuner, 0 is none
            max_consecutive_failed_trials=max_trials + 1,
            directory=folder,
            project_name="search",
            **budget,
        ).oracle
    oracle.max_trials, oracle.verbose = max_trials, 0
    return oracle


def _check_arguments(recipe, max_trials, tuner):
    if recipe.search_space is None:
        raise ValueError(f"Nothing to search. Expected a recipe with a search_space. Received: {recipe.name}")
    if not isinstance(max_trials, int) or max_trials < 1:
        raise ValueError(f"Expected max_trials to be an integer of at least 1. Received: max_trials={max_trials!r}")
    if tuner not in TUNERS:
        raise ValueError(f"Unknown tuner. Expected one of {', '.join(TUNERS)}. Received: tuner={tuner!r}")


def _identity(recipe, tuner, settings, searched):
    """What a search must have in common with the one that it goes on with."""
    common = {name: value for name, value in settings.items() if name not in searched}
    identity = {"recipe": recipe.name, "tuner": tuner, "objective": recipe.objective, "searched": searched}
    return json.loads(json.dumps({**identity, **common}))


def _check_folder(run_dir, wanted):
    if not run_dir.exists() or (run_dir.is_dir() and not any(run_dir.iterdir())):
        return
    try:
        found = json.loads((run_dir / SEARCH).read_text())
    except (OSError, json.JSONDecodeError):
        raise ValueError(
            f"Not a search that can be resumed. Expected a new folder, or one with a {SEARCH}. Received: {run_dir}"
        ) from None
    different = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    if different:
        pairs = ", ".join(f"{name}={found.get(name)!r}" for name in different)
        raise ValueError(f"The folder has another search. Expected its {pairs}, or a new folder. Received: {run_dir}")


def _free(folder, recipe, best):
    """The folder of the best run; if it holds that of fewer trials, this is kept under a name with a number."""
    try:
        training.check_run(recipe, recipe.settings(**best), folder, resume=True)
    except ValueError:
        names = (folder.with_name(f"{BEST}-{number}") for number in itertools.count(1))
        folder.rename(next(name for name in names if not name.exists()))
    return folder
