"""What the benchmarks share: threads, the machine's description, the workloads, and writing the result."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf

from keras_genzoo import networks
from keras_genzoo.benchmark import variational

sys.modules.setdefault("triton", None)  # PyTorch loads it if it is there, and a process that has TensorFlow crashes
try:
    import torch
except ImportError:
    torch = None

RESULTS = pathlib.Path(__file__).parent / "results"
README = RESULTS.with_name("README.md")


def conv():
    """New convolutional networks, of the architecture of the Keras example."""
    encoder = networks.conv_encoder(variational.EVENT_SHAPE, latent_dim=2, filters=(32, 64), units=(16,))
    return encoder, networks.conv_decoder(2, variational.EVENT_SHAPE, filters=(64, 32), units=())


SMALL = variational.DENSE
WIDE = variational.Workload("dense VAE 784-256-64", variational.dense((256,), 64, "relu"), batch_size=128)
CONV = variational.Workload("conv VAE 32-64-16-2", conv, batch_size=128, recipe="conv-vae-mnist")


def arguments(description):
    """Reads the command line and gives both frameworks the same number of threads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1, help="of each framework; default 1")
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds; default 9")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it works; writes no result")
    given = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    if torch is None:
        print("PyTorch is not installed: its rows are left out. `pip install torch` brings them.")
    else:
        torch.set_num_threads(given.threads)
    return given


def training_arguments(description, quick):
    """The command line of the benchmarks that train recipes, as a parser; `quick` says what `--quick` leaves out."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-dir", help="folder of data sets; default GENZOO_DATA_DIR")
    parser.add_argument("--quick", action="store_true", help=f"{quick}; writes no result")
    return parser


@contextlib.contextmanager
def run_folders(parser):
    """The arguments, with `runs`, a folder in which a benchmark that is interrupted is gone on with."""
    parser.add_argument("--runs", help="folder for the runs, by which it can be interrupted; default a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        given.runs = pathlib.Path(given.runs or temporary)
        yield given


def machine():
    """What the figures depend on, as a dict without names or dates."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "torch": torch.__version__ if torch else None,
    }


def _cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    vectors = " with AVX-512" if any(line.startswith("flags") and " avx512f" in line for line in lines) else ""
    return (names[0] if names else platform.machine()) + vectors


def report(name, rows, given):
    """Prints the table; unless the run was a quick one, writes it to `results/NAME.json` and into the README.

    The file keeps the runs with other numbers of threads, if they are of the same machine and packages.
    """
    described, path = machine(), RESULTS / f"{name}.json"
    before = json.loads(path.read_text()) if path.exists() and not given.quick else {}
    kept = before["runs"] if before.get("machine") == described else {}
    runs = dict(sorted({**kept, str(given.threads): {"rounds": given.rounds, "rows": rows}}.items()))
    rounds = ", ".join(f"{run['rounds']} rounds with {_threads(number)}" for number, run in runs.items())
    line = ", ".join(f"{key} {value}" for key, value in described.items()) + f"; {rounds}"
    publish(name, line, formatted(runs), {"machine": described, "runs": runs}, write=not given.quick)


def formatted(runs):
    """A Markdown table with two columns for every number of threads."""
    head = ["workload", "contender"]
    for number in runs:
        head += [f"ms, {_threads(number)}", f"ours / it, {_threads(number)}"]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "---:|---:|" * len(runs)]
    tables = [{(row["workload"], row["contender"]): row for row in run["rows"]} for run in runs.values()]
    for key in {key: None for table in tables for key in table}:
        found = [table.get(key) for table in tables]
        cells = ["{milliseconds:.3g} | {ratio:.2f}".format(**row) if row else " | " for row in found]
        lines.append("| " + " | ".join([*key, *cells]) + " |")
    return "\n".join(lines)


def _threads(number):
    return "1 thread" if number == "1" else f"{number} threads"


def publish(name, line, table, result, write=True):
    """Prints a table and the line above it; if asked to, writes `results/NAME.json` and the README's table."""
    above = f"{line}\n\n" if line else ""
    print(f"\n{above}{table}")
    before, marker, rest = README.read_text().partition(f"<!-- {name} -->\n")
    after = rest[rest.index("<!-- end -->") :]  # a table without a place is an error when nothing is written, too
    if not write:
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    README.write_text(f"{before}{marker}\n{above}{table}\n\n{after}")
