"""Perplexity."""

import math

import numpy as np
import pytest

from keras_genzoo.metrics import Perplexity


def test_total_nats_over_total_tokens_not_a_mean_of_means():
    metric, generator = Perplexity(), np.random.default_rng(0)
    nats, tokens, batches = 0.0, 0.0, []
    for size in (1, 50, 3):
        values = generator.random(size).astype("float32") * 5
        weights = generator.integers(0, 2, size).astype("float32")
        metric.update_state(values, sample_weight=weights)
        nats, tokens = nats + float(values @ weights), tokens + weights.sum()
        batches.append(float(values @ weights) / max(weights.sum(), 1))
    assert float(metric.result()) == pytest.approx(math.exp(nats / tokens), rel=1e-5)
    assert float(metric.result()) != pytest.approx(math.exp(np.mean(batches)), rel=1e-2)


def test_uniform_and_reset():
    metric = Perplexity()
    metric.update_state(np.full(7, math.log(65), "float32"))
    assert float(metric.result()) == pytest.approx(65, rel=1e-5)
    metric.reset_state()
    metric.update_state([0.0])
    assert float(metric.result()) == 1.0 and metric._direction == "down"


def test_config_round_trip(revive):
    assert revive(Perplexity(name="p")).name == "p"
