"""The model families."""

from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.classifier import Classifier
from keras_genzoo.models.ensemble import Ensemble, average_checkpoints
from keras_genzoo.models.gan import GAN
from keras_genzoo.models.language_model import LanguageModel
from keras_genzoo.models.seq2seq import Seq2Seq
from keras_genzoo.models.text_vae import TextVAE
from keras_genzoo.models.vae import VAE

__all__ = [
    "GAN", "VAE", "Classifier", "Ensemble", "GenerativeModel", "LanguageModel", "Seq2Seq", "TextVAE",
    "average_checkpoints",
]  # fmt: skip
