"""The model card says what the manifest says, and its snippet runs."""

import re

import pytest
import tensorflow as tf

from keras_genzoo.model_card import model_card


@pytest.fixture
def manifest():
    def tensor(name, shape, dtype, **example):
        return {"name": name, "shape": shape, "dtype": dtype, **example}

    return {
        "recipe": "words", "description": "Writes words.", "model": "LanguageModel", "seed": 7,
        "pictures": ["pictures/first.png", "pictures/second.png"], "serving_default": "generate",
        "signatures": {
            "generate": {
                "inputs": [
                    tensor("prompts", [None], "string", example=["one", "it's \"two\""]),
                    tensor("max_length", [], "int32", example=5),
                    tensor("noise", [None, 3], "float32"),
                ],
                "outputs": [tensor("texts", [None], "string")],
            }
        },
        "metrics": {"nll": 1.2345678, "by_source": {"a": 2}, "split": "test", "num_examples": 10, "beam_width": 5},
        "hyperparameters": {"units": [8]}, "training": {"epochs": 3}, "data": {"name": "made | up", "origin": "here"},
        "versions": {"tensorflow": "2.21.0"}, "size": 2_000_000, "weights_bytes": 500_000,
        "latency": {"device": "CPU", "cpus": 2, "milliseconds": {"generate": {"1": 0.5, "257": 2.0}}},
    }  # fmt: skip


def test_contents(manifest):
    card = model_card(manifest)
    assert card.startswith("# words\n\nWrites words.\n\nA `LanguageModel` of `keras_genzoo`. Trained with seed 7.\n\n")
    assert "![words](pictures/first.png)" in card and "second.png" not in card
    for line in (
        "| nll | 1.2346 |", "| by_source a | 2 |", "Protocol: split test, num_examples 10, beam_width 5.",
        "| epochs | 3 |", "| units | [8] |", "| name | made \\| up |", "| tensorflow | 2.21.0 |",
        "`serving_default` is `generate`. All signatures:",
        "| signature | batch of 1 | batch of 257 |", "| `generate` | 0.5 | 2 |",
        "All files 2.00 MB, weights 0.50 MB.", 'outputs["texts"]  # string (batch,)',
    ):  # fmt: skip
        assert line in card.splitlines(), line
    assert "load only what you trust" in card


def test_origin_and_terms_of_the_data_are_named(manifest):
    assert "terms of its own, to be found at its origin. They may bear" in model_card(manifest)
    card = model_card({**manifest, "data": {"origin": "there", "terms": "research only"}})
    assert "The data has terms of its own: research only. Its origin: there. They may bear" in card


def test_a_translator_is_called_with_a_pair_of_its_data(manifest):
    signature = manifest["signatures"]["generate"]
    signature["inputs"][0] = {**signature["inputs"][0], "name": "sources"}
    assert "sources=tf.constant(['one'," in model_card(manifest)
    card = model_card({**manifest, "data": {"example": {"source": "ein Hund", "target": "a dog"}}})
    assert "sources=tf.constant(['ein Hund'], tf.string), max_length=tf.constant(60, tf.int32)" in card


def test_little_is_enough(manifest):
    card = model_card({**manifest, "recipe": None, "pictures": [], "metrics": {}, "data": {}, "seed": None})
    assert card.startswith("# LanguageModel\n") and "![" not in card and "Trained with seed" not in card
    assert "None were measured." in card and "Not recorded." in card


def test_snippet_runs_in_the_folder(manifest, tmp_path, monkeypatch):
    class Served(tf.Module):
        @tf.function(input_signature=[
            tf.TensorSpec((None,), tf.string, "prompts"), tf.TensorSpec((), tf.int32, "max_length"),
            tf.TensorSpec((None, 3), tf.float32, "noise"),
        ])  # fmt: skip
        def generate(self, prompts, max_length, noise):
            return {"texts": prompts + tf.as_string(max_length) + tf.as_string(tf.shape(noise)[0])}

    served = Served()
    tf.saved_model.save(served, str(tmp_path / "1"), signatures={"generate": served.generate})
    snippet = re.search(r"```python\n(.*?)```", model_card(manifest), re.DOTALL).group(1)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(snippet, names)
    assert names["outputs"]["texts"].numpy().tolist() == [b"one602", b'it\'s "two"602']
