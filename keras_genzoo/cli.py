"""The command line, `genzoo`."""

import ast
import contextlib
import json
import os
import sys
import tempfile

from keras_genzoo import memory
from keras_genzoo.parser import make_parser


def main(arguments=None):
    """Runs one command; returns the exit code.

    0 is success, 1 what `verify` or `inspect` found to be wrong, 2 bad input or a failed check of an export, with one
    line on standard error.
    """
    parsed = make_parser(COMMANDS).parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    memory.keep_freed()
    try:
        with _quiet():
            import keras_genzoo.recipes  # noqa: F401  # TensorFlow's first lines pass by its own switch
        return parsed.command(parsed) or 0
    except (ValueError, OSError, ImportError, RuntimeError) as error:  # the last of an export that is not as it should
        if os.environ.get("GENZOO_DEBUG"):
            raise
        print(f"genzoo: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("genzoo: interrupted; a run goes on with --resume, a search with the same command", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _quiet():
    """Holds back what native code writes to standard error, and gives it out if the block fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _list(arguments):
    from keras_genzoo import data, recipes

    rows = [("RECIPE", "DATA", "FROM", "MINUTES", "HEADLINE", "DESCRIPTION")]
    for recipe in map(recipes.get, recipes.names()):
        origin = "embedded" if recipe.dataset in data.embedded.SOURCES else "--data-dir"
        origin += " or download" * (recipe.dataset in data.origins.DOWNLOADED)
        rows.append((recipe.name, recipe.dataset, origin, f"{recipe.minutes:g}", recipe.headline, recipe.description))
    _print_table(rows)


def _train(arguments):
    from keras_genzoo import evaluation, training
    from keras_genzoo.manifest import load_manifest

    run_dir = arguments.run_dir or os.path.join("runs", arguments.recipe)
    finished = arguments.resume and os.path.isfile(os.path.join(run_dir, training.MANIFEST))
    folder = training.run(
        arguments.recipe,
        run_dir=run_dir,
        data_dir=arguments.data_dir,
        resume=arguments.resume,
        verbose=_verbosity(),
        language_model=arguments.language_model,
        **_overrides(arguments.set),
    )
    if finished:
        print(f"Already finished: {folder}")
    print(evaluation.format_results(load_manifest(folder)["metrics"]))
    print(f"\n{folder}: 1/ (SavedModel), model.keras, manifest.json, README.md, pictures/, logs/")


def _evaluate(arguments):
    from keras_genzoo import artifacts, evaluation

    results = artifacts.evaluate(
        arguments.path, data_dir=arguments.data_dir, split=arguments.split, num_samples=arguments.num_samples,
        verbose=0 if arguments.json else _verbosity(), language_model=arguments.language_model,
    )  # fmt: skip
    print(json.dumps(results, indent=2) if arguments.json else evaluation.format_results(results))


def _generate(arguments):
    from keras_genzoo import artifacts

    names = (
        "label", "prompts", "input", "max_length", "temperature", "top_k", "top_p", "beam_width", "length_penalty",
    )  # fmt: skip
    options = {name: getattr(arguments, name) for name in names}
    made = artifacts.generate(arguments.path, arguments.out, arguments.num_samples, arguments.seed, **options)
    if arguments.out is None and isinstance(made, list):
        separator = "\n\n" if any("\n" in text for text in made) else "\n"
        print(separator.join(made), end="\n" if made else "")
    else:
        print(arguments.out or made)


def _tune(arguments):
    from keras_genzoo import tuning

    result = tuning.tune(
        arguments.recipe,
        max_trials=arguments.max_trials,
        tuner=arguments.tuner,
        run_dir=arguments.run_dir,
        data_dir=arguments.data_dir,
        verbose=_verbosity(),
        **_overrides(arguments.set),
    )
    print(result.summary())


def _export(arguments):
    from keras_genzoo import exporting

    print(exporting.copy(arguments.run, arguments.to))


def _inspect(arguments):
    from keras_genzoo import inspection

    contents = inspection.inspect(arguments.path)
    print(inspection.format_inspection(contents))
    return 0 if set(contents["checksums"].values()) <= {"ok"} else 1


def _verify(arguments):
    from keras_genzoo import verification

    def progress(number, total, check):
        print(f"[{number}/{total}] {check.name}", file=sys.stderr, flush=True)

    rows = verification.verify(progress)
    print(verification.format_rows(rows))
    return 0 if all(row.passed for row in rows) else 1


def _benchmark(arguments):
    from keras_genzoo import benchmark

    print(benchmark.format_rows(benchmark.benchmark(quick=arguments.quick)))


def _verbosity():
    """A progress bar on a terminal, a line an epoch elsewhere."""
    return 1 if sys.stdout.isatty() else 2


def _overrides(pairs):
    """`NAME=VALUE` strings to a dict; a value is a Python literal, a list without brackets, or else a string."""
    overrides = {}
    for pair in pairs or ():
        name, separator, text = pair.partition("=")
        if not separator or not name.isidentifier():
            raise ValueError(f"Cannot read an override. Expected NAME=VALUE. Received: --set {pair}")
        try:
            overrides[name] = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            overrides[name] = {"true": True, "false": False}.get(text.lower(), text)
    return overrides


def _print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


COMMANDS = {
    "list": _list,
    "train": _train,
    "evaluate": _evaluate,
    "generate": _generate,
    "tune": _tune,
    "export": _export,
    "inspect": _inspect,
    "verify": _verify,
    "benchmark": _benchmark,
}


if __name__ == "__main__":
    sys.exit(main())
