"""The artefact: equal to the live model, whole or not there at all, and what its manifest says."""

import json
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import serving_check
from keras_genzoo.exporting import copy, export, load_manifest, verify_checksums
from keras_genzoo.staging import check_target, move_in, staging_beside

module = sys.modules["keras_genzoo.exporting"]
EVENT, UNITS = (6,), 512  # 41 kB of weights
ARTEFACT = ["1", "README.md", "manifest.json", "model.keras"]


class TinyVAE(genzoo.VAE):
    """A VAE of its own class, as a user's would be."""


def make_vae(cls=genzoo.VAE):
    encoder = genzoo.networks.dense_encoder(EVENT, 2, units=(UNITS,))
    return cls(encoder, genzoo.networks.dense_decoder(2, EVENT, units=(UNITS,)))


@pytest.fixture(autouse=True)
def same_process(monkeypatch):
    """The check of the written model runs in this process, which has imported TensorFlow already."""
    monkeypatch.setattr(serving_check, "run", serving_check.check)


@pytest.fixture(scope="module")
def vae():
    vae = make_vae()
    vae.compile("adam")
    vae.sampling([tf.zeros((1, 2)), tf.zeros((1, 2))])  # moves the seed
    return vae


@pytest.fixture(scope="module")
def artefact(vae, tmp_path_factory):
    """One exported model, not to be changed."""
    folder = tmp_path_factory.mktemp("export")
    picture = folder / "samples.png"
    picture.write_bytes(b"a picture")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving_check, "run", serving_check.check)
        return export(
            vae, folder / "artefact", recipe="vae-test", seed=3, hyperparameters={"units": (UNITS,)},
            metrics={"elbo": np.float32(-5.25), "worst": float("-inf"), "split": "test"},
            data={"name": "made", "location": "here"}, training={"epochs": 1}, pictures=[picture],
        )  # fmt: skip


def entries(folder):
    return sorted(entry.name for entry in folder.iterdir())


# ---- what is written ----


def test_layout_and_manifest(artefact, vae):
    assert entries(artefact) == sorted([*ARTEFACT, "pictures"])
    assert entries(artefact.parent) == ["artefact", "samples.png"]
    manifest = load_manifest(artefact)
    assert manifest["recipe"] == "vae-test" and manifest["model"] == "VAE" and manifest["seed"] == 3
    assert manifest["metrics"] == {"elbo": -5.25, "worst": "-inf", "split": "test"}
    assert manifest["data"] == {"name": "made"} and manifest["hyperparameters"] == {"units": [UNITS]}
    assert manifest["pictures"] == ["pictures/samples.png"]
    assert set(manifest["versions"]) == {"python", "tensorflow", "keras", "tensorflow_probability", "keras_genzoo"}
    assert manifest["serving_default"] == "reconstruct" == next(iter(manifest["signatures"]))
    assert list(manifest["signatures"]) == list(vae.signatures())
    seed = {"name": "seed", "shape": [], "dtype": "int32", "example": 1}
    assert manifest["signatures"]["generate"]["inputs"][1] == seed
    assert manifest["signatures"]["decode"]["outputs"] == [{"name": "images", "shape": [None, 6], "dtype": "float32"}]
    assert manifest["ops"]["MatMul"][0] == "CPU" and "SaveV2" not in manifest["ops"]
    assert set(manifest["latency"]["milliseconds"]["score"]) == {"1", "257"}
    assert max(manifest["check"]["largest_difference"].values()) <= 1e-5
    assert set(verify_checksums(artefact).values()) == {"ok"} and "manifest.json" not in manifest["files"]


def test_weights_are_stored_once(artefact, vae):
    held = sum(np.asarray(weight).nbytes for weight in vae.variables)
    manifest = load_manifest(artefact)
    assert manifest["weights_bytes"] == held
    assert held <= (artefact / "1/variables/variables.data-00000-of-00001").stat().st_size < 1.3 * held


