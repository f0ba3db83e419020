"""The command line: every command once, and one line with exit code 2 for bad input."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_genzoo import cli, training

TINY = ["--set", "units=16", "--set", "latent_dim=2", "--set", "epochs=2", "--set", "jit_compile=false"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of vae-digits, made by the command line."""
    folder, out = tmp_path_factory.mktemp("cli") / "run", io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(["train", "vae-digits", "--run-dir", str(folder), *TINY]) == 0
    assert "\n\nelbo " not in out.getvalue()  # no empty line where nothing was finished before
    return folder


def test_list(capsys):
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert "vae-digits" in out and "embedded" in out and "iwae-mnist" in out
    [captions] = [line for line in out.splitlines() if line.startswith("lstm-captions")]
    assert "--data-dir" in captions and "download" not in captions  # no package has them


def test_train_makes_an_artefact(finished):
    for name in ("1/saved_model.pb", "model.keras", "manifest.json", "README.md", "pictures/samples.png"):
        assert (finished / name).is_file(), name
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["recipe"] == "vae-digits" and manifest["hyperparameters"]["epochs"] == 2
    assert manifest["training"]["updates"] == 44
    assert np.isfinite(manifest["metrics"]["log_likelihood"])


def test_resume_leaves_a_finished_run_alone(finished, capsys):
    before = (finished / "manifest.json").stat().st_mtime_ns
    assert cli.main(["train", "vae-digits", "--run-dir", str(finished), "--resume", *TINY]) == 0
    assert "Already finished" in capsys.readouterr().out
    assert (finished / "manifest.json").stat().st_mtime_ns == before


