"""Proves that an exported SavedModel does what the live model does, with neither Keras nor this package at hand.

Two sides that share a file of cases. `write_cases` runs beside the live model: inputs and its outputs, for several
batch sizes. This file, run as a script in a process of its own, loads the SavedModel with `keras`, `tf_keras` and
`keras_genzoo` blocked, compares, and measures latency; `run` starts that process. Both sides compute on the CPU.

    python serving_check.py SAVED_MODEL CASES.npz      prints one line of JSON
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

BLOCKED = ("keras", "tf_keras", "keras_genzoo")
BATCH_SIZES = (0, 1, 7, 257)  # none, one, an odd one and a large one
TIMED = (1, 257)
TOLERANCE = 1e-5  # absolute and relative; whole numbers and strings must be equal
CALLS, SECONDS = 20, 0.5  # of a latency measurement: the median of at most so many calls, for about so long


def write_cases(model, path, batch_sizes=BATCH_SIZES):
    """Writes inputs, and the live model's outputs on them, for every signature and batch size.

    Args:
        model: has `signatures()` and `example_inputs(batch_size)`, as `keras_genzoo.models.GenerativeModel`.
        path: of the `.npz` file to write; its keys are `signature|batch size|input or output|name`.
        batch_sizes: ints. Defaults to 0, 1, 7 and 257.
    """
    import tensorflow as tf

    arrays = {}
    with tf.device("/CPU:0"):
        signatures = model.signatures()
        graphs = {
            name: tf.function(function, input_signature=specs, autograph=False).get_concrete_function()
            for name, (function, specs) in signatures.items()
        }
        for size in batch_sizes:
            for name, inputs in model.example_inputs(size).items():
                specs = signatures[name][1]
                inputs = {spec.name: tf.constant(inputs[spec.name], spec.dtype) for spec in specs}
                for kind, values in (("input", inputs), ("output", graphs[name](*inputs.values()))):
                    arrays |= {f"{name}|{size}|{kind}|{key}": _storable(value) for key, value in values.items()}
    np.savez(path, **arrays)


def check(saved_model, cases):
    """Runs the cases on a SavedModel.

    Args:
        saved_model: path of its folder.
        cases: path of the file of `write_cases`.

    Returns:
        dict with `differences`, the largest by signature, relative to 1 + |expected|; `problems`, one line each; and
        `milliseconds`, the median of a call by signature and batch size.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(saved_model))
    report = {"differences": {}, "problems": [], "milliseconds": {}}
    for (name, size), case in _read_cases(cases).items():
        if name not in loaded.signatures:
            report["problems"].append(f"the signature {name!r} is missing")
            continue
        function, inputs = loaded.signatures[name], {key: tf.constant(x) for key, x in case["input"].items()}
        outputs = {key: _storable(value) for key, value in function(**inputs).items()}
        difference, problem = _compare(outputs, case["output"])
        report["differences"][name] = max(difference, report["differences"].get(name, 0.0))
        if problem:
            report["problems"].append(f"{name!r} at batch size {size}: {problem}")
        if size in TIMED:
            report["milliseconds"].setdefault(name, {})[str(size)] = _milliseconds(lambda f=function, x=inputs: f(**x))
    return report


def run(saved_model, cases):
    """`check` in a new process in which Keras and this package cannot be imported.

    Raises:
        RuntimeError: if the SavedModel cannot be loaded or run there; one line.
    """
    command = [sys.executable, str(pathlib.Path(__file__).resolve()), str(saved_model), str(cases)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise RuntimeError(f"The SavedModel does not run in plain TensorFlow, without {', '.join(BLOCKED)}: {last}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _storable(value):
    """A tensor or array as an array that needs no pickle: strings become bytes of fixed width."""
    array = np.asarray(value)
    return array.astype("S") if array.dtype == object else array


def _read_cases(path):
    """`{(signature, batch size): {"input": {name: array}, "output": {name: array}}}`"""
    cases = {}
    with np.load(path) as file:
        for key in file.files:
            signature, size, kind, name = key.split("|")
            case = cases.setdefault((signature, int(size)), {"input": {}, "output": {}})
            case[kind][name] = file[key]
    return cases


def _compare(outputs, expected):
    """The largest difference of two dictionaries of arrays, and what is wrong with it or `None`."""
    largest = 0.0
    if set(outputs) != set(expected):
        return largest, f"outputs {sorted(outputs)} in place of {sorted(expected)}"
    for name, wanted in expected.items():
        got = outputs[name]
        if got.shape != wanted.shape or got.dtype.kind != wanted.dtype.kind:
            return largest, f"{name} is {got.dtype} {got.shape} in place of {wanted.dtype} {wanted.shape}"
        if wanted.dtype.kind != "f":
            if not np.array_equal(got, wanted):
                return largest, f"{name} is not equal"
            continue
        same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))  # infinities too
        with np.errstate(invalid="ignore"):
            error = np.where(same, 0.0, np.abs(got - wanted) / (1 + np.abs(wanted)))
        difference = float(np.max(np.nan_to_num(error, nan=np.inf), initial=0.0))
        largest = max(largest, difference)
        if difference > TOLERANCE:
            return largest, f"{name} differs by {difference:.2g}, more than {TOLERANCE:g}"
    return largest, None


def _milliseconds(call):
    call()
    seconds = []
    while len(seconds) < CALLS and sum(seconds) < SECONDS:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return round(1000 * statistics.median(seconds), 4)


def main(saved_model, cases):
    here = pathlib.Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry).resolve() != here]  # our modules are no others'
    sys.modules.update(dict.fromkeys(BLOCKED))  # None makes their import fail
    os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    report = check(saved_model, cases)
    report["imported"] = sorted(name for name in BLOCKED if sys.modules.get(name) is not None)  # none, or all was vain
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
