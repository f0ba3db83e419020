"""Text VAEs against language models, integrals over the code, and a grammar whose entropy is known."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import recipes
from keras_genzoo.data.grammar import RULES, Grammar
from keras_genzoo.models import LanguageModel, TextVAE
from keras_genzoo.networks import RecurrentDecoder, RecurrentPosterior
from keras_genzoo.preprocessing import TextPreprocessor
from keras_genzoo.training import train
from keras_genzoo.verification.table import Check, Row

TEXTS = ["to be or not to be", "that is the question", "to be is the question", "not that", ""]


def small_model(latent_dim=1, cell="lstm", seed=0):
    """An untrained `TextVAE` of words, with weights large enough for z to matter."""
    keras.utils.set_random_seed(seed)
    preprocessor = TextPreprocessor.learn(TEXTS, level="words")
    size = preprocessor.vocabulary_size
    encoder = RecurrentPosterior(size, 6, 8, latent_dim, cell=cell)
    decoder = RecurrentDecoder(size, 6, 12, cell=cell, context_dim=latent_dim)
    for variable in [*encoder.trainable_variables, *decoder.trainable_variables]:
        variable.assign(variable * 2.0)
    return TextVAE(encoder, decoder, preprocessor)


def cut():
    """A decoder that cannot see z is the language model of the same weights, and a posterior that is the prior is free.

    Bowman et al. 2016, section 3: this is what a collapsed model has become.
    """
    for cell in ("lstm", "gru"):
        model = small_model(latent_dim=3, cell=cell)
        blind = [model.decoder.context_kernel]
        for layer in [*model.decoder.first_states.values(), *model.encoder.posterior.values()]:
            blind += layer.variables
        for variable in blind:
            variable.assign(tf.zeros_like(variable))
        network = RecurrentDecoder(model.decoder.vocabulary_size, 6, 12, cell=cell)
        weights = {_within(variable): variable for variable in model.decoder.trainable_variables}
        for variable in network.trainable_variables:
            variable.assign(weights[_within(variable)])
        expected = LanguageModel(network, model.preprocessor).score(TEXTS)["nats"]
        for count in (1, 20):
            bounds = model.bounds(TEXTS, num_samples=count)
            yield Row(f"{cell}, z cut off: KL", bounds["kl"].max(), 0.0, "=", 1e-6, "largest, nats")
            difference = np.max(np.abs(bounds["nats"] - expected))
            detail = f"largest difference to the language model, K = {count}"
            yield Row(f"{cell}, z cut off: importance-weighted NLL", difference, 0.0, "=", 1e-4, detail)


def _within(variable):
    """The path of a weight inside its network."""
    return variable.path.split("/", 1)[1]


def bounds():
    """The importance-weighted bound grows with K and comes close to the integral over a code of one dimension."""
    model, grid, seeds = small_model(), np.linspace(-9.0, 9.0, 1801, dtype="float32"), 100
    layer = model.encoder.posterior["z_log_var"]
    layer.kernel.assign(tf.zeros_like(layer.kernel))
    layer.bias.assign([0.2])  # wider than the true posterior, so that no weight is far above the others
    ids = model.preprocessor(TEXTS)
    z = np.repeat(grid[:, None, None], len(TEXTS), axis=1)
    log_joint = -model._sentence_nll(ids, tf.constant(z), None).numpy().astype("float64")
    log_joint -= 0.5 * grid[:, None].astype("float64") ** 2 + 0.5 * np.log(2 * np.pi)
    exact = float(np.mean(np.log(np.exp(log_joint).sum(axis=0) * (grid[1] - grid[0]))))
    found = {k: [-model.score(TEXTS, k, seed)["nats"].mean() for seed in range(seeds)] for k in (1, 5, 50)}
    many = model.bounds(TEXTS, 5000, seed=seeds)
    means = {**{k: float(np.mean(values)) for k, values in found.items()}, 5000: -float(many["nats"].mean())}
    error = 4 * float(np.std(found[1])) / seeds**0.5
    yield Row("bound of 1 sample against the ELBO", means[1], many["elbo"].mean(), "=", error, "4 standard errors")
    for fewer, more in ((1, 5), (5, 50), (50, 5000)):
        yield Row(f"bound of {more} against {fewer} samples", means[more], means[fewer], ">=", 0.03, "nats a sentence")
    yield Row("bound of 5,000 samples against log p", means[5000], exact, "=", 0.05, "log p by an integral over z")


def padding():
    """More padding, and other rows in the batch, leave what is said of a sentence as it is."""
    model = small_model(latent_dim=2, cell="gru")
    ids = model.preprocessor(TEXTS)
    plain = model._bounds_ids(ids, None, tf.constant(30), tf.constant(1))
    padded = model._bounds_ids(tf.pad(ids[::-1], [[0, 0], [0, 6]]), None, tf.constant(30), tf.constant(1))
    for name in ("nats", "kl", "reconstruction_nll"):
        difference = float(tf.reduce_max(tf.abs(plain[name] - padded[name][::-1])))
        yield Row(f"{name}, reversed and padded", difference, 0.0, "=", 1e-4, "largest difference, nats")


def grammar():
    """Of a language whose entropy is known, no model has a lower mean of nats."""
    recipe, settings = recipes.get("text-vae-grammar"), {"epochs": 3}
    splits = recipe.load(recipe.settings(**settings))
    model, _ = train(recipe, splits=splits, verbose=0, **settings)
    texts = splits.test.texts[:1000]
    nats = float(np.mean(model.score(texts, num_samples=100)["nats"]))
    truth = Grammar(RULES, "SENTENCE")
    exact = -float(np.mean([truth.log_probability(text) for text in texts]))
    yield Row("text-vae-grammar, nats a sentence", nats, 1.15 * exact, "<=", 0.0, "15 % above the exact mean, 3 epochs")
    yield Row("and not below the exact mean", nats, exact, ">=", 0.05, "of the very test sentences, K = 100")


CHECKS = (
    Check("text VAE without z", "text VAE", cut),
    Check("importance-weighted bound of texts", "text VAE", bounds),
    Check("padding of a text VAE", "text VAE", padding),
    Check("entropy of the grammar, text VAE", "text VAE", grammar),
)
