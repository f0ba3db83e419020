"""How long this package takes beside the usual ways of doing the same, in one interleaved run."""

from keras_genzoo.benchmark import variational
from keras_genzoo.benchmark.measuring import FLOOR, OURS, TUTORIAL, format_rows, interleaved, rows

__all__ = ["FLOOR", "OURS", "TUTORIAL", "benchmark", "format_rows", "interleaved", "rows"]


def benchmark(quick=False):
    """Trains a dense VAE our way and a tutorial's way, and times the matrix products of its step.

    Args:
        quick: bool. A few steps of each, to see that it works; the figures then mean little. Defaults to `False`,
            which takes less than a minute.

    Returns:
        list of dicts with `workload`, `contender`, `milliseconds` a step, and `ratio`: our time over its time.
        `format_rows` makes the table of them.
    """
    steps, rounds = (2, 1) if quick else (413, 5)
    workload = variational.DENSE
    split = variational.synthetic_split(steps * workload.batch_size)
    contenders = {
        OURS: variational.ours(workload, split),
        TUTORIAL: variational.tutorial(workload, split),
        FLOOR: variational.matrix_products(workload, steps),
    }
    return rows(workload.name, interleaved(contenders, rounds), steps)
