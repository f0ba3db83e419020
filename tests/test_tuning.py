"""The search: direction, resuming, failures, fixed settings, TensorBoard records, the best model."""

import dataclasses
import json
import types

import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import training, trials, tuning
from keras_genzoo.checkpoints import LOG, read_rows

FAST = {"epochs": 2, "jit_compile": False, "units": (16,), "steps_per_execution": 1, "batch_size": 400}


def space(hp):
    return {
        "latent_dim": hp.Int("latent_dim", 1, 9),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
    }


def recipe(**changes):
    return dataclasses.replace(genzoo.recipes.get("vae-digits"), search_space=space, **changes)


def distance(settings):
    """Smallest at latent dimension 5."""
    return abs(settings["latent_dim"] - 5) + settings["learning_rate"]


@pytest.fixture
def stub(monkeypatch):
    """Stands in for `train` and `run`: a trial's objective is a formula, and what was trained and built is kept."""

    class Stub:
        def __init__(self):
            self.trained, self.built, self.before = [], [], lambda settings: None
            self.objective = distance

        def train(self, recipe, *, splits, callbacks, verbose, **settings):
            self.before(settings)
            self.trained.append(settings)
            return None, {"loss": [9.0, 1.0], recipe.objective[0]: [99.0, self.objective(settings)]}

        def run(self, recipe, run_dir, data_dir, resume, verbose, **overrides):
            run_dir.mkdir(parents=True, exist_ok=True)
            training.write_whole(run_dir / training.SETTINGS, json.dumps({
                "recipe": recipe.name, **recipe.settings(**overrides)
            }))  # fmt: skip
            self.built.append((run_dir, overrides))

    stub = Stub()
    monkeypatch.setattr(training, "train", stub.train)
    monkeypatch.setattr(training, "run", stub.run)
    monkeypatch.setattr(trials, "gc", types.SimpleNamespace(collect=lambda: None))  # 0.4 s a call under pytest
    return stub


def stopping_at(stub, number, error=KeyboardInterrupt):
    def before(settings):
        if len(stub.trained) == number - 1:
            raise error

    return before


@pytest.mark.parametrize("direction, best", [("min", min), ("max", max)])
def test_the_direction_is_the_recipes(stub, tmp_path, direction, best):
    result = genzoo.tune(recipe(objective=("val_x", direction)), max_trials=6, run_dir=tmp_path / "a", verbose=0)
    values = [distance(settings) for settings in stub.trained]
    assert result.value == best(values)
    assert (result.objective, result.direction) == ("val_x", direction)
    assert [row["objective"] for row in result.trials] == sorted(values, reverse=direction == "max")


def test_the_best_is_built_in_its_folder_with_its_overrides(stub, tmp_path):
    result = genzoo.tune(recipe(), max_trials=3, run_dir=tmp_path / "a", verbose=0, epochs=7)
    chosen = max(stub.trained, key=distance)
    assert stub.built == [(tmp_path / "a" / "best", result.overrides)]
    assert result.overrides == {"epochs": 7} | {name: chosen[name] for name in ("latent_dim", "learning_rate")}
    assert result.run_dir == tmp_path / "a" / "best"


@pytest.mark.parametrize("tuner", tuning.TUNERS)
def test_an_interrupted_search_ends_as_an_uninterrupted_one(stub, tmp_path, tuner):
    line = dataclasses.replace(recipe(), search_space=lambda hp: {"learning_rate": hp.Float("learning_rate", 0.1, 0.9)})
    options = {"max_trials": 5, "tuner": tuner, "verbose": 0, "epochs": 3}  # the regression proposes from the fourth on
    whole = genzoo.tune(line, run_dir=tmp_path / "whole", **options)
    trained, stub.trained = stub.trained, []
    for cut in (1, 2, 5):
        stub.before = stopping_at(stub, cut)
        with pytest.raises(KeyboardInterrupt):
            genzoo.tune(line, run_dir=tmp_path / "cut", **options)
    stub.before = lambda settings: None
    resumed = genzoo.tune(line, run_dir=tmp_path / "cut", **options)
    assert stub.trained == trained  # the same trials, none of them twice
    without_time = [[{**row, "seconds": 0} for row in result.trials] for result in (whole, resumed)]
    assert without_time[0] == without_time[1]


def test_a_line_that_was_cut_off_is_done_anew(stub, tmp_path):
    first = genzoo.tune(recipe(), max_trials=3, run_dir=tmp_path / "a", verbose=0)
    log = tmp_path / "a" / LOG
    log.write_text(log.read_text()[:-20])
    again = genzoo.tune(recipe(), max_trials=3, run_dir=tmp_path / "a", verbose=0)
    assert len(stub.trained) == 4 and stub.trained[2] == stub.trained[3]
    assert again.value == first.value and len(read_rows(tmp_path / "a")) == 3


