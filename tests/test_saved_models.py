"""What is shipped is whole, small, loads, and is what the README says; so are the figures of what is not shipped."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.data import origins
from keras_genzoo.manifest import verify_checksums

ROOT = pathlib.Path(__file__).parents[1]
SHIPPED = sorted(path.parent for path in (ROOT / "saved_models").glob("*/manifest.json"))
NAMES = [path.name for path in SHIPPED]
RUNS = ROOT / "benchmarks" / "results" / "trained"  # figures of runs whose models are not in saved_models/
VARIED = ROOT / "benchmarks" / "results" / "varied"  # figures of runs with other settings
SEEDS = range(5)

FIGURES = {  # a headline as the README has it
    "log_likelihood": lambda nats: f"{-nats:.2f}",
    "accuracy": lambda share: f"{100 * share:.2f} %",
    "high_quality_share": lambda share: f"{100 * share:.1f} %",
    "frechet_distance": lambda distance: f"{distance:#.3g}",
    "nll": lambda nats: f"{nats:.4f}",
    "nats_per_sentence": lambda nats: f"{nats:.2f}",
    "exact_match": lambda share: f"{100 * share:.1f} %",
    "bleu": lambda score: f"{score:.2f}",
    "bleu_tokenized": lambda score: f"{score:.2f}",
}


SPEED = {
    "jit_compile"
}  # may have changed since; the model is the same but for its random numbers, which XLA draws otherwise


def assert_of_the_recipe(run, **overrides):
    settings = json.loads(json.dumps(genzoo.recipes.get(run["recipe"]).settings(**overrides)))
    assert set(run["hyperparameters"]) == set(settings)
    assert {name for name, value in settings.items() if run["hyperparameters"][name] != value} <= SPEED


def manifest_of(path):
    return json.loads((path / "manifest.json").read_text())


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def test_the_shipped_models():
    assert {"vae-digits", "vae-mnist"} <= set(NAMES)
    assert all(size(path) <= 30e6 for path in SHIPPED)
    assert size(ROOT / "saved_models") <= 120e6


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_files_are_those_of_the_manifest(path):
    assert set(verify_checksums(path).values()) == {"ok"}
    assert manifest_of(path)["recipe"] == path.name


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_manifest_and_card_name_the_origin_and_the_terms_of_the_data(path):
    info, card = manifest_of(path)["data"], (path / "README.md").read_text()
    known = origins.origin(info["name"], info["origin"])
    assert info["origin"] != "local files" and {name: info.get(name) for name in known} == known
    assert all(text in card for text in known.values())


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_trained_by_the_committed_recipe(path):
    assert_of_the_recipe(manifest_of(path))


SHAPES_OF_NOTHING = """
import json, sys
import numpy as np, tensorflow as tf

for path in sys.argv[1:]:
    shapes = {}
    for name, function in tf.saved_model.load(path + "/1").signatures.items():
        specs = function.structured_input_signature[1].values()
        shape = lambda spec: [0, *spec.shape[1:]] if spec.shape.rank else []
        outputs = function(**{spec.name: np.zeros(shape(spec), spec.dtype.as_numpy_dtype) for spec in specs})
        shapes[name] = {key: values.shape.as_list() for key, values in outputs.items()}
    print(json.dumps(shapes))
