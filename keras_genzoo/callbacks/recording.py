"""What a run writes down of a model while it learns, by its family."""

import dataclasses
import functools
import math

from keras_genzoo.callbacks.pictures import ModelPictures, SampleImages
from keras_genzoo.callbacks.texts import SampleTexts
from keras_genzoo.callbacks.translations import SampleTranslations
from keras_genzoo.callbacks.variational import ImportanceWeightedBound, SentenceBound, SentenceCollapseMonitor
from keras_genzoo.data import embedded
from keras_genzoo.models import GAN, VAE, LanguageModel, Seq2Seq, TextVAE
from keras_genzoo.models.text import labelled, longest

TIMES = 20  # in a run
PICTURED, APART = 3, 10  # how often in a run all pictures are drawn, and after how many epochs at least
TRANSLATIONS = 200  # of the validation split
BOUND_EXAMPLES, BOUND_SAMPLES = 1000, 200
SENTENCES, SENTENCE_SAMPLES, DRAWN = 500, 20, 8


@functools.singledispatch
def measuring(model, splits, every):
    """The callbacks that log what the metrics do not say; a family adds its own with `@measuring.register(Class)`.

    Args:
        model: to be trained.
        splits: `keras_genzoo.data.Splits`.
        every: int, epochs from one measurement to the next.

    Returns:
        list of Keras callbacks.
    """
    return []


@measuring.register(VAE)
def _(model, splits, every):
    return [ImportanceWeightedBound(splits.validation.some(BOUND_EXAMPLES), num_samples=BOUND_SAMPLES, every=every)]


@measuring.register(TextVAE)
def _(model, splits, every):
    held_out = splits.validation.take(SENTENCES)
    return [
        SentenceCollapseMonitor(labelled(model, held_out.texts, held_out.labels), every=every),
        SentenceBound(held_out, num_samples=SENTENCE_SAMPLES, every=every),
    ]


@functools.singledispatch
def recording(model, splits, run_dir, epochs):
    """The callbacks of a run; a family adds its own with `@recording.register(Class)`.

    Args:
        model: to be trained.
        splits: `keras_genzoo.data.Splits`.
        run_dir: `pathlib.Path`; samples go to its `progress/`, summaries to its `logs/`.
        epochs: int, of the run.

    Returns:
        list of Keras callbacks. Those whose numbers belong in the history come first.
    """
    return []


@recording.register(VAE)
def _(model, splits, run_dir, epochs):
    seen = dataclasses.replace(splits, test=splits.validation)  # the test part is for the end
    drawn = ModelPictures(seen, run_dir / "logs", every=max(APART, math.ceil(epochs / PICTURED)))
    return [*measuring(model, splits, max(1, epochs // TIMES)), _pictures(run_dir, epochs), drawn]


@recording.register(GAN)
def _(model, splits, run_dir, epochs):
    modes = embedded.MODES.get(splits.info["name"])
    return [_pictures(run_dir, epochs, centers=None if modes is None else modes[0]())]


@recording.register(LanguageModel)
def _(model, splits, run_dir, epochs):
    return [SampleTexts(run_dir / "progress", every=max(1, epochs // TIMES))]


@recording.register(Seq2Seq)
def _(model, splits, run_dir, epochs):
    held_out, every = splits.validation.take(TRANSLATIONS), max(1, epochs // TIMES)
    return [SampleTranslations(held_out, run_dir / "progress", every=every)]


@recording.register(TextVAE)
def _(model, splits, run_dir, epochs):
    every = max(1, epochs // TIMES)
    labels = None if model.num_classes is None else [i % model.num_classes for i in range(DRAWN)]
    max_length = longest(model.preprocessor, splits.validation.take(SENTENCES).texts)
    samples = SampleTexts(run_dir / "progress", DRAWN, max_length=max_length, every=every, labels=labels)
    return [*measuring(model, splits, every), samples]


def _pictures(run_dir, epochs, centers=None):
    every = max(1, epochs // TIMES)
    return SampleImages(run_dir / "progress", run_dir / "logs", every=every, centers=centers, animation=True)
