"""The evaluation of text VAEs."""

import dataclasses
import math

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo import metrics
from keras_genzoo.data.text import TextSplit, TextSplits
from keras_genzoo.evaluation import text_samples, text_vae

TEXTS = ["to be or not to be", "not that", "to be is the question", "that is xyz", "", "not the question to be or not"]


@pytest.fixture
def splits():
    labels = np.array([0, 1, 0, 1, 0, 1], "int32")
    parts = {name: TextSplit({"texts": TEXTS, "labels": labels}, name == "train") for name in ("train", "validation")}
    return TextSplits(**parts, test=parts["validation"], info={"name": "made", "num_classes": 2})


def test_numbers_are_those_of_the_public_methods(make_text_vae, splits):
    model = make_text_vae(latent_dim=3)
    results = genzoo.evaluate(model, splits, num_samples=7, seed=3, prior_samples=12)
    bounds, codes = model.bounds(TEXTS, 7, 3), model.encode(TEXTS)
    tokens = bounds["tokens"].sum()
    assert results["nll"] == pytest.approx(bounds["nats"].sum() / tokens, rel=1e-5)
    assert results["perplexity"] == pytest.approx(math.exp(bounds["nats"].sum() / tokens), rel=1e-4)
    assert results["nats_per_sentence"] == pytest.approx(bounds["nats"].mean(), rel=1e-5)
    error = bounds["nats"].std() / math.sqrt(6)
    assert results["nats_per_sentence_standard_error"] == pytest.approx(error, rel=1e-4)
    for name in ("elbo", "kl", "reconstruction_nll"):
        assert results[name] == pytest.approx(bounds[name].mean(), rel=1e-5)
    assert results["elbo"] == pytest.approx(-results["kl"] - results["reconstruction_nll"], rel=1e-5)
    assert results["mutual_information"] == pytest.approx(
        metrics.mutual_information(codes["z_mean"], codes["z_log_var"], seed=3), rel=1e-4, abs=1e-6
    )
    assert results["active_units"] == metrics.active_units(codes["z_mean"])
    assert results["unknown_share"] == 1 / tokens and results["num_tokens"] == tokens
    assert results["num_importance_samples"] == 7 and results["num_samples"] == 12
    assert all(type(value) in (int, float, str) for value in results.values())


@pytest.mark.parametrize("batch_size", [1, 4])
def test_the_batch_size_changes_nothing(make_text_vae, splits, batch_size):
    model = make_text_vae()
    columns = text_vae.measure(model, splits.test, 5, batch_size)
    expected = {**model.bounds(TEXTS, 5), "z_mean": model.encode(TEXTS)["z_mean"]}
    for name, values in expected.items():
        np.testing.assert_allclose(columns[name], values, rtol=1e-4, atol=1e-6)
    assert columns["reconstruction"].tolist() == model.reconstruct(TEXTS)


def test_long_texts_are_not_cut(make_text_vae, splits, monkeypatch):
    model, asked = make_text_vae(level="characters"), []
    long = {"texts": ["to be " * 15], "labels": np.array([0], "int32")}
    splits = dataclasses.replace(splits, test=TextSplit(long))
    monkeypatch.setattr(model, "reconstruct", lambda x, max_length: asked.append(max_length) or x)
    monkeypatch.setattr(model, "generate", lambda count, max_length, **_: asked.append(max_length) or ["to"] * count)
    assert genzoo.evaluate(model, splits, num_samples=1, prior_samples=2)["reconstruction_exact_match"] == 1.0
    assert asked == [90, 90]


def test_reconstruction_counts_tokens(make_text_vae):
    model = make_text_vae()
    same = text_vae.reconstruction(model, ["to be or not to be", "not that"], ["to be  or not to be", "not that"])
    assert same["reconstruction_exact_match"] == 1.0 and same["reconstruction_bleu"] == pytest.approx(100.0)
    assert "tok:none" in same["reconstruction_bleu_signature"]
    half = text_vae.reconstruction(model, ["to be", "not xyz"], ["to be", "not that"])
    assert half["reconstruction_exact_match"] == 0.5 and half["reconstruction_bleu"] < 100


