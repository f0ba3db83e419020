"""Runs on disk: resumed exactly, refused clearly, finished once."""

import dataclasses
import json
import pathlib

import keras
import numpy as np
import pytest

import keras_genzoo
from keras_genzoo import artifacts, recipes, training
from keras_genzoo.checkpoints import RunLog, read_rows, restore
from keras_genzoo.data import TextSplit, TextSplits
from keras_genzoo.manifest import load_manifest

TINY = {"latent_dim": 2, "units": (16,), "jit_compile": False, "steps_per_execution": 1}


class Kill(keras.callbacks.Callback):
    """Stops as a killed process would: in the middle of an epoch, by an exception."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.epoch, self.batch, self.now = epoch, batch, None

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, self.batch):
            raise SystemExit


@pytest.fixture
def every_epoch(monkeypatch):
    """Checkpoints at every epoch, however fast."""
    from keras_genzoo import checkpoints

    original = checkpoints.RunCheckpoint.__init__
    monkeypatch.setattr(checkpoints.RunCheckpoint, "__init__", lambda self, run_dir: original(self, run_dir, seconds=0))


def test_history_of_a_run_in_memory():
    model, history = training.train("vae-digits", epochs=2, verbose=0, **TINY)
    assert history["epoch"] == [1, 2] and history["updates"] == [22, 44]
    assert int(model.optimizer.iterations) == 44
    assert {"elbo", "kl", "reconstruction_nll", "val_elbo", "seconds"} <= set(history)


def test_killed_and_resumed_equals_uninterrupted(tmp_path, every_epoch, capsys):
    whole, expected = training.train("vae-digits", run_dir=tmp_path / "whole", epochs=3, verbose=0, **TINY)
    with pytest.raises(SystemExit):
        training.train(
            "vae-digits", run_dir=tmp_path / "cut", epochs=3, verbose=0, callbacks=[Kill(epoch=2, batch=7)], **TINY
        )
    assert [row["epoch"] for row in read_rows(tmp_path / "cut")] == [1, 2]
    resumed, history = training.train("vae-digits", run_dir=tmp_path / "cut", resume=True, epochs=3, verbose=2, **TINY)
    assert f"Going on after epoch 2 of 3 in {tmp_path / 'cut'}" in capsys.readouterr().out
    assert history["epoch"] == [1, 2, 3]
    for name in ("elbo", "loss", "val_elbo"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-6)
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_killed_gan_goes_on_bit_for_bit(tmp_path, every_epoch):
    """Both networks, both optimizers, the moving average and the seeds."""
    small = {"generator_units": (8,), "discriminator_units": (8,), "dropout": 0.2, "discriminator_steps": 2}
    small |= {"gradient_penalty": 1.0, "steps_per_execution": 1, "epochs": 3, "verbose": 0}
    whole, expected = training.train("lsgan-digits", run_dir=tmp_path / "whole", **small)
    with pytest.raises(SystemExit):
        training.train("lsgan-digits", run_dir=tmp_path / "cut", callbacks=[Kill(epoch=2, batch=7)], **small)
    resumed, history = training.train("lsgan-digits", run_dir=tmp_path / "cut", resume=True, **small)
    assert [len(values) for values in history.values()] == [3] * len(history)
    for name in ("generator_loss", "val_kernel_distance"):
        assert history[name] == expected[name]
    for one, other in (
        (resumed, whole),
        (resumed.generator_optimizer, whole.generator_optimizer),
        (resumed.discriminator_optimizer, whole.discriminator_optimizer),
    ):
        for a, b in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=a.path)
    assert (tmp_path / "whole" / "progress" / "training.gif").is_file()


@pytest.mark.slow
def test_weights_in_half_precision(tmp_path):
    recipe = dataclasses.replace(recipes.get("vae-digits"), half_precision=True, evaluation={"num_samples": 2})
    run = training.run(recipe, tmp_path / "run", verbose=0, epochs=1, units=(256,))
    model = keras.models.load_model(run / "model.keras")
    for variable in model.trainable_variables:
        values = variable.numpy()
        np.testing.assert_array_equal(values, values.astype("float16").astype("float32"))
    manifest = load_manifest(run)
    assert manifest["training"]["weights"] == "rounded to float16"
    assert (run / "model.keras").stat().st_size < 0.75 * manifest["weights_bytes"]
    splits = recipe.load(manifest["hyperparameters"])
    measured = keras_genzoo.evaluate(model, splits, **recipe.evaluation)  # it was measured when it was rounded
    assert measured["elbo"] == pytest.approx(manifest["metrics"]["elbo"], rel=1e-5)


def test_a_run_is_not_overwritten(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(FileExistsError, match=r"not empty. Expected a new one \(--run-dir\), or --resume"):
        training.train("vae-digits", run_dir=tmp_path, verbose=0)
    assert [path.name for path in tmp_path.iterdir()] == ["something"]


def test_resume_refuses_what_is_not_a_run(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(ValueError, match="Not a run that can be resumed"):
        training.train("vae-digits", run_dir=tmp_path, resume=True, verbose=0)


def test_resume_refuses_other_settings(tmp_path):
    recipe = recipes.get("vae-digits")
    settings = recipe.settings(epochs=7)
    training._open_run(recipe, settings, recipe.load(settings), tmp_path)
    with pytest.raises(ValueError, match=r"other settings. Expected those of the first start: epochs=7\. Received"):
        training.train("vae-digits", run_dir=tmp_path, resume=True, verbose=0)


def test_resume_refuses_other_data(tmp_path):
    recipe = recipes.get("vae-digits")
    settings = recipe.settings(**TINY)
    splits = recipe.load(settings)
    training._open_run(recipe, settings, splits, tmp_path)
    other = dataclasses.replace(splits, info={**splits.info, "checksum": "sha256:0"})
    with pytest.raises(ValueError, match=r"^The run was begun with other data\. Expected sha256:.*Received: sha256:0 "):
        training.train("vae-digits", run_dir=tmp_path, resume=True, splits=other, verbose=0, **TINY)


@pytest.mark.parametrize("written", ["[]", "[1]", "{", "null"])
def test_resume_refuses_broken_settings(tmp_path, written):
    (tmp_path / training.SETTINGS).write_text(written)
    with pytest.raises(ValueError, match=r"^(Not a run that can be resumed|The run has other settings)\."):
        training.train("vae-digits", run_dir=tmp_path, resume=True, verbose=0)


def test_a_training_that_diverges_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"^The training has diverged\. Expected a finite loss; .*Received: loss=nan"):
        training.run("vae-digits", run_dir=tmp_path / "run", verbose=0, epochs=2, learning_rate=1e30, **TINY)


def test_run_folder_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="The run folder is a file"):
        training.train("vae-digits", run_dir=tmp_path / "file", verbose=0)


def test_broken_checkpoint(tmp_path):
    recipe = recipes.get("vae-digits")
    settings = recipe.settings(epochs=1, **TINY)
    model = recipe.build(settings, recipe.load(settings))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "epoch_000004.weights.h5").write_bytes(b"not a checkpoint")
    with pytest.raises(
        ValueError, match=r"Cannot read the checkpoint .*epoch_000004.weights.h5. Expected .*Received: "
    ):
        restore(model, tmp_path)


def test_no_checkpoint_starts_at_the_beginning(tmp_path):
    assert restore(None, tmp_path) == 0


def test_log_drops_what_came_after_the_checkpoint(tmp_path):
    lines = [json.dumps({"epoch": epoch, "loss": 1.0 / epoch}) for epoch in (1, 2, 3)]
    (tmp_path / "history.jsonl").write_text("\n".join(lines) + '\n{"epoch": 4, "lo')
    log = RunLog(tmp_path, first_epoch=2)
    assert log.history == {"epoch": [1, 2], "loss": [1.0, 0.5]}
    assert [row["epoch"] for row in read_rows(tmp_path)] == [1, 2]


def test_unknown_override_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="Unknown override"):
        training.run("vae-digits", run_dir=tmp_path / "run", latent=3)
    assert not (tmp_path / "run").exists()


def test_missing_data_writes_nothing(tmp_path, monkeypatch):
    from keras_genzoo.data import sources

    monkeypatch.setattr(sources, "_online", lambda: False)
    for name in ("GENZOO_DATA_DIR", "TFDS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(FileNotFoundError, match=r"No data set 'mnist'\. Looked in: none given"):
        training.run("vae-mnist", run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_classifier_has_a_run_too(small_mnist, tmp_path):
    """It is trained, measured, drawn and exported as the others are, and generates nothing."""
    settings = {"epochs": 1, "batch_size": 50, "validation_size": 30}
    run_dir = training.run("classifier-mnist", tmp_path / "run", data_dir=small_mnist, verbose=0, **settings)
    manifest = load_manifest(run_dir)
    assert manifest["model"] == "Classifier" and list(manifest["signatures"]) == ["classify"]
    assert (run_dir / "pictures" / "mistakes.png").is_file() and not (run_dir / "progress").exists()
    assert artifacts.evaluate(run_dir, small_mnist) == pytest.approx(manifest["metrics"])
    with pytest.raises(ValueError, match=r"^This model generates nothing\."):
        artifacts.generate(run_dir, tmp_path / "samples.png")
    with pytest.raises(ValueError, match=r"^A classifier draws no samples\."):
        artifacts.evaluate(run_dir, small_mnist, num_samples=5)


@pytest.mark.slow
def test_a_text_vae_is_measured_beside_a_language_model(tmp_path):
    """The figures of both stand in one manifest."""
    language_model = recipes.get("lstm-grammar")
    settings = language_model.settings(units=8)
    (tmp_path / "lm").mkdir()
    language_model.build(settings, language_model.load(settings)).save(tmp_path / "lm" / "model.keras")
    recipe = recipes.get("text-vae-grammar")
    options = {"num_samples": 2, "max_examples": 50, "prior_samples": 20, "reverse_epochs": 1}
    recipe = dataclasses.replace(recipe, evaluation={**recipe.evaluation, **options})
    small = {**recipe.smoke, "batch_size": 1000}
    run = training.run(recipe, tmp_path / "run", verbose=0, language_model=tmp_path / "lm", **small)
    metrics = load_manifest(run)["metrics"]
    assert metrics["language_model_nats_per_sentence"] > metrics["nats_per_sentence"]  # it is untrained
    difference = metrics["language_model_nats_per_sentence"] - metrics["nats_per_sentence"]
    assert metrics["nats_below_language_model"] == pytest.approx(difference)


def test_in_memory_the_objective_is_measured_at_the_end(make_text_vae):
    model, texts = make_text_vae(), ["to be or not to be", "that is the question", "not that"]
    part = TextSplit({"texts": texts})
    splits = TextSplits(dataclasses.replace(part, training=True), part, part, {"name": "made"})
    recipe = dataclasses.replace(recipes.get("text-vae-grammar"), build=lambda settings, splits: model)
    splits = splits.with_preprocessor(model.preprocessor, view="text_vae")
    _, history = training.train(recipe, splits=splits, epochs=2, verbose=0)
    expected = -model.score(texts, num_samples=20)["nats"].mean()
    assert history["val_log_likelihood"] == [None, pytest.approx(expected, rel=1e-5)]


def test_text_is_written_as_utf_8_whatever_the_locale(tmp_path, monkeypatch):
    write_text = pathlib.Path.write_text
    ascii_by_default = lambda self, text, encoding="ascii": write_text(self, text, encoding=encoding)  # noqa: E731
    monkeypatch.setattr(pathlib.Path, "write_text", ascii_by_default)
    training.write_whole(tmp_path / "text", "Männer\n")
    assert (tmp_path / "text").read_bytes() == "Männer\n".encode()
