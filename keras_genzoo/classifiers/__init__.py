"""The classifiers whose features measure samples: one that the package carries, others trained when asked for."""

from keras_genzoo.classifiers.building import SETTINGS, build
from keras_genzoo.classifiers.embedded import EMBEDDED, embedded
from keras_genzoo.classifiers.features import Features
from keras_genzoo.classifiers.lookup import Judge, judge_of, labelled

__all__ = ["EMBEDDED", "SETTINGS", "Features", "Judge", "build", "embedded", "judge_of", "labelled"]
