"""A variational auto-encoder all of whose quantities are known: probabilistic PCA."""

import keras
import numpy as np

from keras_genzoo.losses import Gaussian
from keras_genzoo.models import VAE


class LinearGaussian:
    """z ~ N(0, I), x | z ~ N(W z + b, scale^2 I), with W of orthogonal columns (Tipping & Bishop 1999).

    Then log p(x) is a Gaussian's, and the posterior p(z | x) is a diagonal Gaussian: a VAE with one Dense layer each
    way represents both exactly.

    Args:
        event_dim: int. Defaults to 6.
        latent_dim: int. Defaults to 2.
        scale: float, the standard deviation of x given z. Defaults to 0.5.
        seed: int, of W and b. Defaults to 0.
    """

    def __init__(self, event_dim=6, latent_dim=2, scale=0.5, seed=0):
        generator = np.random.default_rng(seed)
        orthogonal, _ = np.linalg.qr(generator.normal(size=(event_dim, latent_dim)))
        lengths = np.linspace(0.6, 1.5, latent_dim)
        self.weights, self.bias, self.scale = orthogonal * lengths, generator.normal(size=event_dim), scale
        self.precision = lengths**2 / scale**2 + 1  # of the posterior, (latent_dim,)

    def sample(self, count, seed=1):
        """`(count, event_dim)` float32 draws of x."""
        generator = np.random.default_rng(seed)
        z = generator.normal(size=(count, self.weights.shape[1]))
        x = z @ self.weights.T + self.bias + self.scale * generator.normal(size=(count, len(self.bias)))
        return x.astype("float32")

    def log_prob(self, x):
        """Exact log p(x) in nats, float64 `(batch,)`."""
        covariance = self.weights @ self.weights.T + self.scale**2 * np.eye(len(self.bias))
        centred = np.asarray(x, "float64") - self.bias
        squared = np.sum(centred * np.linalg.solve(covariance, centred.T).T, axis=1)
        return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * covariance)[1])

    def posterior_kl(self, x, stretch=1.0, widen=0.0):
        """Exact KL( q(z | x) || p(z | x) ) in nats of the encoder that `vae` makes, float64 `(batch,)`."""
        mean = self._posterior_mean(np.asarray(x, "float64"))
        squared = np.sum(((stretch - 1) * mean) ** 2 * self.precision, axis=1)
        return 0.5 * (squared + len(self.precision) * (np.exp(widen) - 1 - widen))

    def vae(self, stretch=1.0, widen=0.0, **kwargs):
        """A `VAE` with this decoder and this posterior.

        Args:
            stretch: float, by which the exact posterior mean is multiplied. Defaults to 1.
            widen: float, added to the exact log-variance. Defaults to 0.
            **kwargs: of `VAE`.
        """
        event_dim, latent_dim = self.weights.shape
        x, z = keras.Input((event_dim,)), keras.Input((latent_dim,))
        z_mean, z_log_var, mean = (keras.layers.Dense(size) for size in (latent_dim, latent_dim, event_dim))
        encoder, decoder = keras.Model(x, [z_mean(x), z_log_var(x)]), keras.Model(z, mean(z))
        kernel = self.weights / self.scale**2 / self.precision * stretch
        z_mean.set_weights([kernel, -self.bias @ kernel])
        z_log_var.set_weights([np.zeros_like(kernel), widen - np.log(self.precision)])
        mean.set_weights([self.weights.T, self.bias])
        model = VAE(encoder, decoder, likelihood=Gaussian(scale=self.scale), **kwargs)
        model.compile(optimizer="sgd")
        return model

    def _posterior_mean(self, x):
        return (x - self.bias) @ self.weights / self.scale**2 / self.precision
