"""Evaluation, pictures and samples of a translator."""

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo import evaluation, visualization
from keras_genzoo.callbacks import SampleTranslations
from keras_genzoo.data import TextSplit, TextSplits
from keras_genzoo.evaluation import seq2seq
from keras_genzoo.evaluation.seq2seq import translate
from keras_genzoo.preprocessing import TextPreprocessor

SOURCES = ["a b c", "c", "b b a", "c a"]
TARGETS = ["c b a", "c d", "a b b", "a c"]


@pytest.fixture(scope="module")
def model():
    preprocessor = TextPreprocessor.learn(SOURCES, level="words")
    size = preprocessor.vocabulary_size
    encoder = genzoo.networks.RecurrentEncoder(size, 4, 4)
    return genzoo.Seq2Seq(encoder, genzoo.networks.AttentionDecoder(size, 4, 4, 8), preprocessor)


@pytest.fixture(scope="module")
def splits(model):
    split = TextSplit({"texts": SOURCES, "targets": TARGETS})
    made = TextSplits(split, split, split, {"name": "letters"})
    return made.with_preprocessor(model.preprocessor, view="seq2seq")


def test_evaluation(model, splits):
    results = evaluation.evaluate(model, splits, batch_size=3, max_length=4, beam_width=2)
    score = model.score(SOURCES, TARGETS)
    assert results["num_tokens"] == score["tokens"].sum() == 14
    assert results["teacher_forced_nll"] == pytest.approx(score["nats"].sum() / 14, rel=1e-5)
    assert results["teacher_forced_perplexity"] == pytest.approx(np.exp(results["teacher_forced_nll"]))
    assert results["unknown_share"] == pytest.approx(1 / 14) and results["unknown_share_of_sources"] == 0
    assert results["sentences_per_second"] > 0 and "tok:13a" in results["bleu_signature"]
    assert results["num_examples"] == 4 and "bleu_tokenized" not in results


def test_translations_are_in_the_order_of_the_sources(model):
    texts, _ = translate(model, SOURCES, batch_size=3, max_length=4, beam_width=2)
    assert texts == [model.generate([source], max_length=4, beam_width=2)[0] for source in SOURCES]


def test_every_size_of_a_batch_is_translated_before_the_clock_runs(monkeypatch):
    events = []

    class Recorder:
        def generate(self, sources, **options):
            events.append(len(sources))
            return sources

    monkeypatch.setattr(seq2seq.time, "perf_counter", lambda: events.append("clock") or 0.0)
    translate(Recorder(), SOURCES * 2, batch_size=3)
    assert events == [3, 2, "clock", 3, 3, 2, "clock"]


def test_samples_of_a_run(model, splits, tmp_path):
    callback, logs = SampleTranslations(splits.validation, tmp_path, count=2, max_length=4, every=2), {}
    callback.set_model(model)
    callback.on_epoch_end(0, logs)
    assert not logs and not list(tmp_path.iterdir())
    callback.on_epoch_end(1, logs)
    assert set(logs) == {"val_bleu", "val_exact_match"}
    lines = (tmp_path / "epoch_0002.txt").read_text().splitlines()
    assert lines[:2] == ["a b c", "c b a"] and len(lines) == 7


def test_attention_maps(model, splits):
    figure = visualization.attention_maps(model, SOURCES, TARGETS, count=3)
    weights = model.align(SOURCES[:3], TARGETS[:3])["attention"]
    assert len(figure.axes) == 3
    shown = figure.axes[1]
    np.testing.assert_array_equal(shown.images[0].get_array(), weights[1][:3, :3])
    assert [label.get_text() for label in shown.get_xticklabels()] == ["<s>", "c", "</s>"]
    assert [label.get_text() for label in shown.get_yticklabels()] == ["c", "[UNK]", "</s>"]
    assert set(visualization.pictures(model, splits)) == {"attention"}
    with pytest.raises(ValueError, match="Nothing to draw"):
        visualization.attention_maps(model, [])
