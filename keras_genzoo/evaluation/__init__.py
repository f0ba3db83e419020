"""One call, one dictionary: what a trained model is worth on held-out data. A module here a family."""

from keras_genzoo.evaluation import (  # noqa: F401  # they register themselves
    classifier,
    generation,
    language_model,
    seq2seq,
    text_vae,
    vae,
)  # fmt: skip
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.evaluation.results import format_results
from keras_genzoo.evaluation.text_samples import load_language_model
from keras_genzoo.evaluation.understanding import few_labels, format_few_labels

__all__ = ["evaluate", "few_labels", "format_few_labels", "format_results", "load_language_model"]
