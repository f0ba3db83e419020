import contextlib
import math

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import losses, verification
from keras_genzoo.verification import Check, Row, densities, estimators, gan, likelihood_bounds, table
from keras_genzoo.verification.linear_gaussian import LinearGaussian

SLOW = {
    "entropy of the grammar",
    "ELBO and IWAE objectives",
    "replicas",
    "order of the bounds",
    "entropy of the grammar, text VAE",
}
CASES = [pytest.param(c, marks=[pytest.mark.slow] * (c.name in SLOW), id=c.name) for c in verification.checks()]


@pytest.mark.parametrize("check", CASES)
def test_every_row_passes(check):
    rows = check.run()
    assert rows and all(isinstance(row, Row) for row in rows)
    assert not [row for row in rows if not row.passed], verification.format_rows(rows)


def test_names_are_unique_and_rows_say_what_they_are():
    names = [check.name for check in verification.checks()]
    assert len(set(names)) == len(names) > 5
    assert all(check.family for check in verification.checks())


@pytest.mark.parametrize(
    ("row", "passed"),
    [
        (Row("equal", 1.0, 1.0), True),
        (Row("close", 1.0, 1.05, "=", 0.1), True),
        (Row("not close", 1.0, 1.2, "=", 0.1), False),
        (Row("below", -5.0, -4.0, "<="), True),
        (Row("slightly above", -3.95, -4.0, "<=", 0.1), True),
        (Row("above", -3.0, -4.0, "<=", 0.1), False),
        (Row("at least", 2.0, 1.0, ">="), True),
        (Row("not at least", 0.5, 1.0, ">=", 0.1), False),
        (Row("nan", math.nan, 0.0, "=", 10.0), False),
        (Row("nan below", math.nan, 0.0, "<=", 10.0), False),
        (Row("infinite", -math.inf, 0.0, "=", 10.0), False),
    ],
)
def test_relations(row, passed):
    assert row.passed is passed


def test_rows_hold_plain_numbers():
    row = Row("from a tensor", tf.constant(2.0), np.float32(2), "=", np.float64(0.1))
    assert [type(value) for value in (row.measured, row.expected, row.tolerance, row.passed)] == [float] * 3 + [bool]
    with pytest.raises(ValueError, match=r"^Expected relation '=', '<=' or '>='\. Received: relation='<'$"):
        Row("wrong", 1, 2, "<")


def test_table():
    text = table.format_rows([Row("good", 1.0, 1.0, detail="exact"), Row("bad", math.nan, -2.5, "<=", 0.01)])
    lines = text.splitlines()
    assert lines[0].split() == ["ok", "good", "1", "=", "1", "exact"]
    assert lines[1].split() == ["WRONG", "bad", "nan", "<=", "-2.5", "+-", "0.01"]
    assert lines[2] == "1 of 2 checks passed"
    assert table.format_rows([]) == "0 of 0 checks passed"


def test_verify_reports_progress_and_survives_a_broken_check(monkeypatch):
    def broken():
        raise RuntimeError("no such thing\nand more")

    made = [Check("fine", "all", lambda: [Row("a", 0, 0), Row("b", 1, 1)]), Check("broken", "all", broken)]
    monkeypatch.setattr(verification, "checks", lambda: made)
    calls = []
    rows = verification.verify(lambda number, total, check: calls.append((number, total, check.name)))
    assert calls == [(0, 2, "fine"), (1, 2, "broken")]
    assert [row.name for row in rows] == ["a", "b", "broken"] and [row.passed for row in rows] == [True, True, False]
    assert rows[2].detail == "RuntimeError: no such thing"
    assert verification.verify()[0].passed


def failures(function):
    return [row.name for row in function() if not row.passed]


