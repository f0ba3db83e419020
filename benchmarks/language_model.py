"""Time of a training step and of a generated character: this package, tutorials' ways, and PyTorch."""

import os
import sys
import tempfile

if "MALLOC_TRIM_THRESHOLD_" not in os.environ:  # or PyTorch's LSTM spends a third of its time in page faults
    tuned = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **tuned})

from common import arguments, report, torch

from keras_genzoo import benchmark
from keras_genzoo.benchmark import language_model
from keras_genzoo.preprocessing.text import NUM_SPECIAL

STEP, PREDICT = "tf.function of a step", "predict of a window"
BATCHES = (1, 64)


def torch_model(workload):
    import torch_lstm

    size = len(language_model.CHARACTERS) + NUM_SPECIAL
    return torch_lstm.LanguageModel(size, workload.embedding_dim, workload.units, workload.num_layers)


def training(workload, steps):
    """From name to a function that runs one epoch of so many steps."""
    split = language_model.synthetic_split(workload, steps)
    made = {
        benchmark.OURS: language_model.ours(workload, split, steps),
        benchmark.TUTORIAL: language_model.tutorial(workload, split, steps),
    }
    if torch is not None:
        import torch_lstm

        made["torch"] = torch_lstm.trained(
            torch_model(workload), split.running_ids, language_model.WINDOW, workload.batch_size, steps
        )
    return made


def generation(workload, folder, batch_size, length):
    """From name to a function that writes `length` characters in each row, and the length if it is another."""
    few = max(1, length // 50)
    made = {
        benchmark.OURS: (language_model.served(folder, batch_size, length), length),
        STEP: (language_model.stepped(workload, batch_size, length), length),
        PREDICT: (language_model.predicted(workload, batch_size, few), few),
    }
    if torch is not None:
        model = torch_model(workload)
        made["torch"] = (lambda: model.generate(batch_size, length, NUM_SPECIAL), length)
    return made


def timed_generation(workload, length, rounds):
    """The rows of both batch sizes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        preprocessor = language_model.synthetic_split(workload, 1).encoding.preprocessor
        language_model.our_model(workload, preprocessor).export(folder)
        for batch_size in BATCHES:
            made = generation(workload, folder, batch_size, length)
            seconds = benchmark.interleaved({name: run for name, (run, _) in made.items()}, rounds)
            scaled = {name: [s * length / made[name][1] for s in times] for name, times in seconds.items()}
            rows += benchmark.rows(f"{workload.name}, a character, batch {batch_size}", scaled, length)
    return rows


def main():
    given = arguments(__doc__)
    rounds = 1 if given.quick else given.rounds
    rows = []
    for workload, steps in ((language_model.SMALL, 20), (language_model.LARGE, 5)):
        steps = 1 if given.quick else steps
        if not given.quick or workload is language_model.SMALL:
            seconds = benchmark.interleaved(training(workload, steps), rounds)
            rows += benchmark.rows(f"{workload.name}, a training step", seconds, steps)
            print(benchmark.format_rows(rows[-len(seconds) :]), flush=True)
    rows += timed_generation(language_model.SMALL, 100 if given.quick else 500, rounds)
    report("language_model", rows, given)


if __name__ == "__main__":
    main()
