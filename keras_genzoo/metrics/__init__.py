"""Metrics: running means with a direction, and measures of latent codes and of texts."""

from keras_genzoo.metrics.latent import active_units, mutual_information
from keras_genzoo.metrics.means import DirectedMean
from keras_genzoo.metrics.perplexity import Perplexity
from keras_genzoo.metrics.texts import copy_rate, distinct, ngrams

__all__ = ["DirectedMean", "Perplexity", "active_units", "copy_rate", "distinct", "mutual_information", "ngrams"]
