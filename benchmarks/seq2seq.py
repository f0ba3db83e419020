"""Time of a training step and of a translated sentence: this package, tutorials' ways, and PyTorch."""

import os
import sys
import tempfile

if "MALLOC_TRIM_THRESHOLD_" not in os.environ:  # or PyTorch's GRU spends a third of its time in page faults
    tuned = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **tuned})

from common import arguments, report, torch

from keras_genzoo import benchmark
from keras_genzoo.benchmark import seq2seq
from keras_genzoo.benchmark.seq2seq import DEFAULT as WORKLOAD
from keras_genzoo.preprocessing import START
from keras_genzoo.preprocessing.text import NUM_SPECIAL

STEP, PREDICT, BEAM = "tf.function of a step", "predict of all so far", "keras_genzoo, beam 5"
BATCHES = (1, 64)


def torch_model():
    import torch_seq2seq

    return torch_seq2seq.Seq2Seq(WORKLOAD.words + NUM_SPECIAL, WORKLOAD.embedding_dim, WORKLOAD.units)


def training(split):
    """From name to a function that runs one epoch."""
    made = {benchmark.OURS: seq2seq.ours(WORKLOAD, split), benchmark.TUTORIAL: seq2seq.tutorial(WORKLOAD, split)}
    if torch is not None:
        import torch_seq2seq

        made["torch"] = torch_seq2seq.trained(torch_model(), *seq2seq.padded(split), WORKLOAD.batch_size)
    return made


def translation(folder, source_ids):
    """From name to a function that translates the sources."""
    made = {
        benchmark.OURS: seq2seq.served(folder, source_ids),
        BEAM: seq2seq.served(folder, source_ids, beam_width=5),
        STEP: seq2seq.stepped(WORKLOAD, source_ids),
        PREDICT: seq2seq.predicted(WORKLOAD, source_ids),
    }
    if torch is not None:
        model, ids = torch_model(), torch.from_numpy(source_ids).long()
        made["torch"] = lambda: model.generate(ids, START, seq2seq.WRITTEN)
    return made


def main():
    given = arguments(__doc__)
    rounds, steps = (1, 2) if given.quick else (given.rounds, 20)
    split = seq2seq.synthetic_split(WORKLOAD, steps)
    rows = benchmark.rows(f"{WORKLOAD.name}, a training step", benchmark.interleaved(training(split), rounds), steps)
    print(benchmark.format_rows(rows), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        seq2seq.endless(seq2seq.our_model(WORKLOAD, split.encoding.preprocessor)).export(folder)
        for batch_size in BATCHES:
            source_ids = seq2seq.padded(split)[0][:batch_size, : seq2seq.WRITTEN]
            seconds = benchmark.interleaved(translation(folder, source_ids), rounds)
            rows += benchmark.rows(f"{WORKLOAD.name}, a sentence, batch {batch_size}", seconds, batch_size)
    report("seq2seq", rows, given)


if __name__ == "__main__":
    main()
