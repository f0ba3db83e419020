"""What a trained VAE is used for: codes, reconstructions, samples and likelihoods."""

import math

import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.losses import gaussian_log_prob
from keras_genzoo.models import checks, vae_checks
from keras_genzoo.models.empty import apply_rows

ROWS_AT_ONCE = 10_000  # of the decoder, in `elbo` and `log_likelihood`; bounds memory, does not change the result
ELEMENTS_AT_ONCE = ROWS_AT_ONCE * 28 * 28  # of larger events fewer rows


class VAEInference:
    """The public methods of `VAE` beside training: tensors in, tensors out, one graph each.

    It works on the attributes `encoder, decoder, likelihood, prior, num_classes, event_shape, latent_dim`.
    """

    def encode(self, x):
        """The posterior q(z | x).

        Args:
            x: `(batch, *event)`, or `{"images", "labels"}` when conditional.

        Returns:
            dict of float32 `z_mean` and `z_log_var`, `(batch, latent_dim)`.
        """
        return self._encode(*self._split(x))

    def decode(self, z, labels=None):
        """The likelihood's mean at z `(batch, latent_dim)`: float32 `(batch, *event)`; `labels` when conditional."""
        z = tf.cast(z, tf.float32)
        checks.check_shape("z", z, (self.latent_dim,))
        return self._decode(z, self._checked_labels(labels, z.shape[0]))

    def reconstruct(self, x):
        """The likelihood's mean at the posterior's mean: `(batch, *event)` to float32 `(batch, *event)`."""
        return self._reconstruct(*self._split(x))

    def generate(self, num_samples=None, labels=None, seed=0, sample=False):
        """Draws z from the prior and decodes it.

        Args:
            num_samples: int, how many; taken from `labels` when conditional.
            labels: int `(num_samples,)` when conditional, else `None`.
            seed: int; the result depends on the arguments alone. Defaults to 0.
            sample: bool, whether to draw from the likelihood in place of its mean. Defaults to `False`.

        Returns:
            float32 `(num_samples, *event)`.

        Raises:
            ValueError: if `num_samples` is missing or negative, or labels do not fit the model.
        """
        labels = self._checked_labels(labels)
        checks.check_num_samples(num_samples, labels)
        count = tf.shape(labels)[0] if labels is not None else num_samples
        return self._generate(tf.cast(count, tf.int32), tf.cast(seed, tf.int32), labels, sample)

    def elbo(self, x, y=None, num_samples=1, seed=0, first_row=0):
        """The evidence lower bound at beta 1 and its two terms, in nats.

        Args:
            x: `(batch, *event)`, or `{"images", "labels"}` when conditional.
            y: the clean `(batch, *event)` for a denoiser, else `None`.
            num_samples: int, samples of z for the reconstruction. Defaults to 1.
            seed: int. Defaults to 0.
            first_row: int, the place of the first example in its data set. The noise of an example is a function of
                its place and the seed, so that it does not depend on the batch and errors average out over a set.
                Defaults to 0.

        Returns:
            dict of float32 `elbo`, `kl` and `reconstruction_nll`, each `(batch,)`; `elbo` is minus the sum of the
            other two.

        Raises:
            ValueError: if `num_samples` is below 1, or x or y do not fit the model.
        """
        images, labels, target = self._scored(x, y, num_samples)
        numbers = (tf.cast(number, tf.int32) for number in (num_samples, seed, first_row))
        return self._elbo(images, labels, target, *numbers)

    def log_likelihood(self, x, num_samples=5000, seed=0, y=None):
        """The importance-weighted lower bound on log p(x) (Burda et al. 2016, eq. 8), in nats.

        Every example sees the same noise, so its value does not depend on its batch; more samples of the same seed
        contain the fewer.

        Args:
            x: `(batch, *event)`, or `{"images", "labels"}` when conditional.
            num_samples: int, at least 1. Defaults to 5000.
            seed: int. Defaults to 0.
            y: the clean `(batch, *event)` whose likelihood is due, for a denoiser whose posterior is given the noisy
                `x`. Defaults to `None`, x itself.

        Returns:
            float32 `(batch,)`.

        Raises:
            ValueError: if `num_samples` is below 1, or x or y do not fit the model.
        """
        images, labels, target = self._scored(x, y, num_samples)
        return self._score(images, labels, target, tf.cast(num_samples, tf.int32), tf.cast(seed, tf.int32))

    @tf.function(autograph=False, reduce_retracing=True)
    def _encode(self, images, labels):
        z_mean, z_log_var = self._posterior(images, labels)
        return {"z_mean": z_mean, "z_log_var": z_log_var}

    @tf.function(autograph=False, reduce_retracing=True)
    def _decode(self, z, labels):
        return self.likelihood.mean(self._parameters(z, labels))

    @tf.function(autograph=False, reduce_retracing=True)
    def _reconstruct(self, images, labels):
        z_mean, _ = self._posterior(images, labels)
        return self.likelihood.mean(self._parameters(z_mean, labels))

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(self, num_samples, seed, labels, sample):
        z = self.prior.sample(num_samples, seed, self._encode_events)
        parameters = self._parameters(z, labels)
        if sample:
            return self.likelihood.sample(parameters, noise.seed_pair(seed, 1))
        return self.likelihood.mean(parameters)

    @tf.function(autograph=False, reduce_retracing=True)
    def _elbo(self, images, labels, target, num_samples, seed, first_row):
        z_mean, z_log_var = self._posterior(images, labels)
        shape = [num_samples, self.latent_dim]
        epsilon = noise.by_row(noise.normal, tf.shape(z_mean)[0], shape, seed, first_row)
        epsilon = tf.ensure_shape(epsilon, (None, None, self.latent_dim))
        epsilon, chunk = tf.transpose(epsilon, (1, 0, 2)), self._samples_at_once(z_mean)

        def add_chunk(start, *means):
            z = z_mean + tf.exp(0.5 * z_log_var) * epsilon[start : start + chunk]
            nll = -tf.reduce_mean(self._event_log_prob(target, z, labels), axis=0)
            kl = tf.reduce_sum(self.prior.kl(z_mean, z_log_var, z, self._encode_events), axis=-1)
            end = start + tf.shape(z)[0]
            share = tf.cast(end - start, tf.float32) / tf.cast(end, tf.float32)
            pairs = zip(means, (nll, kl), strict=True)
            return end, *(tf.ensure_shape(mean + share * (value - mean), mean.shape) for mean, value in pairs)

        start = (tf.constant(0), *[tf.zeros(tf.shape(z_mean)[:1])] * 2)
        _, nll, kl = tf.while_loop(lambda i, *_: i < num_samples, add_chunk, start)
        return {"elbo": -nll - kl, "kl": kl, "reconstruction_nll": nll}

    @tf.function(autograph=False, reduce_retracing=True)
    def _score(self, images, labels, target, num_samples, seed):
        z_mean, z_log_var = self._posterior(images, labels)
        epsilon = noise.normal([num_samples, 1, self.latent_dim], noise.seed_pair(seed))
        chunk = self._samples_at_once(z_mean)

        def add_chunk(start, total):
            z = z_mean + tf.exp(0.5 * z_log_var) * epsilon[start : start + chunk]
            log_weights = self._event_log_prob(target, z, labels) + self.prior.log_prob(z, self._encode_events)
            log_weights -= gaussian_log_prob(z, z_mean, z_log_var)
            both = tf.concat([total[None], log_weights], axis=0)
            return start + chunk, tf.ensure_shape(tf.reduce_logsumexp(both, axis=0), total.shape)

        start = (tf.constant(0), tf.fill(tf.shape(z_mean)[:1], -float("inf")))
        _, total = tf.while_loop(lambda i, _: i < num_samples, add_chunk, start)
        return total - tf.math.log(tf.cast(num_samples, tf.float32))

    # ---- parts ----

    def _samples_at_once(self, z_mean):
        """How many samples of a batch of codes the decoder is given in one pass: int32 scalar, at least 1."""
        rows = max(1, min(ROWS_AT_ONCE, ELEMENTS_AT_ONCE // math.prod(self.event_shape)))
        return tf.maximum(1, rows // tf.maximum(tf.shape(z_mean)[0], 1))

    def _split(self, x):
        """x to `(images, labels or None)`, as tensors; refuses what does not fit the model."""
        if self.num_classes is None:
            return self._events("x", x), None
        vae_checks.check_inputs(x)
        images = self._events("x", x["images"])
        return images, self._checked_labels(x["labels"], images.shape[0])

    def _events(self, name, values):
        """Events `(batch, *event)` as a tensor of floats."""
        values = tf.convert_to_tensor(values)
        checks.check_shape(name, values, self.event_shape)
        if not values.dtype.is_floating:
            raise ValueError(f"Wrong dtype of {name}. Expected floats. Received: {name}.dtype={values.dtype.name}")
        return values

    def _scored(self, x, y, num_samples):
        """Images, labels and the target of a likelihood, whose values are known to be possible unless in a graph."""
        if not tf.is_symbolic_tensor(num_samples) and num_samples < 1:
            raise ValueError(f"A likelihood needs at least one sample. Received: num_samples={num_samples}")
        images, labels = self._split(x)
        target = images if y is None else self._events("y", y)
        if not target.shape[:1].is_compatible_with(images.shape[:1]):
            raise ValueError(f"Expected as many y as x, {images.shape[0]}. Received: y.shape={target.shape}")
        if not tf.is_symbolic_tensor(target) and len(target):
            checks.check_events("x" if y is None else "y", target, self.event_shape, self.likelihood.value_range)
        return images, labels, target

    def _checked_labels(self, labels, count=None):
        return checks.checked_labels(self.num_classes, labels, count)

    def _posterior(self, images, labels, training=False):
        """float32 `z_mean, z_log_var`, each `(batch, latent_dim)`."""
        inputs = images if labels is None else {"images": images, "labels": labels}
        z_mean, z_log_var = self.encoder(inputs, training=True) if training else apply_rows(self.encoder, inputs)
        return tf.cast(z_mean, tf.float32), tf.cast(z_log_var, tf.float32)

    def _encode_events(self, events):
        return self._posterior(events, None)

    def _parameters(self, z, labels, training=False):
        """The decoder at z of any leading shape: `(..., latent_dim)` to `(..., *event)`."""
        leading = tf.shape(z)[:-1]
        inputs = tf.reshape(z, [-1, self.latent_dim])
        if labels is not None:
            inputs = {"z": inputs, "labels": tf.reshape(tf.broadcast_to(labels, leading), [-1])}
        outputs = self.decoder(inputs, training=True) if training else apply_rows(self.decoder, inputs)
        return tf.reshape(outputs, tf.concat([leading, self.event_shape], axis=0))

    def _event_log_prob(self, x, z, labels, training=False):
        """log p(x | z): events `(batch, *event)`, z `(num_samples, batch, latent_dim)`, to `(num_samples, batch)`."""
        parameters = self._parameters(z, labels, training)
        return self.likelihood.log_prob(x, parameters, event_rank=len(self.event_shape))