def test_evaluate_json_repeats_the_manifest(finished, capsys):
    assert cli.main(["evaluate", str(finished), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    metrics = json.loads((finished / "manifest.json").read_text())["metrics"]
    assert results.keys() == metrics.keys()
    for name in ("elbo", "log_likelihood", "active_units", "linear_probe_accuracy"):
        assert results[name] == pytest.approx(metrics[name], rel=1e-5)


def test_evaluate_table(finished, capsys):
    assert cli.main(["evaluate", str(finished), "--num-samples", "10", "--split", "validation"]) == 0
    captured = capsys.readouterr()
    assert "log_likelihood " in captured.out and captured.err == ""


def test_generate(finished, tmp_path):
    assert cli.main(["generate", str(finished), "--num-samples", "3", "--out", str(tmp_path / "a.npz")]) == 0
    assert cli.main(["generate", str(finished), "--num-samples", "5", "--out", str(tmp_path / "b.npz")]) == 0
    few, more = (np.load(tmp_path / name)["images"] for name in ("a.npz", "b.npz"))
    assert few.shape == (3, 8, 8, 1)
    np.testing.assert_allclose(few, more[:3], atol=1e-6)
    assert cli.main(["generate", str(finished), "--out", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_export_and_inspect(finished, tmp_path, capsys):
    assert cli.main(["export", str(finished), "--to", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / "checkpoints").exists()
    assert cli.main(["inspect", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "reconstruct" in out and "score" in out


def without(*keys):
    def change(folder):
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({k: v for k, v in manifest.items() if k not in keys}))

    return change


def cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


DAMAGED = {
    "weights cut off": ("evaluate", cut("model.keras"), "model.keras is changed"),
    "no weights": ("evaluate", lambda folder: (folder / "model.keras").unlink(), "model.keras is missing"),
    "graph cut off": ("generate", cut("1/saved_model.pb"), "1/saved_model.pb is changed"),
    "no variables": ("generate", lambda folder: shutil.rmtree(folder / "1" / "variables"), "is missing"),
    "no signatures": ("generate", without("signatures"), "without ['signatures']"),
    "no recipe": ("evaluate", without("recipe"), "exported without a recipe"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_artefacts_are_one_line(case, finished, tmp_path, capsys):
    command, damage, message = DAMAGED[case]
    folder = tmp_path / "damaged"
    shutil.copytree(finished, folder)
    damage(folder)
    assert cli.main([command, str(folder), *(["--out", str(tmp_path / "a.png")] if command == "generate" else [])]) == 2
    err = capsys.readouterr().err
    assert err.startswith("genzoo: error: ") and err.count("\n") == 1 and message in err
    if "is " in message:
        assert cli.main(["inspect", str(folder)]) in (1, 2)


def test_evaluate_without_hyperparameters_and_on_other_data(finished, tmp_path, capsys):
    """Those of the recipe are taken; that the data are others is said on standard error."""
    folder = tmp_path / "other"
    shutil.copytree(finished, folder)
    without("hyperparameters")(folder)
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(manifest.replace('"checksum": "sha256:', '"checksum": "sha256:0'))
    assert cli.main(["evaluate", str(folder), "--json", "--num-samples", "1"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["num_examples"] == 179
    line = captured.err.rstrip("\n")
    assert line.startswith("The data are not those of the training. Expected sha256:0") and "\n" not in line


BAD = {
    "unknown recipe": (["train", "vae-digit"], "Unknown recipe. Expected one of vae-digits"),
    "unknown override": (
        ["train", "vae-digits", "--set", "lr=1", "--run-dir", "{new}"],
        "Unknown override of vae-digits",
    ),
    "override without value": (["train", "vae-digits", "--set", "epochs", "--run-dir", "{new}"], "Expected NAME=VALUE"),
    "missing data folder": (["train", "vae-mnist", "--data-dir", "{new}", "--run-dir", "{new}"], "does not exist"),
    "existing run": (["train", "vae-digits", "--run-dir", "{full}"], "not empty"),
    "no manifest": (["evaluate", "{full}"], "manifest"),
    "nothing to inspect": (["inspect", "{new}"], "{new}"),
    "export to existing": (["export", "{run}", "--to", "{full}"], "{full}"),
    "unknown file kind": (["generate", "{run}", "--out", "{new}.jpg"], "Expected a name that ends in .png or .npz"),
    "label of an unconditional model": (["generate", "{run}", "--label", "3", "--out", "{new}.png"], "takes no label"),
    "too large a seed": (["generate", "{run}", "--seed", "5000000000", "--out", "{new}.png"], "seed=5000000000"),
    "too large a seed of a run": (
        ["train", "vae-digits", "--set", "seed=5000000000", "--run-dir", "{new}"],
        "seed=5000",
    ),
    "no samples": (["generate", "{run}", "--num-samples", "0", "--out", "{new}.png"], "at least one sample"),
    "language model beside a VAE": (
        ["train", "vae-digits", "--language-model", "{full}", "--run-dir", "{new}"],
        "Only a text VAE is measured beside a language model. Expected no language model. Received: {full}",
    ),
    "no language model there": (
        ["train", "text-vae-grammar", "--language-model", "{full}", "--run-dir", "{new}"],
        "Expected a folder with a model.keras. Received: {full}",
    ),
    "no trials": (["tune", "vae-digits", "--max-trials", "0", "--run-dir", "{new}"], "max_trials"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(case, finished, tmp_path, capsys):
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").touch()
    names = {"new": tmp_path / "new", "full": full, "run": finished}
    arguments, message = BAD[case]
    assert cli.main([part.format(**names) for part in arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("genzoo: error: ") and err.count("\n") == 1
    assert message.format(**names) in err
    assert not (tmp_path / "new").exists() and [path.name for path in full.iterdir()] == ["file"]


def test_a_failed_check_of_an_export_is_one_line(monkeypatch, capsys):
    def run(*args, **kwargs):
        raise RuntimeError("The SavedModel does not equal\nthe live model")

    monkeypatch.setattr(training, "run", run)
    assert cli.main(["train", "vae-digits"]) == 2
    assert capsys.readouterr().err == "genzoo: error: The SavedModel does not equal the live model\n"


def test_unwritable_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cli.main(["train", "vae-digits", "--run-dir", str(tmp_path / "new")]) == 2
    assert "Cannot write the run folder" in capsys.readouterr().err


def test_values_of_overrides():
    pairs = ["a=1", "b=2.5", "c=200,100", "d=true", "e=dynamic", "f=None", "g=1e-3"]
    expected = {"a": 1, "b": 2.5, "c": (200, 100), "d": True, "e": "dynamic", "f": None, "g": 1e-3}
    assert cli._overrides(pairs) == expected


def command_line(*arguments, code="", module="keras_genzoo.cli"):
    """The command line in a process of its own."""
    program = [sys.executable, *(["-c", code] if code else ["-m", module]), *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=300)


def test_help_loads_no_tensorflow():
    code = """
import sys
sys.argv[0] = "genzoo"
from keras_genzoo import cli
try:
    cli.main(["train", "--help"])
finally:
    print("tensorflow" in sys.modules, "keras" in sys.modules)
"""
    result = command_line(code=code)
    assert "example: genzoo train vae-digits" in result.stdout and result.stdout.endswith("False False\n")


@pytest.mark.parametrize("module", ["keras_genzoo.cli", "keras_genzoo"])
def test_a_command_prints_no_chatter(module):
    result = command_line("list", module=module)
    assert result.returncode == 0 and "vae-digits" in result.stdout and result.stderr == ""
