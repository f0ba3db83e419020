"""Time of a training step of a GAN: this package, a tutorial's way, PyTorch, and the step's matrix products alone."""

from common import arguments, report, torch

from keras_genzoo import benchmark
from keras_genzoo.benchmark import adversarial

STEPS = {adversarial.DENSE: 385, adversarial.CONV: 64}  # an epoch; multiples of the steps an execution


def contenders(workload, split):
    """From name to a function that runs one epoch of `split`."""
    steps = len(split) // workload.batch_size
    made = {
        benchmark.OURS: adversarial.ours(workload, split),
        benchmark.TUTORIAL: adversarial.tutorial(workload, split),
        benchmark.FLOOR: adversarial.matrix_products(workload, steps),
    }
    if torch is not None:
        import torch_gan

        networks = {adversarial.DENSE: torch_gan.dense, adversarial.CONV: torch_gan.convolutional}[workload]()
        made["torch"] = torch_gan.trained(networks, split.arrays["images"], workload.batch_size)
    return made


def main():
    given = arguments(__doc__)
    rows = []
    for workload, steps in STEPS.items():
        steps = 11 if given.quick else steps
        split = adversarial.synthetic_split(steps * workload.batch_size)
        seconds = benchmark.interleaved(contenders(workload, split), 1 if given.quick else given.rounds)
        rows += benchmark.rows(workload.name, seconds, steps)
        print(benchmark.format_rows(rows[-len(seconds) :]), flush=True)
    report("gan_training", rows, given)


if __name__ == "__main__":
    main()
