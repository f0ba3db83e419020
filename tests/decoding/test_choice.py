"""One token of every row: how often, and which."""

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import decoding

LOGITS = np.array([2.0, 1.0, 0.5, 0.2, -1.0], "float32")


@pytest.mark.parametrize(
    "options, allowed",
    [
        ({}, range(5)),
        ({"temperature": 0.5}, range(5)),
        ({"top_k": 2}, (0, 1)),
        ({"top_p": 0.7}, (0, 1)),  # the probabilities are .55, .20, .12, .09, .03
        ({"top_p": 0.8}, (0, 1, 2)),
        ({"top_k": 3, "top_p": 0.8}, (0, 1)),  # of the three best, .63, .23, .14
        ({"top_p": 1e-6}, (0,)),
    ],
)
def test_frequencies(options, allowed):
    from scipy.stats import chisquare

    count = 20_000
    uniform = np.random.default_rng(0).random(count).astype("float32")
    drawn = decoding.choose(tf.tile(LOGITS[None], (count, 1)), uniform, **options).numpy()
    probability = np.exp(LOGITS.astype("float64") / options.get("temperature", 1.0))
    probability[[i for i in range(5) if i not in allowed]] = 0.0
    probability /= probability.sum()
    found = np.bincount(drawn, minlength=5)
    assert not found[probability == 0].any()
    if len(allowed) > 1:
        kept = probability > 0
        assert chisquare(found[kept], count * probability[kept]).pvalue > 1e-3


def test_top_p_keeps_the_smallest_set():
    generator = np.random.default_rng(0)
    logits = generator.standard_normal((50, 12)).astype("float32") * 2
    kept = np.isfinite(decoding.restrict(tf.constant(logits), top_p=0.8).numpy())
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for row in range(50):
        order = np.argsort(-probability[row], kind="stable")
        count = int(np.searchsorted(np.cumsum(probability[row][order]), 0.8)) + 1
        assert set(np.flatnonzero(kept[row])) == set(order[:count])


@pytest.mark.parametrize("top_k, top_p", [(3, 1.0), (40, 1.0), (0, 0.83), (5, 0.47), (1, 0.93)])
def test_of_equal_logits_the_lower_ids_stay(top_k, top_p):
    logits = np.random.default_rng(0).integers(-2, 3, (50, 12)).astype("float32")
    logits[:, ::5] = -np.inf
    kept = np.isfinite(decoding.restrict(tf.constant(logits), top_k, top_p).numpy())
    for row, values in enumerate(logits):
        order = np.argsort(-values, kind="stable")[: top_k or None]
        probability = np.exp(values[order]) / np.exp(values[order]).sum()
        before = np.cumsum(probability) - probability
        assert set(np.flatnonzero(kept[row])) == set(order[(before < top_p) & np.isfinite(values[order])])


def test_uniform_close_to_one_draws_a_possible_token():
    logits = tf.constant([[0.0, 0.0, decoding.NEVER]])
    assert decoding.choose(logits, tf.constant([np.nextafter(np.float32(1), np.float32(0))])).numpy()[0] == 1


@pytest.mark.parametrize("temperature", [0.0, -1.0, 1e-40])
def test_cold_is_greedy_however_close_the_others_are(temperature):
    best = np.float32(2.0)
    logits = [
        [0.0, np.nextafter(best, np.float32(0)), best, -3.0],
        [1.0, 1.0, 0.0, 1.0],
        [-8.0, decoding.NEVER, -9.0, -8.5],
    ]
    uniform = np.zeros(3, "float32") if temperature > 0 else np.float32([0.2, 0.9, 0.99])
    found = decoding.choose(tf.constant(logits, tf.float32), uniform, temperature)
    assert found.numpy().tolist() == [2, 0, 0]  # of equal ones the first
