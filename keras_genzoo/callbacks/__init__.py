"""Callbacks: what a model draws while it learns, and alarms for the ways in which it can fail."""

from keras_genzoo.callbacks.adversarial import DiscriminatorMonitor, ModeCollapseMonitor
from keras_genzoo.callbacks.divergence import StopWhenDiverged
from keras_genzoo.callbacks.pictures import ModelPictures, SampleImages
from keras_genzoo.callbacks.recording import measuring, recording
from keras_genzoo.callbacks.texts import SampleTexts
from keras_genzoo.callbacks.translations import SampleTranslations
from keras_genzoo.callbacks.variational import (
    ImportanceWeightedBound,
    PosteriorCollapseMonitor,
    SentenceBound,
    SentenceCollapseMonitor,
)

__all__ = [
    "DiscriminatorMonitor",
    "ImportanceWeightedBound",
    "ModeCollapseMonitor",
    "ModelPictures",
    "PosteriorCollapseMonitor",
    "SampleImages",
    "SampleTexts",
    "SampleTranslations",
    "SentenceBound",
    "SentenceCollapseMonitor",
    "StopWhenDiverged",
    "measuring",
    "recording",
]