def test_keras_file_continues_without_optimizer(artefact, vae):
    reloaded = keras.models.load_model(artefact / "model.keras", safe_mode=True)
    assert not reloaded.compiled and vae.compiled
    with zipfile.ZipFile(artefact / "model.keras") as archive:
        assert b"optimizer" not in archive.read("model.weights.h5")
    for ours, theirs in zip(vae.variables, reloaded.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(vae.generate(3, seed=1), reloaded.generate(3, seed=1))


# ---- refusals ----


def test_written_model_that_differs_is_refused(tmp_path):
    class Shifted(TinyVAE):
        def export(self, filepath, verbose=False):
            self.decoder.layers[-2].bias.assign_add(np.full(EVENT, 0.1, "float32"))
            super().export(filepath, verbose)
            self.decoder.layers[-2].bias.assign_sub(np.full(EVENT, 0.1, "float32"))

    keras.saving.register_keras_serializable("tests")(Shifted)
    with pytest.raises(RuntimeError, match=r"^The SavedModel does not equal the live model: 'reconstruct' at batch"):
        export(make_vae(Shifted), tmp_path / "out")
    assert entries(tmp_path) == []


def test_weights_stored_twice_are_refused(artefact):
    half = genzoo.VAE(genzoo.networks.dense_encoder(EVENT, 2, (8,)), genzoo.networks.dense_decoder(2, EVENT, (8,)))
    with pytest.raises(RuntimeError, match=r"^The SavedModel stores weights more than once. Expected"):
        module._check_stored_once(half, artefact / "1")


def test_class_that_cannot_be_loaded_is_refused(tmp_path):
    class Unknown(TinyVAE):
        pass

    with pytest.raises(RuntimeError, match=r"^model.keras cannot be loaded. Expected registered classes.") as caught:
        export(make_vae(Unknown), tmp_path / "out")
    assert "\n" not in str(caught.value) and entries(tmp_path) == []


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_interrupted_export_leaves_nothing(vae, tmp_path, monkeypatch, failure):
    def fail(*_):
        raise failure

    (tmp_path / "run").mkdir()
    (tmp_path / "run/manifest.json").write_text("old")
    monkeypatch.setattr(module, "_measured", fail)
    for target in ("run", "new"):
        with pytest.raises(failure):
            export(vae, tmp_path / target, replace=True)
    assert entries(tmp_path) == ["run"] and (tmp_path / "run/manifest.json").read_text() == "old"


def test_target_that_is_not_empty(vae, artefact, tmp_path):
    with pytest.raises(FileExistsError, match=r"^The folder is not empty. Expected a new one"):
        export(vae, artefact)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"^A file is in the way"):
        export(vae, tmp_path / "file")
    with pytest.raises(OSError, match=r"^Cannot write here: .* Received: "):
        export(vae, tmp_path / "file" / "below")
    check_target(tmp_path, replace=True)


def test_arguments(vae, tmp_path):
    with pytest.raises(TypeError, match=r"^Expected a model with signatures\(\)"):
        export(vae.encoder, tmp_path / "out")
    with pytest.raises(FileNotFoundError, match=r"^Expected pictures to be existing PNG files"):
        export(vae, tmp_path / "out", pictures=[tmp_path / "none.png"])
    assert entries(tmp_path) == []


def test_replace_keeps_the_rest_of_a_run(vae, artefact, tmp_path, monkeypatch):
    run = tmp_path / "run"
    for name in ("checkpoints/last", "1/stale", "pictures/old.png", "pictures/new.png", "manifest.json"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(name)
    measured = load_manifest(artefact)
    keys = ("serving_default", "signatures", "ops", "size", "weights_bytes", "check", "latency")
    monkeypatch.setattr(module, "_measured", lambda *_: {key: measured[key] for key in keys})
    export(vae, run, pictures=[run / "pictures/new.png"], replace=True)
    assert entries(run) == sorted([*ARTEFACT, "checkpoints", "pictures"]) and entries(tmp_path) == ["run"]
    assert entries(run / "pictures") == ["new.png", "old.png"] and not (run / "1/stale").exists()
    assert set(verify_checksums(run).values()) == {"ok"}


def test_move_that_fails_half_way_is_undone(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    for name in "abc":
        (target / name).write_text("old")
    with pytest.raises(FileNotFoundError), staging_beside(target) as staging:
        (staging / "a").write_text("new")
        (staging / "new").write_text("new")
        move_in(staging, target, ["a", "new", "missing", "c"])
    assert entries(target) == ["a", "b", "c"] and entries(tmp_path) == ["target"]
    assert {path.read_text() for path in target.iterdir()} == {"old"}


# ---- manifests and copies ----


def test_copy_takes_the_artefact_alone(artefact, tmp_path):
    run = copy(artefact, tmp_path / "run")
    (run / "events.log").write_text("")
    out = copy(run, tmp_path / "deep" / "out")
    assert entries(out) == sorted([*ARTEFACT, "pictures"])
    assert verify_checksums(out) == dict.fromkeys(load_manifest(artefact)["files"], "ok")
    with pytest.raises(FileExistsError, match=r"^The folder is not empty"):
        copy(artefact, out)


def test_files_that_are_not_the_manifests(artefact, tmp_path):
    run = copy(artefact, tmp_path / "run")
    (run / "README.md").write_text("other")
    (run / "model.keras").unlink()
    (run / "1/extra").write_text("")
    states = verify_checksums(run)
    assert (states["README.md"], states["model.keras"], states["1/extra"]) == ("changed", "missing", "unlisted")
    with pytest.raises(ValueError, match=r"^The files in .* README.md is changed, model.keras is missing, 1/extra is"):
        copy(run, tmp_path / "out")
    assert entries(tmp_path) == ["run"]


def test_manifests_that_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no manifest. Expected a folder with manifest.json"):
        load_manifest(tmp_path)
    for text, message in (
        ("{", "^Broken manifest"),
        ("[]", "^Broken manifest"),
        ('{"format": 1}', "^Broken manifest"),
        ('{"format": 9, "files": {}}', "^Unknown manifest format. Expected format=1. Received: format=9"),
        (json.dumps({"format": 1, "files": {"../secret": "0"}}), "^The manifest names a file outside of its folder"),
        (json.dumps({"format": 1, "files": {"/secret": "0"}}), "^The manifest names a file outside of its folder"),
    ):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            load_manifest(tmp_path)
