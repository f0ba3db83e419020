"""A translator learns to reverse sequences, and looks where it must."""

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.data import TextSplit, TextSplits
from keras_genzoo.preprocessing import TextPreprocessor


def sequences(count, seed):
    generator = np.random.default_rng(seed)
    rows = [generator.integers(0, 10, generator.integers(1, 9)).astype(str) for _ in range(count)]
    return TextSplit({"texts": [" ".join(row) for row in rows], "targets": [" ".join(row[::-1]) for row in rows]})


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["conditional", "output"])
def test_the_alignment_of_a_reversal_is_the_antidiagonal(structure):
    splits = TextSplits(sequences(8000, 0), sequences(200, 1), sequences(200, 2), {"name": "digits"})
    preprocessor = TextPreprocessor.learn(splits.train.texts, level="words")
    train = splits.with_preprocessor(preprocessor, view="seq2seq").train
    encoder = genzoo.networks.RecurrentEncoder(preprocessor.vocabulary_size, 32, 64)
    decoder = genzoo.networks.AttentionDecoder(preprocessor.vocabulary_size, 32, 64, 128, structure=structure)
    model = genzoo.Seq2Seq(encoder, decoder, preprocessor)
    model.compile(optimizer=genzoo.FusedAdam(3e-3))
    model.fit(train.batches(64, shuffle=True), epochs=4, verbose=0)
    translations = model.generate(splits.test.texts, beam_width=1, max_length=12)
    assert genzoo.metrics.exact_match(translations, splits.test.targets) >= 0.9

    aligned = model.align(splits.test.texts, splits.test.targets)
    hits = [
        weights[i].argmax() == len(tokens) - 1 - i  # the start token is the source's first
        for weights, tokens in zip(aligned["attention"], aligned["target_tokens"], strict=True)
        for i in range(len(tokens) - 1)
    ]
    assert np.mean(hits) >= 0.9
