"""The reparameterised sample of a diagonal Gaussian."""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Sampling(keras.layers.Layer):
    """Draws `z = z_mean + exp(z_log_var / 2) * epsilon` with `epsilon` standard normal.

    The noise does not depend on the parameters, so gradients flow through the sample (Kingma & Welling 2014,
    "Auto-Encoding Variational Bayes", section 2.4).

    Args:
        seed: int. Two layers with the same seed draw the same noise. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: pair `[z_mean, z_log_var]`, each `(batch, latent_dim)`.
        num_samples: int or `None`. With a number, that many samples of each posterior. Defaults to `None`.

    Returns:
        `(batch, latent_dim)`, or `(num_samples, batch, latent_dim)` when `num_samples` is given; float32 at least.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.layers import Sampling
    >>> z_mean, z_log_var = np.ones((4, 2), "float32"), np.full((4, 2), -80.0, "float32")
    >>> Sampling(seed=1)([z_mean, z_log_var]).numpy().round(3)[0].tolist()
    [1.0, 1.0]
    >>> tuple(Sampling()([z_mean, z_log_var], num_samples=5).shape)
    (5, 4, 2)
    """

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, num_samples=None):
        z_mean, z_log_var = (tf.cast(value, tf.float32) for value in inputs)
        shape = tf.shape(z_mean)
        if num_samples is not None:
            shape = tf.concat([[num_samples], shape], axis=0)
        epsilon = noise.normal(shape, noise.next_seed(self.seed_generator))
        return z_mean + tf.exp(0.5 * z_log_var) * epsilon

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
