"""Raw strings to token ids and back, inside the graph."""

from keras_genzoo.preprocessing.strings import string_tensor
from keras_genzoo.preprocessing.text import END, LEVELS, PADDING, START, UNKNOWN, TextPreprocessor

__all__ = ["END", "LEVELS", "PADDING", "START", "UNKNOWN", "TextPreprocessor", "string_tensor"]