def test_a_finished_search_only_reports(stub, tmp_path, monkeypatch):
    first = genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "a", verbose=0)
    monkeypatch.setattr(tuning, "_oracle", None)  # not even asked
    assert genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "a", verbose=0) == first
    assert len(stub.trained) == 2


def test_more_trials_go_on_and_an_earlier_best_is_kept_aside(stub, tmp_path):
    stub.objective = lambda settings: float(len(stub.trained))  # the last trial is the best
    genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "a", verbose=0)
    result = genzoo.tune(recipe(), max_trials=4, run_dir=tmp_path / "a", verbose=0)
    assert len(stub.trained) == 4 and result.trials[0]["trial"] == 4
    assert {path.name for path in (tmp_path / "a").glob("best*")} == {"best", "best-1"}


def test_another_search_in_the_folder_is_an_error(stub, tmp_path):
    genzoo.tune(recipe(), max_trials=1, run_dir=tmp_path / "a", verbose=0)
    for changes, different in [({"epochs": 5}, "epochs=300"), ({"tuner": "random"}, "tuner='bayesian'")]:
        with pytest.raises(ValueError, match=f"another search. Expected its {different}"):
            genzoo.tune(recipe(), max_trials=1, run_dir=tmp_path / "a", verbose=0, **changes)
    with pytest.raises(ValueError, match="recipe='vae-digits'"):
        genzoo.tune(recipe(name="other"), max_trials=1, run_dir=tmp_path / "a", verbose=0)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="Not a search"):
        genzoo.tune(recipe(), max_trials=1, run_dir=tmp_path / "b", verbose=0)


def test_a_failed_trial_is_passed_over_and_its_cause_kept(stub, tmp_path, capfd):
    def fails(settings):
        stub.before = lambda settings: None
        raise MemoryError("no room\nfor it")

    stub.before = fails
    result = genzoo.tune(recipe(), max_trials=3, run_dir=tmp_path / "a")
    row = result.trials[-1]
    assert (row["trial"], row["objective"], row["error"]) == (1, None, "MemoryError: no room for it")
    assert "Traceback" in read_rows(tmp_path / "a")[0]["traceback"]
    assert len(stub.trained) == 2 and result.value == max(map(distance, stub.trained))
    out, err = capfd.readouterr()
    assert "failed: MemoryError: no room for it" in out and "Traceback" not in out + err
    assert "failed: MemoryError" in result.summary()


def test_an_objective_that_is_not_finite_is_a_failure(stub, tmp_path):
    stub.objective = lambda settings: float("nan") if len(stub.trained) == 1 else 1.0
    result = genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "a", verbose=0)
    assert result.value == 1.0 and result.trials[-1]["error"] == "val_elbo is nan"


def test_a_search_of_failures_is_an_error_with_the_first_cause(stub, tmp_path):
    def fails(settings):
        raise RuntimeError(f"no {settings['latent_dim']}")

    stub.before = fails
    for _ in range(2):  # the second call reports
        with pytest.raises(ValueError, match=r"All 4 trials failed.*RuntimeError: no \d$") as error:
            genzoo.tune(recipe(), max_trials=4, run_dir=tmp_path / "a", verbose=0)
        assert "\n" not in str(error.value)
    assert not stub.built


@pytest.mark.parametrize("tuner", tuning.TUNERS)
@pytest.mark.parametrize("fixed", [{"learning_rate": 0.5}, {"units": [7]}])
def test_a_fixed_setting_is_not_searched(stub, tmp_path, tuner, fixed):
    def with_units(hp):
        return {**space(hp), "units": (hp.Int("units", 16, 64),)}

    searching = dataclasses.replace(recipe(), search_space=with_units)
    result = genzoo.tune(searching, max_trials=4, run_dir=tmp_path / "a", verbose=0, tuner=tuner, **fixed)
    (name,) = fixed
    assert {str(settings[name]) for settings in stub.trained} == {str(searching.settings(**fixed)[name])}
    assert all(name not in row["values"] for row in result.trials)
    assert set(result.trials[0]["values"]) == {"latent_dim", "learning_rate", "units"} - {name}


def test_a_search_is_a_function_of_its_seed(stub, tmp_path):
    for name, seed in [("a", None), ("b", 0), ("c", 1)]:
        genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / name, verbose=0, seed=seed)
    a, b, c = stub.trained[:2], stub.trained[2:4], stub.trained[4:]
    assert a == b and a != c and {settings["seed"] for settings in c} == {1}


def test_hyperband_starts_with_few_epochs_and_builds_with_all(stub, tmp_path):
    result = genzoo.tune(recipe(), max_trials=10, run_dir=tmp_path / "a", verbose=0, tuner="hyperband", epochs=9)
    assert {settings["epochs"] for settings in stub.trained} == {1, 3}
    assert result.trials[0]["epochs"] == 3 and result.overrides["epochs"] == 9


