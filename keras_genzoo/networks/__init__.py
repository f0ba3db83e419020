"""Networks, without loss and without data: builders of functional models, and layers over token ids."""

from keras_genzoo.networks.convolutional import conv_decoder, conv_encoder
from keras_genzoo.networks.dense import dense_decoder, dense_encoder
from keras_genzoo.networks.recurrent import RecurrentDecoder

__all__ = ["RecurrentDecoder", "conv_decoder", "conv_encoder", "dense_decoder", "dense_encoder"]
