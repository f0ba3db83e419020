"""Convolutional encoders and decoders."""

import keras
import numpy as np

from keras_genzoo.networks.inputs import image_input, initial, latent_input, posterior


def conv_encoder(
    event_shape, latent_dim, filters=(32, 64), units=(256,), activation="relu", num_classes=None, seed=0, name="encoder"
):
    """Builds an encoder of 3 x 3 convolutions, each halving height and width.

    Args:
        event_shape: `(height, width, channels)`; height and width divisible by 2 to the number of convolutions.
        latent_dim: int, the dimensions of the code.
        filters: tuple of int, the channels of the convolutions. Defaults to `(32, 64)`.
        units: tuple of int, the widths of the fully connected layers after them. Defaults to `(256,)`.
        activation: str or function. Defaults to `"relu"`.
        num_classes: int or `None`. With a number the input is `{"images", "labels"}`, labels int32 `(batch,)`, and
            the label joins the first fully connected layer.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"encoder"`.

    Returns:
        A functional `keras.Model` from `(batch, height, width, channels)` to `[z_mean, z_log_var]`.

    Raises:
        ValueError: if `event_shape` does not have three axes or does not divide.
    """
    _check(event_shape, filters)
    inputs, hidden, labels = image_input(event_shape, num_classes)
    for i, width in enumerate(filters):
        hidden = keras.layers.Conv2D(
            width, 3, strides=2, padding="same", activation=activation, name=f"conv_{i}", **initial(seed + i)
        )(hidden)
    hidden = keras.layers.Flatten(name="flatten")(hidden)
    if labels is not None:
        hidden = keras.layers.Concatenate()([hidden, labels])
    for i, width in enumerate(units):
        hidden = keras.layers.Dense(width, activation=activation, name=f"hidden_{i}", **initial(seed + 50 + i))(hidden)
    return keras.Model(inputs, posterior(hidden, latent_dim, seed), name=name)


def conv_decoder(
    latent_dim, event_shape, filters=(64, 32), units=(256,), activation="relu", num_classes=None, output_bias=None,
    seed=0, name="decoder",
):  # fmt: skip
    """Builds a decoder of 3 x 3 transposed convolutions, each doubling height and width.

    Args:
        latent_dim: int, the dimensions of the code.
        event_shape: `(height, width, channels)`; height and width divisible by 2 to the number of convolutions.
        filters: tuple of int, the channels of the transposed convolutions. Defaults to `(64, 32)`.
        units: tuple of int, the widths of the fully connected layers before them. Defaults to `(256,)`.
        activation: str or function. Defaults to `"relu"`.
        num_classes: int or `None`. With a number the input is `{"z", "labels"}`, labels int32 `(batch,)`.
        output_bias: array broadcast to the channels, where the output's bias starts. Defaults to 0.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"decoder"`.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to the likelihood's parameter, `(batch, *event_shape)`.

    Raises:
        ValueError: if `event_shape` does not have three axes or does not divide.
    """
    _check(event_shape, filters)
    height, width, channels = event_shape
    factor = 2 ** len(filters)
    start = (height // factor, width // factor, filters[0])
    inputs, hidden = latent_input(latent_dim, num_classes)
    for i, size in enumerate((*units, start[0] * start[1] * start[2])):
        layer = keras.layers.Dense(size, activation=activation, name=f"hidden_{i}", **initial(seed + 100 + i))
        hidden = layer(hidden)
    hidden = keras.layers.Reshape(start, name="start")(hidden)
    for i, size in enumerate(filters):
        hidden = keras.layers.Conv2DTranspose(
            size, 3, strides=2, padding="same", activation=activation, name=f"conv_{i}", **initial(seed + 150 + i)
        )(hidden)
    layer = keras.layers.Conv2D(
        channels, 3, padding="same", name="parameters", dtype="float32", **initial(seed + 199)
    )  # (batch, height, width, channels)
    outputs = layer(hidden)
    if output_bias is not None:
        layer.bias.assign(np.broadcast_to(output_bias, (channels,)))
    return keras.Model(inputs, outputs, name=name)


def _check(event_shape, filters):
    factor = 2 ** len(filters)
    if len(event_shape) != 3 or event_shape[0] % factor or event_shape[1] % factor:
        raise ValueError(
            f"Convolutional networks with {len(filters)} halvings need an event_shape (height, width, channels) with "
            f"height and width divisible by {factor}. Received: event_shape={tuple(event_shape)}"
        )