def test_wrong_divergences_are_caught(monkeypatch):
    right = losses.gaussian_kl
    monkeypatch.setattr(losses, "gaussian_kl", lambda mean, log_var: right(mean, 2 * tf.cast(log_var, tf.float32)))
    assert failures(densities.gaussian_kl)  # log of the deviation for log of the variance
    monkeypatch.setattr(losses, "gaussian_kl", lambda mean, log_var: right(mean, log_var) / 3)
    assert failures(densities.gaussian_kl)  # a mean in place of the sum


def test_wrong_likelihoods_are_caught(monkeypatch):
    monkeypatch.setattr(losses.ContinuousBernoulli, "element_log_prob", losses.Bernoulli.element_log_prob)
    monkeypatch.setattr(losses.ContinuousBernoulli, "distribution", losses.Bernoulli.distribution)
    assert set(failures(densities.normalisation)) == {
        "continuous Bernoulli integrates to 1",
        "continuous Bernoulli mean",
    }
    right = losses.Bernoulli.element_log_prob
    monkeypatch.setattr(losses.Bernoulli, "element_log_prob", lambda self, x, p: right(self, 1 - x, p))
    assert failures(densities.bernoulli)


def test_a_wrong_estimator_is_caught(monkeypatch):
    """DReG with weights in place of their squares is not an estimator of the same gradient."""
    from keras_genzoo.models import vae

    def plain(log_weights, weight):
        weight(tf.ones_like(log_weights))
        return -tf.reduce_sum(tf.stop_gradient(tf.nn.softmax(log_weights, axis=0)) * log_weights, axis=0)

    monkeypatch.setattr(vae, "dreg_loss", plain)
    assert {"DReG gradient, against two explicit passes", "DReG gradient = IWAE gradient in the mean"} <= set(
        failures(estimators.doubly_reparameterised)
    )


def test_a_wrong_bound_is_caught(monkeypatch):
    """Without log K, or with a prior's sign turned, the exact log p(x) is missed."""
    model_class = LinearGaussian().vae().__class__
    right = model_class.log_likelihood
    monkeypatch.setattr(model_class, "log_likelihood", lambda self, x, k, seed: right(self, x, k, seed) + math.log(k))
    assert failures(likelihood_bounds.exact_posterior)


def test_wrong_penalties_and_objectives_are_caught(monkeypatch):
    """A penalty on the squared slope, and a relativistic loss that looks at the fake alone."""
    right = losses.GradientPenalty.of_squared_norm
    monkeypatch.setattr(losses.GradientPenalty, "of_squared_norm", lambda self, squared: right(self, squared**2))
    assert {"GradientPenalty of a linear critic of norm 5"} <= set(failures(gan.penalties))
    monkeypatch.setattr(losses.Minimax, "discriminator_loss", lambda self, real, fake: tf.nn.softplus(fake))
    assert failures(gan.divergence) and failures(gan.optima)


def test_a_step_with_side_effects_is_caught(monkeypatch):
    """Without the scope around it, the discriminator's spectral vectors move in the generator's update."""
    from keras_genzoo.models import gan_training

    monkeypatch.setattr(gan_training, "_untouched", lambda seed_generators: contextlib.nullcontext())
    assert failures(gan.isolation) == ["generator's update: change of the discriminator"]


def test_linear_gaussian_is_exact():
    """log p(x) against a direct average over z, and the posterior's divergence is 0 for the exact encoder."""
    world = LinearGaussian(event_dim=3, latent_dim=1)
    x = world.sample(4)
    z = np.linspace(-8, 8, 4001)
    means = z[:, None] * world.weights[:, 0] + world.bias
    density = np.exp(-0.5 * ((x[:, None] - means) ** 2).sum(-1) / world.scale**2) / (2 * np.pi * world.scale**2) ** 1.5
    prior = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    expected = np.log((density * prior).sum(axis=1) * (z[1] - z[0]))
    np.testing.assert_allclose(world.log_prob(x), expected, rtol=1e-6)
    np.testing.assert_allclose(world.posterior_kl(x), 0, atol=1e-12)
    assert (world.posterior_kl(x, widen=0.5) > 0.05).all()
