"""One call, one dictionary: its entries against each other and against plain NumPy."""

import dataclasses
import math

import keras
import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo import evaluation
from keras_genzoo.evaluation import format_results

EVENT = (8, 8, 1)


def make(splits, num_classes=None, **arguments):
    encoder = genzoo.networks.dense_encoder(EVENT, 3, units=(16,), num_classes=num_classes)
    decoder = genzoo.networks.dense_decoder(3, EVENT, units=(16,), num_classes=num_classes)
    vae = genzoo.VAE(encoder, decoder, num_classes=num_classes, **arguments)
    vae.compile("adam")
    vae.fit(splits.train.batches(64), epochs=2, verbose=0)
    return vae


@pytest.fixture(scope="module")
def splits():
    return genzoo.data.load("digits", binarization="dynamic")


@pytest.fixture(scope="module")
def vae(splits):
    return make(splits)


@pytest.fixture(scope="module")
def results(vae, splits):
    return genzoo.evaluate(vae, splits, num_samples=50)


def test_entries_agree(results):
    assert results["elbo"] == pytest.approx(-results["kl"] - results["reconstruction_nll"], abs=1e-4)
    assert results["elbo"] < results["log_likelihood"]
    assert results["rate_bits"] == pytest.approx(-results["log_likelihood"] / math.log(2))
    assert results["bits_per_dimension"] == pytest.approx(results["rate_bits"] / 64)
    assert results["raw_bits"] == 64 and results["num_examples"] == 179 and results["split"] == "test"
    assert 0 <= results["mutual_information"] <= results["mutual_information_limit"] == pytest.approx(math.log(179))


def test_against_the_public_methods(vae, splits, results):
    x = next(iter(splits.test.batches(179)))
    values = vae.log_likelihood(x, 50).numpy()
    assert results["log_likelihood"] == pytest.approx(values.mean(), abs=1e-4)
    assert results["log_likelihood_standard_error"] == pytest.approx(values.std() / math.sqrt(179), abs=1e-4)
    assert results["kl"] == pytest.approx(vae.elbo(x)["kl"].numpy().mean(), abs=1e-4)


def test_batch_size_does_not_matter(vae, splits, results):
    other = genzoo.evaluate(vae, splits, num_samples=50, batch_size=64)
    for name, value in results.items():
        assert other[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-4)), name


def test_training_state_is_left_alone(vae, splits):
    before = [keras.ops.convert_to_numpy(v).copy() for v in vae.variables]
    genzoo.evaluate(vae, splits, num_samples=2, max_examples=20)
    for one, other in zip(before, vae.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_linear_probe_beats_chance_and_is_repeatable(vae, splits, results):
    assert results["linear_probe_accuracy"] > 0.25
    again = genzoo.evaluate(vae, splits, num_samples=1)
    assert again["linear_probe_accuracy"] == results["linear_probe_accuracy"]


@pytest.mark.parametrize("classes", [10, 1])
def test_linear_probe_of_data_in_order_of_class(vae, splits, monkeypatch, classes):
    """It sees all classes, and is left out where there is one."""
    monkeypatch.setattr(evaluation.vae, "PROBE_EXAMPLES", 700)
    order = np.argsort(splits.train.labels, kind="stable")
    train = splits.train.rows(order[splits.train.labels[order] < classes])
    ordered = dataclasses.replace(splits, train=train)
    results = genzoo.evaluate(vae, ordered, num_samples=1, max_examples=150)
    if classes == 1:
        assert "linear_probe_accuracy" not in results
    else:
        shuffled = dataclasses.replace(splits, train=train.rows(np.random.default_rng(0).permutation(len(train))))
        expected = genzoo.evaluate(vae, shuffled, num_samples=1, max_examples=150)["linear_probe_accuracy"]
        assert results["linear_probe_accuracy"] == pytest.approx(expected, abs=0.1)


def test_denoiser_is_measured_on_the_clean_image():
    splits = genzoo.data.load("digits", binarization="static", corruption=0.7)
    vae = make(splits)
    noisy, clean = next(iter(splits.test.batches(179)))
    results = genzoo.evaluate(vae, splits, num_samples=20)
    assert results["log_likelihood"] == pytest.approx(vae.log_likelihood(noisy, 20, y=clean).numpy().mean(), abs=1e-4)
    assert np.abs(noisy - clean).max() > 0.5


def test_conditional_model():
    splits = genzoo.data.load("digits", binarization="static", conditional=True)
    results = genzoo.evaluate(make(splits, num_classes=10), splits, num_samples=5, split="validation")
    assert results["split"] == "validation" and np.isfinite(results["log_likelihood"])


def test_grey_likelihood_counts_eight_raw_bits():
    splits = genzoo.data.load("digits")
    results = genzoo.evaluate(make(splits, likelihood="discretized_logistic"), splits, num_samples=5, max_examples=20)
    assert results["raw_bits"] == 8 * 64 and results["num_examples"] == 20


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous_bernoulli"])
def test_no_bits_of_grey_pixels_without_a_probability(likelihood):
    splits = genzoo.data.load("digits")
    results = genzoo.evaluate(make(splits, likelihood=likelihood), splits, num_samples=5, max_examples=20)
    assert np.isfinite(results["log_likelihood"])
    assert not {"bits_per_dimension", "rate_bits", "raw_bits"} & set(results)


def test_points_without_probe_trouble():
    splits = genzoo.data.load("ring")
    encoder, decoder = genzoo.networks.dense_encoder((2,), 2), genzoo.networks.dense_decoder(2, (2,))
    vae = genzoo.VAE(encoder, decoder, likelihood=genzoo.losses.Gaussian(0.1, learn_scale=True))
    results = genzoo.evaluate(vae, splits, num_samples=5, max_examples=50)
    assert np.isfinite(results["log_likelihood"])


def test_another_model_is_refused(splits):
    with pytest.raises(TypeError, match=r"No evaluation for this model. Expected .*Received: Sequential"):
        genzoo.evaluate(keras.Sequential(), splits)


def test_table(results):
    lines = format_results(results).splitlines()
    assert len(lines) == len(results) and lines[0].split() == ["elbo", f"{results['elbo']:.4f}"]
