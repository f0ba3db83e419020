"""Networks, without loss and without data: builders of functional models, and layers over token ids."""

from keras_genzoo.networks.adversarial import mlp_discriminator, mlp_generator
from keras_genzoo.networks.attention import AttentionDecoder
from keras_genzoo.networks.classifier import conv_classifier
from keras_genzoo.networks.convolutional import conv_decoder, conv_encoder
from keras_genzoo.networks.dcgan import dcgan_discriminator, dcgan_generator
from keras_genzoo.networks.dense import dense_decoder, dense_encoder
from keras_genzoo.networks.encoder import RecurrentEncoder
from keras_genzoo.networks.posterior import RecurrentPosterior
from keras_genzoo.networks.recurrent import RecurrentDecoder

__all__ = [
    "AttentionDecoder",
    "RecurrentDecoder",
    "RecurrentEncoder",
    "RecurrentPosterior",
    "conv_classifier",
    "conv_decoder",
    "conv_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "dense_decoder",
    "dense_encoder",
    "mlp_discriminator",
    "mlp_generator",
]