def test_a_shorter_trial_has_shorter_phases():
    settings = {"epochs": 8, "language_model_epochs": 6, "warmup_epochs": 2.0, "units": 8}
    shorter = {"epochs": 2, "language_model_epochs": 1, "warmup_epochs": 0.5, "units": 8}
    assert trials.within(settings, 2) == shorter
    assert trials.within(settings, 1)["language_model_epochs"] == 0


def test_a_small_space_is_exhausted(stub, tmp_path):
    small = dataclasses.replace(recipe(), search_space=lambda hp: {"latent_dim": hp.Choice("latent_dim", [2, 4])})
    result = genzoo.tune(small, max_trials=9, run_dir=tmp_path / "a", verbose=0)
    assert sorted(row["values"]["latent_dim"] for row in result.trials) == [2, 4]


def test_what_is_printed(stub, tmp_path, capsys):
    result = genzoo.tune(recipe(objective=("val_x", "min")), max_trials=2, run_dir=tmp_path / "a")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("trial 2/2  latent_dim=")
    assert lines[1].endswith(f"best {min(map(distance, stub.trained)):.5g}")
    table = result.summary().splitlines()
    assert table[0].split() == ["trial", "latent_dim", "learning_rate", "epochs", "seconds", "val_x"]
    assert table[-1] == f"best model: {result.run_dir}"
    genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "b", verbose=0)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    "changes, options, message",
    [
        ({"search_space": None}, {}, "Nothing to search"),
        ({}, {"max_trials": 0}, "max_trials=0"),
        ({}, {"tuner": "grid"}, "Unknown tuner"),
        ({}, {"sizes": 3}, "Unknown override"),
        ({}, {"latent_dim": 2, "learning_rate": 0.1}, "Nothing is left to search"),
        ({"search_space": lambda hp: {"sizes": hp.Int("sizes", 1, 2)}}, {}, "Unknown override"),
        ({"objective": ("val_fid", "min")}, {}, None),
    ],
)
def test_errors(stub, monkeypatch, tmp_path, changes, options, message):
    if message is None:
        monkeypatch.setattr(training, "train", lambda *args, **settings: (None, {"loss": [1.0]}))
        message = "No such objective in the log. Expected one of loss. Received: val_fid"
    tuned = dataclasses.replace(recipe(), **changes)
    with pytest.raises(ValueError, match=message):
        genzoo.tune(tuned, run_dir=tmp_path / "a", verbose=0, **{"max_trials": 2, **options})


def test_missing_data_leave_no_folder(stub, tmp_path):
    with pytest.raises(FileNotFoundError):
        genzoo.tune(recipe(dataset="mnist"), max_trials=2, run_dir=tmp_path / "a", data_dir=tmp_path / "no", verbose=0)
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_hyperparameters_and_metrics_are_tensorboards(tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata
    from tensorboard.util import tensor_util

    monkeypatch.setattr(training, "run", lambda *args, **options: None)
    result = genzoo.tune(recipe(), max_trials=2, run_dir=tmp_path / "a", verbose=0, **FAST)
    for row in result.trials:
        events = EventAccumulator(str(tmp_path / "a" / "logs" / f"trial-{row['trial']:04d}")).Reload()
        contents = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
        recorded = metadata.parse_session_start_info_plugin_data(contents).hparams
        assert recorded["latent_dim"].number_value == row["values"]["latent_dim"]
        assert recorded["learning_rate"].number_value == row["values"]["learning_rate"]
        (objective,) = events.Tensors("val_elbo")
        assert tensor_util.make_ndarray(objective.tensor_proto) == pytest.approx(row["objective"])
    _, history = genzoo.train(recipe(), verbose=0, **result.overrides)
    assert history["val_elbo"][-1] == result.value  # number for number


def test_tensorflow_is_not_heard_complaining_of_many_models(stub, tmp_path, caplog):
    def complains(settings):
        tf.get_logger().warning("5 calls triggered tf.function retracing")
        tf.get_logger().warning("something else")

    stub.before = complains
    genzoo.tune(recipe(), max_trials=1, run_dir=tmp_path / "a", verbose=0)
    tf.get_logger().warning("retracing of the caller's own")
    assert [record.getMessage() for record in caplog.records] == ["something else", "retracing of the caller's own"]


@pytest.mark.slow
def test_the_best_model_is_a_finished_run(tmp_path):
    quick = recipe(evaluation={"num_samples": 10})
    result = genzoo.tune(quick, max_trials=2, run_dir=tmp_path / "a", verbose=0, **FAST)
    manifest = json.loads((result.run_dir / training.MANIFEST).read_text())
    assert manifest["hyperparameters"]["latent_dim"] == result.overrides["latent_dim"]
    assert read_rows(result.run_dir)[-1]["val_elbo"] == result.value
    assert genzoo.tune(quick, max_trials=2, run_dir=tmp_path / "a", verbose=0, **FAST) == result
