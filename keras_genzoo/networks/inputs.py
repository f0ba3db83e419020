"""The inputs of image encoders and decoders, with or without a class label beside."""

import keras

from keras_genzoo.layers import noise


def image_input(event_shape, num_classes=None):
    """The input of an encoder.

    Returns:
        `(inputs, images, one_hot)`: what goes to `keras.Model(inputs, ...)`, the images `(batch, *event_shape)`, and
        the labels `(batch, num_classes)` or `None`.
    """
    return _with_labels("images", event_shape, num_classes)


def latent_input(latent_dim, num_classes=None):
    """The input of a decoder, as `image_input` for z `(batch, latent_dim)`; labels are already joined to it.

    Returns:
        `(inputs, z)`.
    """
    inputs, z, one_hot = _with_labels("z", (latent_dim,), num_classes)
    return inputs, z if one_hot is None else keras.layers.Concatenate()([z, one_hot])


def _with_labels(name, shape, num_classes):
    values = keras.Input(tuple(shape), name=name)
    if num_classes is None:
        return values, values, None
    labels = keras.Input((), name="labels", dtype="int32")
    one_hot = keras.layers.CategoryEncoding(num_classes, output_mode="one_hot", name="one_hot")(labels)
    return {name: values, "labels": labels}, values, one_hot


def initial(seed):
    """The arguments of a layer that start its kernel from a seed (Glorot & Bengio 2010)."""
    return {"kernel_initializer": keras.initializers.GlorotUniform(seed=seed)}


def posterior(hidden, latent_dim, seed):
    """The two outputs of an encoder, `[z_mean, z_log_var]`, float32 under any policy."""
    return [
        keras.layers.Dense(latent_dim, name="z_mean", dtype="float32", **initial(seed + 98))(hidden),
        keras.layers.Dense(latent_dim, name="z_log_var", dtype="float32", **initial(seed + 99))(hidden),
    ]


def connected(layer, inputs, spectral_norm, seed):
    """The layer's outputs; with `spectral_norm`, its largest singular value is held at 1 (Miyato et al. 2018).

    Keras starts the power iteration from its global seed; here it starts from `seed`, so that a network is a function
    of its arguments.
    """
    if not spectral_norm:
        return layer(inputs)
    wrapper = keras.layers.SpectralNormalization(layer, name=layer.name, dtype=layer.dtype_policy)
    outputs = wrapper(inputs)
    wrapper.vector_u.assign(noise.normal(wrapper.vector_u.shape, noise.seed_pair(seed)))
    return outputs
