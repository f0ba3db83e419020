"""BLEU and chrF with their signatures, exact matches, and the tokenised protocol."""

import math

import pytest

from keras_genzoo import metrics
from keras_genzoo.evaluation.seq2seq import judge
from keras_genzoo.preprocessing import TextPreprocessor


def test_bleu_by_hand():
    score, signature = metrics.bleu(["the cat sat on the mat now"], ["the cat sat on the mat"])
    precisions = [6 / 7, 5 / 6, 4 / 5, 3 / 4]
    assert score == pytest.approx(100 * math.prod(precisions) ** 0.25, rel=1e-6)
    assert "tok:13a" in signature and "case:mixed" in signature


def test_case():
    texts, others = ["The Cat sat on the mat"], ["the cat sat on the mat"]
    assert metrics.bleu(texts, others)[0] < 90 and metrics.bleu(texts, others, lowercase=True)[0] == pytest.approx(100)
    assert metrics.chrf(texts, others, lowercase=True)[0] == pytest.approx(100) > metrics.chrf(texts, others)[0]
    assert metrics.exact_match(texts, others, lowercase=True) == 1 > metrics.exact_match(texts, others)


def test_tokenised_bleu_is_that_of_text_tokenised_by_others():
    raw = ['Ein Mann, der lacht, geht mit "Rex" spazieren.', "Zwei T-Shirts hängen da."]
    tokens = ["ein mann , der lacht , geht mit &quot; rex &quot; spazieren .", "zwei t-shirts hängen da ."]
    preprocessor = TextPreprocessor.learn(raw, level="words", lowercase=True, split="german")
    results = judge(raw, tokens, preprocessor)
    assert results["bleu_tokenized"] == pytest.approx(100)
    assert "tok:none" in results["bleu_tokenized_signature"] and results["bleu"] < 100


def test_unaligned():
    with pytest.raises(ValueError):
        metrics.exact_match(["a"], [])
