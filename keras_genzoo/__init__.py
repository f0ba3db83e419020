"""A zoo of correct, runnable generative models for Keras 3 on TensorFlow."""

import importlib
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "keras_genzoo runs on TensorFlow. Expected KERAS_BACKEND=tensorflow, set before keras is imported. "
        f"Received: {keras.backend.backend()}"
    )

from keras_genzoo import data, layers, losses, metrics, models, networks, recipes
from keras_genzoo.models import VAE
from keras_genzoo.version import __version__

_LAZY = {"evaluate": "evaluation", "export": "export", "train": "training", "tune": "tuning"}


def __getattr__(name):
    """Loads `train`, `evaluate`, `export` and `tune` when they are first used."""
    if name not in _LAZY:
        raise AttributeError(f"module 'keras_genzoo' has no attribute {name!r}")
    return getattr(importlib.import_module(f"keras_genzoo.{_LAZY[name]}"), name)


__all__ = [
    "VAE",
    "__version__",
    "data",
    "evaluate",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "recipes",
    "train",
    "tune",
]
