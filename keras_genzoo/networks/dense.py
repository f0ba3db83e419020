"""Fully connected encoders and decoders."""

import math

import keras
import numpy as np

from keras_genzoo.networks.inputs import image_input, initial, latent_input, posterior


def dense_encoder(event_shape, latent_dim, units=(256,), activation="relu", num_classes=None, seed=0, name="encoder"):
    """Builds an encoder of fully connected layers.

    Args:
        event_shape: tuple, the shape of one example, of any rank.
        latent_dim: int, the dimensions of the code.
        units: tuple of int, the widths of the hidden layers. Defaults to `(256,)`.
        activation: str or function, of the hidden layers. Defaults to `"relu"`.
        num_classes: int or `None`. With a number the input is `{"images", "labels"}`, labels int32 `(batch,)`.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"encoder"`.

    Returns:
        A functional `keras.Model` from `(batch, *event_shape)` to `[z_mean, z_log_var]`, each `(batch, latent_dim)`.

    Example:

    >>> import keras_genzoo as genzoo
    >>> encoder = genzoo.networks.dense_encoder((28, 28, 1), latent_dim=20, units=(512, 256))
    >>> [tuple(output.shape) for output in encoder.outputs]
    [(None, 20), (None, 20)]
    """
    inputs, images, labels = image_input(event_shape, num_classes)
    hidden = keras.layers.Flatten(name="flatten")(images)
    if labels is not None:
        hidden = keras.layers.Concatenate()([hidden, labels])
    hidden = _hidden(hidden, units, activation, seed)
    return keras.Model(inputs, posterior(hidden, latent_dim, seed), name=name)


def dense_decoder(
    latent_dim, event_shape, units=(256,), activation="relu", num_classes=None, output_bias=None, seed=0, name="decoder"
):
    """Builds a decoder of fully connected layers.

    Args:
        latent_dim: int, the dimensions of the code.
        event_shape: tuple, the shape of one example, of any rank.
        units: tuple of int, the widths of the hidden layers. Defaults to `(256,)`.
        activation: str or function, of the hidden layers. Defaults to `"relu"`.
        num_classes: int or `None`. With a number the input is `{"z", "labels"}`, labels int32 `(batch,)`.
        output_bias: array broadcast to `event_shape`, where the output's bias starts, as
            `likelihood.output_bias(mean)` gives it (Burda et al. 2016, section 5). Defaults to 0.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"decoder"`.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to the likelihood's parameter, `(batch, *event_shape)`.
    """
    inputs, z = latent_input(latent_dim, num_classes)
    hidden = _hidden(z, units, activation, seed + 100)
    layer = keras.layers.Dense(math.prod(event_shape), name="parameters", dtype="float32", **initial(seed + 199))
    outputs = keras.layers.Reshape(tuple(event_shape), name="event", dtype="float32")(layer(hidden))
    if output_bias is not None:
        layer.bias.assign(np.broadcast_to(output_bias, event_shape).reshape(-1))
    return keras.Model(inputs, outputs, name=name)


def _hidden(hidden, units, activation, seed):
    for i, width in enumerate(units):
        layer = keras.layers.Dense(width, activation=activation, name=f"hidden_{i}", **initial(seed + i))
        hidden = layer(hidden)
    return hidden
