"""Likelihoods, priors, divergences, bounds, adversarial objectives and schedules: what the models descend."""

from keras_genzoo.losses.adversarial import (
    Adversarial,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
    get_adversarial,
)
from keras_genzoo.losses.bounds import bits_per_dimension, dreg_loss, log_mean_exp, scale_gradient
from keras_genzoo.losses.divergences import gaussian_kl, gaussian_log_prob
from keras_genzoo.losses.identifiers import look_up
from keras_genzoo.losses.likelihoods import Bernoulli, ContinuousBernoulli, DiscretizedLogistic, Gaussian, Likelihood
from keras_genzoo.losses.penalties import DRAGAN, R1, R2, GradientPenalty, Penalty, get_penalties
from keras_genzoo.losses.priors import GaussianMixture, Prior, StandardNormal, VampPrior
from keras_genzoo.losses.schedules import Cyclical, LinearWarmup, SigmoidWarmup
from keras_genzoo.losses.tokens import token_nll

LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "discretized_logistic": DiscretizedLogistic,
    "gaussian": Gaussian,
}
PRIORS = {"gaussian_mixture": GaussianMixture, "standard_normal": StandardNormal, "vamp": VampPrior}


def get_likelihood(identifier):
    """A likelihood from its name, or the object itself; `ValueError` for anything else."""
    return look_up(identifier, Likelihood, LIKELIHOODS, "likelihood")


def get_prior(identifier):
    """A prior from its name, or the object itself; `ValueError` for anything else."""
    return look_up(identifier, Prior, PRIORS, "prior")


__all__ = [
    "DRAGAN",
    "R1",
    "R2",
    "Adversarial",
    "Bernoulli",
    "ContinuousBernoulli",
    "Cyclical",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianMixture",
    "GradientPenalty",
    "Hinge",
    "LeastSquares",
    "Likelihood",
    "LinearWarmup",
    "Minimax",
    "NonSaturating",
    "Penalty",
    "Prior",
    "Relativistic",
    "SigmoidWarmup",
    "StandardNormal",
    "VampPrior",
    "Wasserstein",
    "bits_per_dimension",
    "dreg_loss",
    "gaussian_kl",
    "gaussian_log_prob",
    "get_adversarial",
    "get_likelihood",
    "get_penalties",
    "get_prior",
    "log_mean_exp",
    "scale_gradient",
    "token_nll",
]