def test_samples_in_chunks_are_those_at_once(make_text_vae):
    model = make_text_vae()
    assert text_vae.draw(model, 7, seed=4, chunk=3) == model.generate(7, seed=4)
    conditional, labels = make_text_vae(num_classes=2), [0, 1, 1]
    expected = conditional.generate(labels=[0, 1, 1, 0, 1], seed=4)
    assert text_vae.draw(conditional, 5, labels, seed=4, chunk=2) == expected


@pytest.mark.slow
def test_beside_a_language_model(make_text_vae, splits):
    model = make_text_vae()
    network = genzoo.networks.RecurrentDecoder(model.preprocessor.vocabulary_size, 6, 12, cell="gru")
    language_model = genzoo.LanguageModel(network, model.preprocessor)
    results = genzoo.evaluate(
        model, splits, num_samples=3, language_model=language_model, reverse_epochs=1, prior_samples=12
    )
    nats = language_model.score(TEXTS)["nats"]
    assert results["language_model_nats_per_sentence"] == pytest.approx(nats.mean(), rel=1e-5)
    difference = nats - model.bounds(TEXTS, 3)["nats"]
    assert results["nats_below_language_model"] == pytest.approx(difference.mean(), abs=1e-5)
    error = difference.std() / math.sqrt(6)
    assert results["nats_below_language_model_standard_error"] == pytest.approx(error, rel=1e-4)
    for name in ("forward_perplexity", "reverse_perplexity"):
        assert results[name] > 1 and results[f"{name}_real"] > 1
    assert results["parameters"] - results["language_model_parameters"] == sum(
        int(np.prod(variable.shape)) for variable in model.encoder.trainable_variables
    ) + sum(
        int(np.prod(v.shape)) for v in model.decoder.trainable_variables if "context" in v.path or "first_" in v.path
    )
    with pytest.raises(ValueError, match=r"preprocessor of the TextVAE. Received: one with another vocabulary and le"):
        other = genzoo.preprocessing.TextPreprocessor(["a"])
        unlike = genzoo.LanguageModel(genzoo.networks.RecurrentDecoder(5, 2, 2), other)
        text_samples.compare(unlike, model, splits.test, nats)


def test_a_trained_language_model_is_loaded_from_its_folder(make_text_vae, splits, tmp_path):
    model = make_text_vae()
    prepared = splits.with_preprocessor(model.preprocessor, view="text_vae")
    network = genzoo.networks.RecurrentDecoder(model.preprocessor.vocabulary_size, 6, 12)
    language_model = genzoo.LanguageModel(network, model.preprocessor)
    language_model.save(tmp_path / "model.keras")
    loaded = text_samples.load_language_model(tmp_path, prepared)
    np.testing.assert_array_equal(loaded.score(TEXTS)["nats"], language_model.score(TEXTS)["nats"])
    with pytest.raises(FileNotFoundError, match=r"Expected a folder with a model.keras. Received: "):
        text_samples.load_language_model(tmp_path / "none", prepared)
    other = splits.with_preprocessor(genzoo.preprocessing.TextPreprocessor(["a"]), view="text_vae")
    with pytest.raises(ValueError, match=r"Expected the preprocessor of the TextVAE. Received: one with another voc"):
        text_samples.load_language_model(tmp_path, other)
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"^Expected a LanguageModel. Received: a TextVAE in"):
        text_samples.load_language_model(tmp_path, prepared)


@pytest.mark.slow
def test_reverse_perplexity_sees_what_samples_never_say(make_text_vae):
    preprocessor = make_text_vae().preprocessor
    language_model = genzoo.LanguageModel(
        genzoo.networks.RecurrentDecoder(preprocessor.vocabulary_size, 8, 16), preprocessor
    )
    data = ["to be or not to be", "that is the question"] * 20
    poor = text_samples.likeness(language_model, ["not that"] * 40, data, data, epochs=30)
    assert poor["reverse_perplexity"] > 1.5 * poor["reverse_perplexity_real"]
    assert "reverse_perplexity" not in text_samples.likeness(language_model, data, data, data, epochs=0)


def test_conditional_models_are_measured_with_their_labels(make_text_vae, splits):
    model = make_text_vae(num_classes=2)
    results = genzoo.evaluate(model, splits, num_samples=2, prior_samples=12)
    bounds = model.bounds({"texts": TEXTS, "labels": splits.test.labels}, 2)
    assert results["nats_per_sentence"] == pytest.approx(bounds["nats"].mean(), rel=1e-5)
