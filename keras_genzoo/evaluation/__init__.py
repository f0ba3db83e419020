"""One call, one dictionary: what a trained model is worth on held-out data. A module here a family."""

from keras_genzoo.evaluation import classifier, generation, language_model, seq2seq, vae  # noqa: F401  # they register themselves
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.evaluation.results import format_results

__all__ = ["evaluate", "format_results"]
