"""Priors p(z) of latent-variable models."""

import math

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.losses.divergences import gaussian_kl, gaussian_log_prob


class Prior(keras.layers.Layer):
    """Base of the priors. A subclass gives `distribution`; `kl` falls back on a Monte-Carlo estimate.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Attributes:
        factorised: whether `kl` returns one column a latent dimension (else one for all).
        unconditional: whether it works beside an encoder that takes labels.
    """

    factorised = False
    unconditional = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = None
        self.built = True

    def create_weights(self, latent_dim, event_shape):
        """Told by the model what it works on; called once, before anything else."""
        self.latent_dim = latent_dim

    def distribution(self, encode):
        """p(z), a TensorFlow Probability distribution with events `(latent_dim,)`.

        Args:
            encode: function from events `(n, *event)` to `(z_mean, z_log_var)`; the VampPrior is made of it.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement distribution(encode).")

    def log_prob(self, z, encode):
        """log p(z) in nats, `(..., latent_dim)` to `(...)`."""
        return self.distribution(encode).log_prob(z)

    def sample(self, num_samples, seed, encode):
        """`(num_samples, latent_dim)` draws; a function of `num_samples` and `seed` (int32 scalar) alone."""
        return self.distribution(encode).sample(num_samples, seed=noise.seed_pair(seed))

    def kl(self, z_mean, z_log_var, z, encode):
        """KL( q(z | x) || p(z) ) in nats.

        Args:
            z_mean, z_log_var: `(batch, latent_dim)`, the posterior.
            z: `(num_samples, batch, latent_dim)`, samples of it, used where there is no closed form.
            encode: as in `distribution`.

        Returns:
            `(batch, latent_dim)` when `factorised`, else `(batch, 1)`.
        """
        log_ratio = gaussian_log_prob(z, z_mean, z_log_var) - self.log_prob(z, encode)
        return tf.reduce_mean(log_ratio, axis=0)[:, None]


@keras.saving.register_keras_serializable(package="keras_genzoo")
class StandardNormal(Prior):
    """N(0, I), with the Kullback-Leibler divergence in closed form."""

    factorised = True

    def distribution(self, encode=None):
        import tensorflow_probability as tfp

        return tfp.distributions.MultivariateNormalDiag(tf.zeros([self.latent_dim]))

    def log_prob(self, z, encode=None):
        return gaussian_log_prob(z, 0.0, tf.zeros_like(z))

    def sample(self, num_samples, seed, encode=None):
        return noise.normal([num_samples, self.latent_dim], noise.seed_pair(seed))

    def kl(self, z_mean, z_log_var, z=None, encode=None):
        return gaussian_kl(z_mean, z_log_var)


class _Mixture(Prior):
    """A prior of `num_components` diagonal Gaussians."""

    def __init__(self, num_components, **kwargs):
        super().__init__(**kwargs)
        if num_components < 1:
            raise ValueError(f"A mixture needs at least one component. Received: num_components={num_components}")
        self.num_components = int(num_components)

    def _add(self, name, shape, initializer):
        """A weight that stays float32 whatever the policy of the model that reads it."""
        return self.add_weight(shape=shape, name=name, initializer=initializer, dtype="float32", autocast=False)

    def mixture(self, logits, means, log_vars):
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        components = tfd.MultivariateNormalDiag(means, tf.exp(0.5 * log_vars))
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def get_config(self):
        return {**super().get_config(), "num_components": self.num_components}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class GaussianMixture(_Mixture):
    """A mixture of diagonal Gaussians with learned weights, means and variances.

    Args:
        num_components: int. Defaults to 10.
        seed: int, of the means' start. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: if `num_components` is below 1.
    """

    def __init__(self, num_components=10, seed=0, **kwargs):
        super().__init__(num_components, **kwargs)
        self.seed = seed

    def create_weights(self, latent_dim, event_shape):
        super().create_weights(latent_dim, event_shape)
        shape = (self.num_components, latent_dim)
        start = keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)
        self.logits = self._add("logits", shape[:1], "zeros")
        self.means = self._add("means", shape, start)
        self.log_vars = self._add("log_vars", shape, "zeros")

    def distribution(self, encode=None):
        return self.mixture(*(tf.convert_to_tensor(v) for v in (self.logits, self.means, self.log_vars)))

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class VampPrior(_Mixture):
    """The mixture of the encoder's posteriors at learned pseudo-inputs (Tomczak & Welling 2018, eq. 9).

    Args:
        num_components: int, the number of pseudo-inputs. Defaults to 100.
        mean: float in (0, 1), the value around which the pseudo-inputs start. Defaults to 0.13, MNIST's.
        seed: int, of the pseudo-inputs' start. Defaults to 0.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: if `num_components` is below 1 or `mean` outside (0, 1).
    """

    unconditional = False

    def __init__(self, num_components=100, mean=0.13, seed=0, **kwargs):
        super().__init__(num_components, **kwargs)
        if not 0 < mean < 1:
            raise ValueError(f"Expected mean in (0, 1). Received: mean={mean}")
        self.mean, self.seed = mean, seed

    def create_weights(self, latent_dim, event_shape):
        super().create_weights(latent_dim, event_shape)
        logit = math.log(self.mean / (1 - self.mean))
        start = keras.initializers.RandomNormal(mean=logit, stddev=1.0, seed=self.seed)
        shape = (self.num_components, *event_shape)
        self.logits = self._add("logits", shape[:1], "zeros")
        self.pseudo_inputs = self._add("pseudo_inputs", shape, start)

    def distribution(self, encode):
        z_mean, z_log_var = encode(tf.sigmoid(tf.convert_to_tensor(self.pseudo_inputs)))
        return self.mixture(tf.convert_to_tensor(self.logits), z_mean, z_log_var)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "seed": self.seed}
