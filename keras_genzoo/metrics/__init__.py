"""Metrics: running means with a direction, measures of latent codes, and the quality of samples and of texts."""

from keras_genzoo.metrics.copies import copying
from keras_genzoo.metrics.distances import nearest
from keras_genzoo.metrics.frechet import frechet_distance, gaussian_frechet_distance
from keras_genzoo.metrics.histograms import covered, histogram_kl
from keras_genzoo.metrics.kernel import kernel_distance
from keras_genzoo.metrics.latent import active_units, mutual_information
from keras_genzoo.metrics.manifolds import precision_recall
from keras_genzoo.metrics.means import DirectedMean
from keras_genzoo.metrics.modes import high_quality_share, mode_coverage, mode_reverse_kl, mode_spread
from keras_genzoo.metrics.perplexity import Perplexity
from keras_genzoo.metrics.samples import HighQualityShare, KernelDistance, ModeCoverage
from keras_genzoo.metrics.texts import copy_rate, distinct, ngrams
from keras_genzoo.metrics.translations import bleu, chrf, exact_match

__all__ = [
    "DirectedMean", "HighQualityShare", "KernelDistance", "ModeCoverage", "Perplexity", "active_units", "bleu", "chrf",
    "copy_rate", "copying", "covered", "distinct", "exact_match", "frechet_distance", "gaussian_frechet_distance",
    "high_quality_share", "histogram_kl", "kernel_distance", "mode_coverage", "mode_reverse_kl", "mode_spread",
    "mutual_information", "nearest", "ngrams", "precision_recall",
]  # fmt: skip
