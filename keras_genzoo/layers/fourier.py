"""Sines and cosines of events, so that a network sees detail that is small against the range of its inputs."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_genzoo")
class FourierFeatures(keras.layers.Layer):
    """Appends sines and cosines of random projections to vectors (Tancik et al. 2020, "Fourier Features", eq. 5).

    A fully connected network learns coarse structure first and fine structure hardly at all; these are functions of
    every fineness to begin with. The directions are uniform, the lengths of the waves log-uniform between the longest
    and the shortest.

    Args:
        num_features: int, the number of waves; each gives a sine and a cosine.
        longest, shortest: float, wavelengths in units of the data.
        seed: int, of the waves. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, size)`.

    Returns:
        `(batch, size + 2 * num_features)`.

    Raises:
        ValueError: if `num_features` is below 1, or not `longest >= shortest > 0`.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import FourierFeatures
    >>> FourierFeatures(8, longest=2.0, shortest=0.1)(np.ones((1, 2))).shape
    TensorShape([1, 18])
    """

    def __init__(self, num_features, longest, shortest, seed=0, **kwargs):
        super().__init__(**kwargs)
        if num_features < 1 or not longest >= shortest > 0:
            raise ValueError(
                "Expected num_features of at least 1 and longest >= shortest > 0. "
                f"Received: num_features={num_features}, longest={longest}, shortest={shortest}"
            )
        self.num_features, self.longest, self.shortest, self.seed = num_features, longest, shortest, seed

    def build(self, input_shape):
        generator = np.random.default_rng(self.seed)
        directions = generator.standard_normal((input_shape[-1], self.num_features))
        lengths = np.exp(generator.uniform(np.log(self.shortest), np.log(self.longest), self.num_features))
        self._waves = (2 * np.pi * directions / np.linalg.norm(directions, axis=0) / lengths).astype("float32")

    def call(self, inputs):
        phase = tf.matmul(tf.cast(inputs, tf.float32), self._waves)  # float32: half precision would lose the phase
        waves = tf.cast(tf.concat([tf.sin(phase), tf.cos(phase)], axis=-1), inputs.dtype)
        return tf.concat([inputs, waves], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 2 * self.num_features)

    def get_config(self):
        names = ("num_features", "longest", "shortest", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
