"""Layers that the models share."""

from keras_genzoo import backend  # noqa: F401  # refuses another backend than TensorFlow
from keras_genzoo.layers.attention import BahdanauAttention, UniformAttention
from keras_genzoo.layers.conditional import ConditionalRecurrent
from keras_genzoo.layers.fourier import FourierFeatures
from keras_genzoo.layers.luong import LuongAttention
from keras_genzoo.layers.recurrent import Recurrent
from keras_genzoo.layers.sampling import Sampling
from keras_genzoo.layers.stack import RecurrentStack

__all__ = [
    "BahdanauAttention", "ConditionalRecurrent", "FourierFeatures", "LuongAttention", "Recurrent", "RecurrentStack",
    "Sampling", "UniformAttention",
]  # fmt: skip
