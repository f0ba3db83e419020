"""Time of an image: `generate` of this package, live and exported, `predict` of the decoder, and PyTorch."""

import tempfile

import keras
import tensorflow as tf
from common import CONV, SMALL, WIDE, arguments, report
from vae_training import torch_models

from keras_genzoo import VAE, benchmark

BATCH, IMAGES = 1024, 10_240
EXPORTED = "its SavedModel"


def contenders(workload, images, folder):
    """From name to a function that makes `images` images, a multiple of `BATCH`, as arrays."""
    encoder, decoder = workload.networks()
    vae = VAE(encoder, decoder)
    vae.export(folder)
    served = tf.saved_model.load(folder).signatures["generate"]
    probabilities = keras.Sequential([decoder, keras.layers.Activation("sigmoid")])
    z = tf.random.stateless_normal((images, vae.latent_dim), (0, 0)).numpy()
    seeds = range(images // BATCH)
    made = {
        benchmark.OURS: lambda: [vae.generate(BATCH, seed=seed).numpy() for seed in seeds],
        EXPORTED: lambda: [
            served(num_samples=tf.constant(BATCH), seed=tf.constant(seed))["images"].numpy() for seed in seeds
        ],
        "predict, batches of 32": lambda: probabilities.predict(z, batch_size=32, verbose=0),
        f"predict, batches of {BATCH}": lambda: probabilities.predict(z, batch_size=BATCH, verbose=0),
    }
    models = torch_models()
    if workload.name in models:
        model = models[workload.name]()
        made["torch"] = lambda: [model.generate(BATCH) for _ in seeds]
    return made


def main():
    given = arguments(__doc__)
    rows = []
    for workload in (SMALL, WIDE, CONV):
        images = BATCH if given.quick else IMAGES
        with tempfile.TemporaryDirectory() as folder:
            made = contenders(workload, images, folder)
            seconds = benchmark.interleaved(made, 1 if given.quick else given.rounds)
        rows += benchmark.rows(workload.name, seconds, images)
    report("generation", rows, given)


if __name__ == "__main__":
    main()
