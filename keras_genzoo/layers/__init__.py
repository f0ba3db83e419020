"""Layers that the models share."""

from keras_genzoo.layers.sampling import Sampling

__all__ = ["Sampling"]
