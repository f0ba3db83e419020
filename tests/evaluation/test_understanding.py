"""Codes and samples of a text VAE where few sentences have a label."""

import numpy as np
import pytest

from keras_genzoo.data.text import TextSplit, TextSplits
from keras_genzoo.evaluation import few_labels, format_few_labels
from keras_genzoo.evaluation.understanding import _Table, bag_of_words, chosen_rows, codes, neighbours

WORDS = (["to be or not", "not to be", "be not to"], ["that is the question", "the question is that", "question that"])


@pytest.fixture
def splits():
    texts = [texts[i % 3] for i in range(12) for texts in WORDS]
    part = {"texts": texts, "labels": np.tile([0, 1], 12).astype("int32")}
    return TextSplits(TextSplit(part, True), TextSplit(part), TextSplit(part), {"name": "made", "num_classes": 2})


def test_table(make_text_vae, splits):
    model, conditional = make_text_vae(), make_text_vae(num_classes=2)
    rows = few_labels(model, splits, conditional, sizes=(1, None), draws=2, max_length=4)
    named = {(row["labels"], row["method"]): row for row in rows}
    common = ["bag of words", "untrained codes", "codes", "bag of words, neighbours"]
    only_all = ["bag of words, samples", "bag of words of samples"]
    assert list(named) == [(1, name) for name in common] + [("all", name) for name in common + only_all]
    assert named["all", "bag of words"]["accuracy"] == 1.0 and named["all", "bag of words"]["standard_deviation"] == 0
    for row in rows:
        assert 0 <= row["lowest"] <= row["accuracy"] <= row["highest"] <= 1 and row["milliseconds"] > 0
    again = few_labels(model, splits, conditional, sizes=(1, None), draws=2, max_length=4)
    assert [row["accuracy"] for row in again] == [row["accuracy"] for row in rows]
    lines = format_few_labels(rows).splitlines()
    assert lines[0].split() == ["method", "1", "a", "class", "all", "ms"] and len(lines) == 7


def test_an_idle_dimension_stays_small(splits):
    """Codes are centred and share one scale, so that noise in a dimension that says nothing is not blown up."""

    def features(texts):
        return np.array([[len(text), 1e-3 * len(text), 5.0] for text in texts])

    table = _Table(features, splits)
    np.testing.assert_allclose(table.train.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(table.train.std(axis=0), [1.0, 1e-3, 0.0], atol=1e-12)
    np.testing.assert_array_equal(table.features(splits.train.texts), table.train)


def test_bag_of_words_counts(make_text_vae):
    preprocessor = make_text_vae().preprocessor
    counts = bag_of_words(preprocessor, ["to be to", "", "xyz"]).toarray()
    assert counts.sum(axis=1).tolist() == [3, 0, 1] and counts.max() == 2
    assert counts[0, 4 + preprocessor.vocabulary.index("to")] == 2 and counts[2, 1] == 1


def test_codes_are_posterior_means(make_text_vae, monkeypatch):
    model, texts = make_text_vae(), ["to be", "not that", "or"]
    monkeypatch.setattr("keras_genzoo.evaluation.understanding.BATCH", 2)
    np.testing.assert_allclose(codes(model, texts), model.encode(texts)["z_mean"], atol=1e-6)
    assert codes(model, []).shape == (0, 2)


def test_rows_are_drawn_by_class():
    labels = np.array([0] * 10 + [1] * 3 + [2] * 10)
    rows = chosen_rows(labels, 5, np.random.default_rng(0))
    assert np.bincount(labels[rows]).tolist() == [5, 3, 5] and len(set(rows)) == 13
    assert len(chosen_rows(labels, None, None)) == 23


def test_neighbours_keep_the_label_of_their_sentence(make_text_vae, splits):
    model = make_text_vae()
    texts, labels = neighbours(model, splits.train, np.array([0, 3]), np.random.default_rng(0), 4)
    assert len(texts) == len(labels) == 20 and np.bincount(labels).tolist() == [10, 10]


def test_errors(make_text_vae, splits):
    model, conditional = make_text_vae(), make_text_vae(num_classes=2)
    with pytest.raises(
        ValueError, match=r"Expected a model without num_classes.*model.num_classes=2, conditional=None"
    ):
        few_labels(conditional, splits)
    with pytest.raises(ValueError, match="num_classes=None, conditional=None"):
        few_labels(model, splits, conditional=model)
    with pytest.raises(ValueError, match=r"sizes and draws of at least 1\. Received: sizes=\(0,\), draws=5"):
        few_labels(model, splits, sizes=(0,))
    part = TextSplit({"texts": ["a"]})
    with pytest.raises(ValueError, match="Expected splits with labels"):
        few_labels(model, TextSplits(part, part, part, {}))
