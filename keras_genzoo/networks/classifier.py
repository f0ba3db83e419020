"""A small convolutional classifier."""

import keras

from keras_genzoo.networks.inputs import initial


def conv_classifier(event_shape, num_classes, filters=(16, 48, 96), seed=0, name="classifier"):
    """Builds a classifier of 3 x 3 convolutions, each but the last followed by a halving of height and width.

    Batch normalisation before every rectifier (Ioffe & Szegedy 2015), and the mean over all places after the last (Lin
    et al. 2014): these are the features.

    Args:
        event_shape: `(height, width, channels)`.
        num_classes: int, at least 2.
        filters: tuple of int, the channels of the convolutions; the last is the number of features. Defaults to
            `(16, 48, 96)`.
        seed: int, of the initial weights. Defaults to 0.
        name: str. Defaults to `"classifier"`.

    Returns:
        A functional `keras.Model` from `(batch, height, width, channels)` to `{"features", "logits"}`, float32
        `(batch, filters[-1])` and `(batch, num_classes)`.

    Raises:
        ValueError: if `event_shape` does not have three axes, or there are fewer than two classes.
    """
    if len(event_shape) != 3:
        raise ValueError(
            "A convolutional classifier needs images. Expected event_shape (height, width, channels). "
            f"Received: event_shape={tuple(event_shape)}"
        )
    if num_classes < 2:
        raise ValueError(f"Expected at least 2 classes. Received: num_classes={num_classes}")
    inputs = hidden = keras.Input(tuple(event_shape), name="images")
    for i, width in enumerate(filters):
        if i:
            hidden = keras.layers.MaxPooling2D(2, padding="same", name=f"halved_{i}")(hidden)
        hidden = keras.layers.Conv2D(
            width, 3, padding="same", use_bias=False, name=f"conv_{i}", **initial(seed + 200 + i)
        )(hidden)
        hidden = keras.layers.BatchNormalization(momentum=0.9, name=f"normalised_{i}")(hidden)
        hidden = keras.layers.ReLU(name=f"relu_{i}")(hidden)
    features = keras.layers.GlobalAveragePooling2D(name="features", dtype="float32")(hidden)
    layer = keras.layers.Dense(num_classes, name="logits", dtype="float32", **initial(seed + 299))
    return keras.Model(inputs, {"features": features, "logits": layer(features)}, name=name)