"""


def test_no_rows_in_and_none_out_whatever_the_convolution():
    """oneDNN, which TensorFlow takes by itself on many processors, gives an empty batch a wrong shape."""
    paths = [path for path in SHIPPED if path.name in ("classifier-mnist", "conditional-gan-mnist", "conv-vae-mnist")]
    done = subprocess.run(
        [sys.executable, "-c", SHAPES_OF_NOTHING, *map(str, paths)],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        shapes = json.loads(line)
        for name, signature in manifest_of(path)["signatures"].items():
            assert shapes[name] == {output["name"]: [0, *output["shape"][1:]] for output in signature["outputs"]}


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_saved_model_and_keras_file_agree(path):
    served = tf.saved_model.load(str(path / "1"))
    model = keras.models.load_model(path / "model.keras")
    name = "generate" if "generate" in served.signatures else next(iter(model.signatures()))
    function, specs = model.signatures()[name]
    inputs = {key: tf.constant(value) for key, value in model.example_inputs(4)[name].items()}
    ours, theirs = function(*(inputs[spec.name] for spec in specs)), served.signatures[name](**inputs)
    assert set(ours) == set(theirs)
    for key, values in ours.items():
        if values.dtype == tf.string:
            assert values.numpy().tolist() == theirs[key].numpy().tolist()
        else:
            np.testing.assert_allclose(values, theirs[key], atol=1e-5)


def assert_in_readme(name, metrics):
    headline = genzoo.recipes.get(name).headline
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| `{name}` ")]
    beside = metrics.get("language_model_nats_per_sentence")
    wanted = [FIGURES[headline](metrics[headline]), *([] if beside is None else [FIGURES["nats_per_sentence"](beside)])]
    assert any(all(f" {figure} " in row for figure in wanted) for row in rows)


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_readme_has_its_figure(path):
    assert_in_readme(path.name, manifest_of(path)["metrics"])


@pytest.mark.parametrize("path", sorted(RUNS.glob("*.json")), ids=lambda path: path.stem)
def test_readme_has_the_figure_of_a_run_of_the_committed_recipe(path):
    run = json.loads(path.read_text())
    name, _, seed = path.stem.partition("-seed-")
    assert run["recipe"] == name
    assert_of_the_recipe(run, seed=int(seed or 0))
    if not seed:
        assert_in_readme(name, run["metrics"])


@pytest.mark.parametrize(("name", "modes"), [("gan-ring", 8), ("gan-grid", 25)])
def test_readme_has_the_mean_over_seeds(name, modes):
    runs = [manifest_of(ROOT / "saved_models" / name)]
    runs += [json.loads((RUNS / f"{name}-seed-{seed}.json").read_text()) for seed in SEEDS[1:]]
    assert all(run["metrics"]["modes_covered"] == modes for run in runs)
    share = [100 * run["metrics"]["high_quality_share"] for run in runs]
    assert f"{np.mean(share):.1f} % +- {np.std(share, ddof=1):.1f} % (`{name}`)" in (ROOT / "README.md").read_text()


def test_digits_measure_what_their_manifest_says():
    path = ROOT / "saved_models" / "vae-digits"
    recipe, manifest = genzoo.recipes.get("vae-digits"), manifest_of(path)
    splits = recipe.load(manifest["hyperparameters"])
    assert splits.info["checksum"] == manifest["data"]["checksum"]
    model = keras.models.load_model(path / "model.keras")
    results = genzoo.evaluate(model, splits, **recipe.evaluation)
    for name in ("elbo", "kl", "log_likelihood", "linear_probe_accuracy"):
        assert results[name] == pytest.approx(manifest["metrics"][name], rel=1e-3), name


@pytest.mark.parametrize("path", sorted(VARIED.glob("*.json")), ids=lambda path: path.stem)
def test_benchmarks_have_the_figure_of_a_run_with_other_settings(path):
    run, (name, _, _) = json.loads(path.read_text()), path.stem.partition("@")
    assert run["recipe"] == name
    headline, updates = genzoo.recipes.get(name).headline, f"{run['training']['updates']:,}"
    figure, minutes = FIGURES[headline](run["metrics"][headline]), f"{run['processor_seconds'] / 60:.0f}"
    rows = [line.split(" | ") for line in (ROOT / "benchmarks" / "README.md").read_text().splitlines()]
    [row] = [row for row in rows if row[0] == f"| `{name}`" and row[-3:] == [figure, updates, f"{minutes} |"]]
    changes = dict(change.split("=") for change in row[1].strip("`").split())
    settings = json.loads(json.dumps(genzoo.recipes.get(name).settings()))
    assert {key: str(run["hyperparameters"][key]) for key in changes} == changes
    assert {key for key, value in settings.items() if run["hyperparameters"][key] != value} <= changes.keys() | SPEED
