"""The use of artefacts: measuring their weights, generating by their SavedModel."""

from keras_genzoo.artifacts.generation import generate
from keras_genzoo.artifacts.measuring import evaluate

__all__ = ["evaluate", "generate"]
