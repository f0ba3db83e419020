"""Time of a training step of a text VAE: this package, a tutorial's way, and PyTorch."""

import os
import sys

if "MALLOC_TRIM_THRESHOLD_" not in os.environ:  # or PyTorch's LSTM spends a third of its time in page faults
    tuned = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **tuned})

from common import arguments, report, torch

from keras_genzoo import benchmark
from keras_genzoo.benchmark import text_vae
from keras_genzoo.benchmark.text_vae import DEFAULT as WORKLOAD
from keras_genzoo.preprocessing.text import NUM_SPECIAL


def contenders(split):
    """From name to a function that runs one epoch."""
    made = {benchmark.OURS: text_vae.ours(WORKLOAD, split), benchmark.TUTORIAL: text_vae.tutorial(WORKLOAD, split)}
    if torch is not None:
        import torch_text_vae

        sizes = (WORKLOAD.words + NUM_SPECIAL, WORKLOAD.embedding_dim, WORKLOAD.units, WORKLOAD.latent_dim)
        made["torch"] = torch_text_vae.trained(
            torch_text_vae.TextVAE(*sizes), text_vae.padded(split), WORKLOAD.batch_size
        )
    return made


def main():
    given = arguments(__doc__)
    rounds, steps = (1, 2) if given.quick else (given.rounds, 20)
    split = text_vae.synthetic_split(WORKLOAD, steps)
    seconds = benchmark.interleaved(contenders(split), rounds)
    report("text_vae", benchmark.rows(f"{WORKLOAD.name}, a training step", seconds, steps), given)


if __name__ == "__main__":
    main()
