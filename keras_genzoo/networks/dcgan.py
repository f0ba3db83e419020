"""Convolutional generators and discriminators without pooling (Radford et al. 2016, DCGAN)."""

import functools

import keras

from keras_genzoo.networks.inputs import connected, image_input, latent_input

SMALLEST = 7  # the largest side at which a generator starts and a discriminator ends


def dcgan_generator(
    latent_dim, event_shape, width=64, batch_norm=True, num_classes=None, units=(), seed=0, name="generator"
):  # fmt: skip
    """Builds a generator of 4 x 4 transposed convolutions, each doubling height and width.

    28 x 28 is reached from 7 x 7, 32 x 32 from 4 x 4. The last hidden layer has `width` channels, every one before it
    twice as many as the next. A kernel that its stride divides leaves no checkerboard.

    Args:
        latent_dim: int, the dimensions of the code.
        event_shape: `(height, width, channels)`; halved as long as the sides are above 7, they must be whole.
        width: int, the number of channels of the largest hidden layer. Defaults to 64.
        batch_norm: bool. Defaults to `True`.
        num_classes: int or `None`. With a number the input is `{"z", "labels"}`, labels int32 `(batch,)`.
        units: tuple of int, the sizes of fully connected layers between the code and the first maps, which see the
            whole image (Chen et al. 2016, InfoGAN, appendix C). Defaults to `()`, without.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"generator"`.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to images `(batch, *event_shape)` in [-1, 1].

    Raises:
        ValueError: if `event_shape` does not have three axes or does not divide.

    Example:

    >>> import keras_genzoo as genzoo
    >>> genzoo.networks.dcgan_generator(64, (32, 32, 3), width=16).output.shape
    (None, 32, 32, 3)
    """
    halvings = _halvings(event_shape)
    side = [size // 2**halvings for size in event_shape[:2]]
    inputs, hidden = latent_input(latent_dim, num_classes)
    channels, start = width * 2 ** (halvings - 1), functools.partial(_start, normalised=batch_norm)
    for i, size in enumerate(units):
        layer = keras.layers.Dense(size, use_bias=not batch_norm, name=f"dense_{i}", **start(seed + 450 + i))
        hidden = _activated(layer(hidden), "relu", batch_norm, f"dense_{i}")
    hidden = keras.layers.Dense(
        side[0] * side[1] * channels, use_bias=not batch_norm, name="project", **start(seed + 400)
    )(hidden)
    hidden = _activated(keras.layers.Reshape((*side, channels), name="start")(hidden), "relu", batch_norm, 0)
    for i in range(1, halvings):
        hidden = keras.layers.Conv2DTranspose(
            channels // 2**i, 4, strides=2, padding="same", use_bias=not batch_norm, name=f"conv_{i}",
            **start(seed + 400 + i),
        )(hidden)  # fmt: skip
        hidden = _activated(hidden, "relu", batch_norm, i)
    layer = keras.layers.Conv2DTranspose(
        event_shape[-1], 4, strides=2, padding="same", activation="tanh", name="events", dtype="float32",
        **start(seed + 499),
    )  # fmt: skip
    return keras.Model(inputs, layer(hidden), name=name)


def dcgan_discriminator(
    event_shape, width=64, batch_norm=False, spectral_norm=False, dropout=0.0, num_classes=None, packing=1, units=(),
    seed=0, name="discriminator",
):  # fmt: skip
    """Builds a discriminator of 4 x 4 convolutions, each halving height and width, with leaky ReLU of slope 0.2.

    Args:
        event_shape: `(height, width, channels)`, as for `dcgan_generator`.
        width: int, the channels of the first convolution; every further one has twice as many. Defaults to 64.
        batch_norm: bool, of all convolutions but the first. Not together with a gradient penalty, which is about
            single events. Defaults to `False`.
        spectral_norm: bool, see `mlp_discriminator`. Defaults to `False`.
        dropout: float in [0, 1), the share of values left out after each convolution. Defaults to 0.
        num_classes: int or `None`. With a number the input is `{"images", "labels"}`, and the label enters as an
            inner product with the last features (Miyato & Koyama 2018).
        packing: int, how many events side by side on the channels are judged at once. Defaults to 1.
        units: tuple of int, the sizes of fully connected layers after the convolutions. A convolution sees a few
            strokes; without such a layer the logit is a sum over places, which knows no digit. Defaults to `()`.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"discriminator"`.

    Returns:
        A functional `keras.Model` from `(batch, height, width, packing * channels)` to raw logits `(batch, 1)`,
        float32 under any policy.

    Raises:
        ValueError: if `event_shape` does not have three axes or does not divide.
    """
    halvings = _halvings(event_shape)
    inputs, hidden, labels = image_input((*event_shape[:2], packing * event_shape[2]), num_classes)
    start = functools.partial(_start, normalised=batch_norm or spectral_norm)
    for i in range(halvings):
        normalised = batch_norm and i > 0
        layer = keras.layers.Conv2D(
            width * 2**i, 4, strides=2, padding="same", use_bias=not normalised, name=f"conv_{i}",
            **start(seed + 500 + i),
        )  # fmt: skip
        hidden = connected(layer, hidden, spectral_norm, seed + 500 + i)
        hidden = _activated(hidden, "leaky_relu", normalised, i)
        if dropout:
            hidden = keras.layers.Dropout(dropout, seed=seed + i, name=f"dropout_{i}")(hidden)
    features = keras.layers.Flatten(name="features")(hidden)
    for i, size in enumerate(units):
        layer = keras.layers.Dense(size, name=f"dense_{i}", **start(seed + 550 + i))
        features = connected(layer, features, spectral_norm, seed + 550 + i)
        features = _activated(features, "leaky_relu", False, f"dense_{i}")
    layer = keras.layers.Dense(1, name="logit", dtype="float32", **start(seed + 599))
    logit = connected(layer, features, spectral_norm, seed + 599)
    if labels is not None:
        layer = keras.layers.Dense(features.shape[-1], use_bias=False, name="class", **start(seed + 598))
        embedded = connected(layer, labels, spectral_norm, seed + 598)  # (batch, features)
        match = keras.layers.Dot(1, name="match", dtype="float32")([embedded, features])
        logit = keras.layers.Add(name="conditional_logit", dtype="float32")([logit, match])
    return keras.Model(inputs, logit, name=name)


def _activated(hidden, activation, batch_norm, index):
    if batch_norm:
        hidden = keras.layers.BatchNormalization(name=f"norm_{index}")(hidden)
    return keras.layers.Activation(activation, name=f"activation_{index}")(hidden)


def _start(seed, normalised):
    """The arguments of a layer that start its kernel.

    The paper's standard deviation of .02 (section 4) lets signals fade from layer to layer unless they are normalised;
    without that, the start of He et al. 2015 keeps their size.
    """
    normal = keras.initializers.RandomNormal(stddev=0.02, seed=seed)
    return {"kernel_initializer": normal if normalised else keras.initializers.HeNormal(seed=seed)}


def _halvings(event_shape):
    """How often both sides can be halved until they are at most 7."""
    if len(event_shape) == 3:
        halvings = max(1, *((-(-size // SMALLEST) - 1).bit_length() for size in event_shape[:2]))
        if not any(size % 2**halvings for size in event_shape[:2]):
            return halvings
    raise ValueError(
        "A DCGAN needs an event_shape (height, width, channels) that can be halved until its sides are at most "
        f"{SMALLEST}, such as (28, 28, 1) or (32, 32, 3). Received: event_shape={tuple(event_shape)}"
    )
