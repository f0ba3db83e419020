"""Raw strings to token ids and back, inside the graph."""

from keras_genzoo.preprocessing.splitting import LEVELS, SPLITS
from keras_genzoo.preprocessing.strings import string_tensor
from keras_genzoo.preprocessing.text import END, PADDING, START, UNKNOWN, TextPreprocessor
from keras_genzoo.preprocessing.translation import TranslationPreprocessor

__all__ = [
    "END",
    "LEVELS",
    "PADDING",
    "SPLITS",
    "START",
    "UNKNOWN",
    "TextPreprocessor",
    "TranslationPreprocessor",
    "string_tensor",
]
