import math

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses
from keras_genzoo.layers import noise

LIKELIHOODS = [
    losses.Bernoulli(),
    losses.ContinuousBernoulli(),
    losses.Gaussian(scale=0.7),
    losses.Gaussian(scale=0.7, learn_scale=True),
    losses.DiscretizedLogistic(scale=0.1, levels=17),
]
every = pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=lambda value: type(value).__name__)


@every
def test_config_round_trip(likelihood, revive):
    again = revive(likelihood)
    assert type(again) is type(likelihood) and again.get_config() == likelihood.get_config()
    assert len(again.trainable_variables) == len(likelihood.trainable_variables)


@pytest.mark.parametrize(("likelihood", "levels"), list(zip(LIKELIHOODS, [2, None, None, None, 17], strict=True)))
def test_levels_are_those_whose_probabilities_sum_to_one(likelihood, levels):
    assert likelihood.levels == levels
    if levels is not None:
        x = np.linspace(0, 1, levels)[:, None]
        assert np.exp(likelihood.log_prob(x, [[0.3]], event_rank=1)).sum() == pytest.approx(1, abs=1e-5)


@every
def test_sums_over_the_event_only(likelihood):
    x = tf.round(noise.uniform([5, 2, 3], noise.seed_pair(0)))
    parameters = noise.normal([4, 5, 2, 3], noise.seed_pair(1))
    whole = likelihood.log_prob(x, parameters, event_rank=2)
    assert whole.shape == (4, 5) and whole.dtype == tf.float32
    single = likelihood.log_prob(x[3, :, :, None], parameters[2, 3, :, :, None], event_rank=1)
    np.testing.assert_allclose(whole[2, 3], np.sum(single), rtol=1e-5)


@every
def test_half_precision_inputs_are_computed_in_float32(likelihood):
    x, parameters = tf.constant([[0.0, 1.0]], tf.bfloat16), tf.constant([[0.25, -0.5]], tf.bfloat16)
    log_prob = likelihood.log_prob(x, parameters, event_rank=1)
    assert log_prob.dtype == tf.float32
    np.testing.assert_array_equal(log_prob, likelihood.log_prob([[0.0, 1.0]], [[0.25, -0.5]], event_rank=1))


@every
def test_samples_are_stateless_within_range_and_have_the_mean(likelihood):
    parameters = tf.fill([40_000], 0.4)
    draws = likelihood.sample(parameters, noise.seed_pair(5)).numpy()
    tf.random.set_seed(1)
    np.testing.assert_array_equal(draws, likelihood.sample(parameters, noise.seed_pair(5)))
    assert np.mean(draws == likelihood.sample(parameters, noise.seed_pair(6))) < 0.9
    if likelihood.value_range is not None:
        assert draws.min() >= 0 and draws.max() <= 1
    error = 5 * draws.std() / len(draws) ** 0.5
    np.testing.assert_allclose(draws.mean(), likelihood.mean(parameters)[0], atol=error)


