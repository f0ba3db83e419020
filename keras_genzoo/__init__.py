"""A zoo of correct, runnable generative models for Keras 3 on TensorFlow."""

import importlib
import os
import sys

from keras_genzoo.version import __version__

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

_MODULES = (
    "classifiers", "data", "layers", "losses", "metrics", "models", "networks", "optimizers", "preprocessing",
    "recipes",
)  # fmt: skip
_LAZY = ("baselines", "memory", "visualization")
_NAMES = {
    "FusedAdam": "optimizers",
    "GAN": "models",
    "LanguageModel": "models",
    "Seq2Seq": "models",
    "TextVAE": "models",
    "VAE": "models",
    "evaluate": "evaluation",
    "export": "exporting",
    "train": "training",
    "tune": "tuning",
}


def __getattr__(name):
    """Loads a part of the package when it is first used."""
    if name in (*_MODULES, *_LAZY):
        return importlib.import_module(f"keras_genzoo.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"keras_genzoo.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'keras_genzoo' has no attribute {name!r}")


def _is_command_line():
    """Whether this process is `genzoo`, or `python -m` with this package and not with one that imports it."""
    started = os.path.basename(sys.argv[0] if sys.argv else "")
    if started == "-m":  # while Python looks for the module to run
        asked = sys.orig_argv[sys.orig_argv.index("-m") + 1 :] if "-m" in sys.orig_argv else []
        return asked[:1] in (["keras_genzoo"], ["keras_genzoo.cli"])
    return started in ("genzoo", "genzoo.exe")


# Keras finds classes of a saved model once they are imported. The command line alone does without: it loads TensorFlow
# itself, silenced, and not at all for --help.
if not _is_command_line():
    for _module in _MODULES:
        importlib.import_module(f"keras_genzoo.{_module}")

__all__ = ["__version__", *_MODULES, *_NAMES, *_LAZY]
