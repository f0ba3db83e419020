"""Fully connected generators and discriminators."""

import math

import keras

from keras_genzoo.layers import FourierFeatures
from keras_genzoo.networks.inputs import connected, image_input, initial, latent_input


def mlp_generator(
    latent_dim, output_shape, units=(128, 256, 512), activation="relu", output_activation="auto", batch_norm=False,
    num_classes=None, seed=0, name="generator",
):  # fmt: skip
    """Builds a generator of fully connected layers.

    Args:
        latent_dim: int, the dimensions of the code.
        output_shape: tuple, the shape of one event: `(height, width, channels)`, or `(2,)` for points.
        units: tuple of int, the widths of the hidden layers. Defaults to `(128, 256, 512)`.
        activation: str or function, of the hidden layers. Defaults to `"relu"`.
        output_activation: str, function, or `None` for any real number; `"auto"` is `"tanh"` for images, of three
            axes, and `None` for other events. Defaults to `"auto"`.
        batch_norm: bool, whether the hidden layers are normalised over the batch. Defaults to `False`.
        num_classes: int or `None`. With a number the input is `{"z", "labels"}`, labels int32 `(batch,)`.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"generator"`.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to `(batch, *output_shape)`.

    Example:

    >>> import keras_genzoo as genzoo
    >>> genzoo.networks.mlp_generator(100, (28, 28, 1)).output.shape
    (None, 28, 28, 1)
    """
    if output_activation == "auto":
        output_activation = "tanh" if len(output_shape) == 3 else None
    inputs, hidden = latent_input(latent_dim, num_classes)
    for i, width in enumerate(units):
        hidden = keras.layers.Dense(width, use_bias=not batch_norm, name=f"hidden_{i}", **initial(seed + 200 + i))(
            hidden
        )
        if batch_norm:
            hidden = keras.layers.BatchNormalization(name=f"norm_{i}")(hidden)
        hidden = keras.layers.Activation(activation, name=f"activation_{i}")(hidden)
    layer = keras.layers.Dense(
        math.prod(output_shape), output_activation, name="events", dtype="float32", **initial(seed + 299)
    )
    outputs = keras.layers.Reshape(tuple(output_shape), name="shape", dtype="float32")(layer(hidden))
    return keras.Model(inputs, outputs, name=name)


def mlp_discriminator(
    event_shape, units=(512, 256, 128), activation="leaky_relu", dropout=0.0, spectral_norm=False, num_classes=None,
    packing=1, fourier=None, seed=0, name="discriminator",
):  # fmt: skip
    """Builds a discriminator of fully connected layers.

    Args:
        event_shape: tuple, the shape of one event, of any rank.
        units: tuple of int, the widths of the hidden layers. Defaults to `(512, 256, 128)`.
        activation: str or function; Keras's `"leaky_relu"` has slope 0.2 below 0. Defaults to `"leaky_relu"`.
        dropout: float in [0, 1), the share of hidden units left out in training. Defaults to 0.
        spectral_norm: bool, whether every layer's largest singular value is held at 1 (Miyato et al. 2018). Defaults
            to `False`.
        num_classes: int or `None`. With a number the input is `{"images", "labels"}`, labels int32 `(batch,)`.
        packing: int, how many events side by side on the last axis are judged at once. Defaults to 1.
        fourier: dict of arguments of `layers.FourierFeatures`, which the events pass first, or `None`. It is for
            points whose detail is small against their range. Defaults to `None`.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"discriminator"`.

    Returns:
        A functional `keras.Model` from `(batch, *event_shape[:-1], packing * event_shape[-1])` to raw logits
        `(batch, 1)`, float32 under any policy.
    """
    inputs, images, labels = image_input((*event_shape[:-1], packing * event_shape[-1]), num_classes)
    hidden = keras.layers.Flatten(name="flatten")(images)
    if fourier is not None:
        hidden = FourierFeatures(**{"seed": seed, **fourier}, name="fourier")(hidden)
    if labels is not None:
        hidden = keras.layers.Concatenate()([hidden, labels])
    for i, width in enumerate(units):
        layer = keras.layers.Dense(width, name=f"hidden_{i}", **initial(seed + 300 + i))
        hidden = connected(layer, hidden, spectral_norm, seed + 300 + i)
        hidden = keras.layers.Activation(activation, name=f"activation_{i}")(hidden)
        if dropout:
            hidden = keras.layers.Dropout(dropout, seed=seed + i, name=f"dropout_{i}")(hidden)
    layer = keras.layers.Dense(1, name="logit", dtype="float32", **initial(seed + 399))
    return keras.Model(inputs, connected(layer, hidden, spectral_norm, seed + 399), name=name)
