"""The package's layers: a module imports only modules above it, and importing the package is light."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

import keras_genzoo

ROOT = pathlib.Path(keras_genzoo.__file__).parent
TREE = [
    ["backend", "manifest", "memory", "optimizers", "parser", "staging", "version"],
    ["layers"],
    ["losses"],
    ["metrics"],
    ["preprocessing"],
    ["decoding"],
    ["networks"],
    ["models"],
    ["data"],
    ["baselines", "classifiers"],
    ["recipes"],
    ["visualization"],
    ["callbacks"],
    ["evaluation"],
    ["exporting", "inspection", "model_card", "onnx", "saved_model", "serving_check"],
    ["checkpoints", "training"],
    ["artifacts", "trials", "tuning"],
    ["verification"],
    ["benchmark"],
    ["cli", "__main__"],
]
PLACE = {name: i for i, level in enumerate(TREE) for name in level}
FORBIDDEN = {"models": {"networks", "data"}}
HEAVY = {
    "matplotlib",
    "tensorflow_datasets",
    "keras_tuner",
    "tensorflow_probability",
    "tf_keras",
    "sklearn",
    "PIL",
    "tokenizers",
}


def imported(path):
    """The parts of the package that a file imports, also inside functions, with the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            modules = [node.module] if node.module != "keras_genzoo" else [f"keras_genzoo.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            if module.startswith("keras_genzoo."):
                yield module.split(".")[1], node.lineno


def part_of(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


FILES = [path for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_from_above(path):
    part = part_of(path)
    assert part in PLACE, f"{part} has no place in the tree: add it to TREE"
    for other, line in imported(path):
        assert PLACE.get(other, -1) <= PLACE[part], f"{path}:{line}: {part} imports {other}, which is below it"
        assert other not in FORBIDDEN.get(part, ()), f"{path}:{line}: {part} must not import {other}"


def test_a_module_that_is_run_gets_the_classes_registered(tmp_path):
    """By `python -m`, as the command line is, too."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "__init__.py").write_text("import keras_genzoo\n")
    code = "import keras; print(keras.saving.get_registered_object('keras_genzoo>VAE'))\n"
    (tmp_path / "project" / "module.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT.parent), os.environ.get("PYTHONPATH", "")])}
    result = subprocess.run(
        [sys.executable, "-m", "project.module"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert result.stdout == "<class 'keras_genzoo.models.vae.VAE'>\n"


def test_import_is_light_and_silent():
    """It loads nothing heavy beyond what Keras and TensorFlow load themselves."""
    code = f"""
import sys, keras, tensorflow
before = set(sys.modules)
print("start", flush=True), print("start", file=sys.stderr, flush=True)
import keras_genzoo
print({HEAVY} & (set(sys.modules) - before))
"""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], cwd=ROOT.parent, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("start\n")[1] == "set()\n"
    assert result.stderr.split("start\n")[1] == ""
