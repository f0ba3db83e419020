"""The VAE's reductions, seeds and training objectives."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import data, losses, networks
from keras_genzoo.models import VAE
from keras_genzoo.verification.linear_gaussian import LinearGaussian
from keras_genzoo.verification.table import Check, Row


def reductions():
    """Figures are means over examples: neither the batch size nor a smaller last batch changes them."""
    world = LinearGaussian()
    x, model = world.sample(10), world.vae(stretch=1.3, widen=-80.0)  # a posterior so narrow that z is its mean
    whole = model.evaluate(x, batch_size=10, verbose=0, return_dict=True)
    for batch_size, name in ((1, "10 batches of 1"), (4, "batches of 4, 4 and 2")):
        parts = model.evaluate(x, batch_size=batch_size, verbose=0, return_dict=True)
        for key in ("elbo", "loss"):
            yield Row(f"evaluate: {key}, {name}", parts[key], whole[key], "=", 1e-4 * abs(whole[key]), "1 batch of 10")
    exact = float(np.mean(_narrow_elbo(world, x, 1.3, -80.0)))
    yield Row("summed over the event, averaged over the batch", whole["elbo"], exact, "=", 0.01, "NumPy")


def independence():
    """A row's score depends on the row alone, and `generate` on its arguments alone."""
    model, x = _digits_vae("elbo", 1), _binary(37)
    together = model.log_likelihood(x, 20, seed=1).numpy()
    alone = np.concatenate([model.log_likelihood(x[i : i + 1], 20, seed=1) for i in range(len(x))])
    yield Row("log_likelihood, batch against one by one", np.max(np.abs(together - alone)), 0.0, "=", 1e-3, "37 rows")
    first = model.generate(5, seed=3).numpy()
    model.evaluate(x, verbose=0)
    keras.utils.set_random_seed(99)
    yield Row("generate twice with one seed", np.max(np.abs(model.generate(5, seed=3) - first)), 0.0)
    yield Row("generate with another seed", np.max(np.abs(model.generate(5, seed=4) - first)), 0.01, ">=", 0.0)


def objectives(epochs=25):
    """An ELBO-trained model has the better ELBO, an IWAE-trained one the better importance-weighted bound."""
    splits = data.load("digits", binarization="static")
    x, scores = _binary(None), {}
    for objective, num_samples in (("elbo", 1), ("iwae", 20)):
        model = _digits_vae(objective, num_samples)
        model.fit(splits.train.batches(64), epochs=epochs, verbose=0)
        elbo = np.mean([tf.reduce_mean(model.log_likelihood(x, 1, seed=seed)) for seed in range(100)])
        scores[objective] = elbo, np.mean(model.log_likelihood(x, 500))
    detail = f"{len(x)} held-out digits, {epochs} epochs, nats"
    (elbo, bound), (iwae_elbo, iwae_bound) = scores["elbo"], scores["iwae"]
    yield Row("ELBO of the ELBO-trained, above the IWAE-trained", elbo, iwae_elbo, ">=", 0.0, detail)
    yield Row("bound of the IWAE-trained, above the ELBO-trained", iwae_bound, bound, ">=", 0.0, detail)


def replicas():
    """A step on two replicas is the step of one device, with other noise on each (in a process of its own)."""
    command = [sys.executable, "-m", "keras_genzoo.verification.replicas"]
    folder = pathlib.Path(__file__).parents[2]  # this package, wherever it was imported from
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if result.returncode:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    measured = json.loads(result.stdout.strip().splitlines()[-1])
    detail = "largest difference of a weight after 3 steps"
    yield Row("2 replicas = 1 device", measured["difference"], 0.0, "=", 1e-5, detail)
    yield Row("2 replicas = 1 device, GAN", measured["gan_difference"], 0.0, "=", 1e-5, detail)
    yield Row("noise of 2 replicas differs", measured["noise"], 0.01, ">=", 0.0, "smallest difference of 8 numbers")


def _narrow_elbo(world, x, stretch, widen):
    """The ELBO at z = z_mean in NumPy, `(batch,)`."""
    log_var = widen - np.log(world.precision)
    z = stretch * (x - world.bias) @ world.weights / world.scale**2 / world.precision
    squared = np.sum((x - z @ world.weights.T - world.bias) ** 2, axis=1) / world.scale**2
    log_likelihood = -0.5 * (squared + x.shape[1] * np.log(2 * np.pi * world.scale**2))
    return log_likelihood - 0.5 * np.sum(z**2 + np.exp(log_var) - 1 - log_var, axis=1)


def _binary(count):
    """The first `count` held-out digits, each pixel 0 or 1."""
    split = data.load("digits", binarization="static").test
    return next(iter(split.take(count).batches(len(split), drop_remainder=False)))


def _digits_vae(objective, num_samples):
    start = {"units": (32,), "activation": "tanh"}
    encoder = networks.dense_encoder((8, 8, 1), 8, **start)
    bias = losses.Bernoulli().output_bias(data.load("digits").train.mean)
    decoder = networks.dense_decoder(8, (8, 8, 1), output_bias=bias, **start)
    model = VAE(encoder, decoder, objective=objective, num_samples=num_samples)
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    return model


CHECKS = [
    Check("reductions", "VAE", reductions),
    Check("independence of rows and calls", "VAE", independence),
    Check("ELBO and IWAE objectives", "VAE", objectives),
    Check("replicas", "VAE, GAN", replicas),
]
