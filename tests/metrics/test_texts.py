"""Distinct n-grams and copy rate."""

import pytest

from keras_genzoo.metrics import copy_rate, distinct, ngrams


def test_ngrams():
    assert ngrams("a b  c\nd", 3) == [("a", "b", "c"), ("b", "c", "d")]
    assert ngrams("a", 2) == []


@pytest.mark.parametrize(
    "texts, n, share", [(["a a a"], 1, 1 / 3), (["a b", "a b"], 2, 0.5), (["a"], 2, 0.0), ([], 1, 0.0)]
)
def test_distinct(texts, n, share):
    assert distinct(texts, n) == pytest.approx(share)


def test_copy_rate():
    training = ["the cat sat on the mat", "a dog"]
    assert copy_rate(["the cat sat on the mat"], training, n=4) == 1.0
    assert copy_rate(["the cat sat on a mat"], training, n=4) == pytest.approx(1 / 3)
    assert copy_rate(["mat a dog"], training, n=2) == pytest.approx(1 / 2)  # nothing goes over the end of a text
    assert copy_rate(["dog"], training, n=4) == 0.0
    known = {gram for text in training for gram in ngrams(text, 2)}
    assert copy_rate(["mat a dog"], known, n=2) == pytest.approx(1 / 2)
