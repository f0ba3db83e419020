"""Metrics: running means with a direction, and measures of latent codes."""

from keras_genzoo.metrics.latent import active_units, mutual_information
from keras_genzoo.metrics.means import DirectedMean
from keras_genzoo.metrics.perplexity import Perplexity

__all__ = ["DirectedMean", "Perplexity", "active_units", "mutual_information"]
