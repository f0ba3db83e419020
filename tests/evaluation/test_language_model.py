"""The evaluation of language models."""

import dataclasses
import math

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.preprocessing import TextPreprocessor


def model_of(preprocessor):
    return genzoo.LanguageModel(genzoo.networks.RecurrentDecoder(preprocessor.vocabulary_size, 4, 8), preprocessor)


@pytest.fixture(scope="module")
def sentences():
    splits = genzoo.data.load("grammar")
    splits = dataclasses.replace(splits, train=splits.train.take(200), test=splits.test.take(60))
    preprocessor = TextPreprocessor.learn(splits.train.texts[:20], level="words")
    splits = splits.with_preprocessor(preprocessor)
    return model_of(preprocessor), splits


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "running").mkdir()
    (folder / "running" / "input.txt").write_text("to be or not to be, that is the question.\n" * 20)
    splits = genzoo.data.load("running", data_dir=folder)
    preprocessor = TextPreprocessor.learn(splits.train.texts, sentences=False)
    return model_of(preprocessor), splits.with_preprocessor(preprocessor, window=16)


def test_sentences_are_totals(sentences):
    model, splits = sentences
    results = genzoo.evaluate(model, splits, num_samples=8)
    score = model.score(splits.test.texts)
    nats, tokens = score["nats"].sum(dtype="float64"), score["tokens"].sum()
    assert results["num_tokens"] == tokens and results["num_examples"] == 60
    assert results["nll"] == pytest.approx(nats / tokens, rel=1e-5)
    assert results["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-4)
    assert results["nats_per_sentence"] == pytest.approx(nats / 60, rel=1e-5)
    assert results["unknown_share"] == pytest.approx(score["unknown"].sum() / tokens) and results["unknown_share"] > 0
    characters = sum(map(len, splits.test.texts))
    assert results["bits_per_character"] == pytest.approx(nats / math.log(2) / characters, rel=1e-5)
    assert results["excess"] == pytest.approx(results["nats_per_sentence"] / results["exact_nats_per_sentence"] - 1)


def test_it_does_not_depend_on_the_batch(sentences):
    model, splits = sentences
    one, other = (genzoo.evaluate(model, splits, num_samples=4, batch_size=size) for size in (7, 60))
    for name in ("nll", "perplexity", "num_tokens", "copy_rate_samples"):
        assert one[name] == pytest.approx(other[name], rel=1e-5)


def test_windows_from_a_reset_state_and_as_a_stream(running):
    model, splits = running
    results = genzoo.evaluate(model, splits, num_samples=4)
    ids = np.asarray(splits.test.running_ids)
    nll, _ = model.token_nll(ids[None, :-1], ids[None, 1:])
    assert results["streaming_nll"] == pytest.approx(float(np.mean(nll)), rel=1e-5)
    starts = range(0, len(ids) - 1, 16)
    windows = [model.token_nll(ids[None, s : min(s + 16, len(ids) - 1)], ids[None, s + 1 : s + 17])[0] for s in starts]
    assert results["nll"] == pytest.approx(np.concatenate([np.ravel(w) for w in windows]).mean(), rel=1e-5)
    assert results["num_tokens"] == len(ids) - 1 and results["window"] == 16


def test_samples_are_compared_with_held_out_text(sentences):
    model, splits = sentences
    results = genzoo.evaluate(model, splits, num_samples=8)
    samples = model.generate([""] * 8, max_length=60)
    assert results["copy_rate_samples"] == genzoo.metrics.copy_rate(samples, splits.train.texts)
    assert results["distinct_2_held_out"] == genzoo.metrics.distinct(splits.test.texts[:8])
    assert results["num_samples"] == 8