@every
def test_gradient_is_finite_at_extreme_parameters(likelihood):
    parameters = tf.constant([[-50.0], [-1.0], [0.0], [1.0], [50.0]])
    for x in (0.0, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            log_prob = likelihood.log_prob([[x]], parameters, event_rank=1)
        assert np.isfinite(log_prob).all() and np.isfinite(tape.gradient(log_prob, parameters)).all()


def test_gaussian_closed_form():
    log_prob = losses.Gaussian(scale=0.5).log_prob([[1.0, 2.0]], [[0.0, 2.5]], event_rank=1)
    expected = sum(-0.5 * (d / 0.5) ** 2 - math.log(0.5 * math.sqrt(2 * math.pi)) for d in (1.0, 0.5))
    np.testing.assert_allclose(log_prob, [expected], rtol=1e-6)


def test_unit_gaussian_is_half_the_squared_error():
    log_prob = losses.Gaussian().log_prob([[3.0]], [[1.0]], event_rank=1)
    np.testing.assert_allclose(log_prob, [-0.5 * 4 - 0.5 * math.log(2 * math.pi)], rtol=1e-6)


def test_bernoulli_closed_form():
    p = tf.constant([[0.9, 0.2, 0.5]])
    log_prob = losses.Bernoulli().log_prob([[1.0, 0.0, 1.0]], tf.math.log(p / (1 - p)), event_rank=1)
    np.testing.assert_allclose(log_prob, [math.log(0.9 * 0.8 * 0.5)], rtol=1e-5)


def test_continuous_bernoulli_closed_form():
    """log C + x logit - softplus(logit), C = 2 atanh(1 - 2 p) / (1 - 2 p) (Loaiza-Ganem & Cunningham, eq. 8)."""
    logit, x = 1.3, 0.3
    p = 1 / (1 + math.exp(-logit))
    normaliser = 2 * math.atanh(1 - 2 * p) / (1 - 2 * p)
    expected = math.log(normaliser) + x * logit - math.log1p(math.exp(logit))
    log_prob = losses.ContinuousBernoulli().log_prob([[x]], [[logit]], event_rank=1)
    np.testing.assert_allclose(log_prob, [expected], rtol=1e-5)


def test_discretized_logistic_closed_form():
    """Differences of the logistic distribution function; the tails belong to the end levels."""
    levels, scale, mean = 5, 0.2, 0.45
    edges = (np.arange(1, levels) - 0.5) / (levels - 1)
    cdf = np.concatenate([[0], 1 / (1 + np.exp(-(edges - mean) / scale)), [1]])
    likelihood = losses.DiscretizedLogistic(scale, levels=levels)
    log_prob = likelihood.log_prob(np.linspace(0, 1, levels)[:, None], [[mean]], event_rank=1)
    np.testing.assert_allclose(np.exp(log_prob), np.diff(cdf), rtol=1e-4)


def test_scale_is_learned_only_when_asked():
    fixed, learned = losses.Gaussian(2.0), losses.Gaussian(2.0, learn_scale=True)
    assert fixed.trainable_variables == [] and len(learned.trainable_variables) == 1
    with tf.GradientTape() as tape:
        log_prob = learned.log_prob([[3.0]], [[1.0]], event_rank=1)
    gradient = tape.gradient(log_prob, learned.log_scale.value)
    np.testing.assert_allclose(gradient, (2 / 2) ** 2 - 1, atol=1e-6)  # d log p / d log scale = (error / scale)^2 - 1
    learned.log_scale.assign(0.0)
    np.testing.assert_allclose(learned.scale, 1.0)


@every
def test_log_prob_same_in_a_graph_and_under_jit(likelihood):
    x, parameters = tf.constant([[0.0, 1.0, 1.0]]), tf.constant([[-2.0, 0.3, 5.0]])
    eager = likelihood.log_prob(x, parameters, event_rank=1)
    for jit in (False, True):
        traced = tf.function(lambda a, b: likelihood.log_prob(a, b, event_rank=1), jit_compile=jit)
        np.testing.assert_allclose(traced(x, parameters), eager, rtol=1e-5)


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "1"])
@pytest.mark.parametrize("likelihood", [losses.Gaussian, losses.DiscretizedLogistic])
def test_bad_scale(likelihood, scale):
    with pytest.raises(ValueError, match=r"^The scale of a likelihood must be a positive number\. Received: scale="):
        likelihood(scale=scale)


def test_bad_levels_and_names():
    with pytest.raises(ValueError, match=r"^A discretized likelihood needs at least 2 levels\. Received: levels=1$"):
        losses.DiscretizedLogistic(levels=1)
    message = (
        r"^Unknown likelihood\. Expected one of \['bernoulli', .*\] or an object of .*Likelihood\. Received: likel"
    )
    for wrong in ("bernouli", None, 3, losses.StandardNormal()):
        with pytest.raises(ValueError, match=message):
            losses.get_likelihood(wrong)


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match=r"^Likelihood must implement distribution\(parameters\)\.$"):
        losses.Likelihood().mean(tf.zeros([1]))
