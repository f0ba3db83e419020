"""The variational auto-encoder."""

import keras
import tensorflow as tf

from keras_genzoo.layers import Sampling, noise
from keras_genzoo.losses import dreg_loss, gaussian_log_prob, get_likelihood, get_prior, log_mean_exp, scale_gradient
from keras_genzoo.metrics import DirectedMean
from keras_genzoo.models import checks, vae_checks
from keras_genzoo.models.base import GenerativeModel

ROWS_AT_ONCE = 10_000  # of the decoder, in `log_likelihood`; bounds memory, does not change the result


@keras.saving.register_keras_serializable(package="keras_genzoo")
class VAE(GenerativeModel):
    """A variational auto-encoder, trained by plain `compile` and `fit`.

    Encoder and decoder are functional models, from `keras_genzoo.networks` or the user's own. All terms are summed
    over the event and averaged over the batch, in nats (Kingma & Welling 2014; Burda et al. 2016 for `"iwae"`;
    Tucker et al. 2019 for `"dreg"`; Higgins et al. 2017 for `beta`; Kingma et al. 2016, appendix C.8 for
    `free_bits`; Sohn et al. 2015 for `num_classes`).

    Args:
        encoder: functional `keras.Model` from events `(batch, *event)` to `[z_mean, z_log_var]`, each
            `(batch, latent_dim)`.
        decoder: functional `keras.Model` from z `(batch, latent_dim)` to the likelihood's unconstrained parameter,
            `(batch, *event)`.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"`, `"gaussian"`, `"discretized_logistic"`, or an object of
            `keras_genzoo.losses`. Defaults to `"bernoulli"`.
        prior: `"standard_normal"`, `"gaussian_mixture"`, `"vamp"`, or an object. Defaults to `"standard_normal"`.
        objective: `"elbo"`, `"iwae"` or `"dreg"`. Defaults to `"elbo"`.
        num_samples: int, the samples of z an example in training. Defaults to 1.
        beta: weight of the divergence: a number, or a `LearningRateSchedule` of `optimizer.iterations`, such as
            `losses.LinearWarmup`. Only training sees it; `elbo` in the logs is always at beta 1. Defaults to 1.
        free_bits: float, nats a latent dimension below which the divergence is not penalised (averaged over the
            batch; for a prior that does not factorise, times `latent_dim` on the total). With `"elbo"` only.
            Defaults to 0.
        num_classes: int or `None`. With a number the model is conditional: x is `{"images", "labels"}`, the encoder
            takes the same dictionary and the decoder `{"z", "labels"}`. Defaults to `None`.
        seed: int, of the training noise. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        x `(batch, *event)` float, or a pair `(x, clean)`, which makes it a denoiser; arrays or a `tf.data.Dataset`.
        The logs are `loss`, `elbo`, `kl`, `reconstruction_nll`, and `importance_weighted_bound` when the objective
        is one.

    Raises:
        ValueError: if networks do not fit together, or an argument is none of the above.

    Example:

    >>> import numpy as np, keras_genzoo as genzoo
    >>> vae = genzoo.VAE(
    ...     encoder=genzoo.networks.dense_encoder((8, 8, 1), latent_dim=2, units=(32,)),
    ...     decoder=genzoo.networks.dense_decoder(2, (8, 8, 1), units=(32,)),
    ... )
    >>> vae.compile(optimizer="adam")
    >>> x = np.random.default_rng(0).integers(0, 2, (64, 8, 8, 1)).astype("float32")
    >>> history = vae.fit(x, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['elbo', 'kl', 'loss', 'reconstruction_nll']
    >>> vae.generate(num_samples=3, seed=1).shape
    TensorShape([3, 8, 8, 1])
    """

    def __init__(
        self, encoder, decoder, likelihood="bernoulli", prior="standard_normal", objective="elbo", num_samples=1,
        beta=1.0, free_bits=0.0, num_classes=None, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        vae_checks.check_arguments(objective, num_samples, beta, free_bits)
        self.event_shape, self.latent_dim = vae_checks.check_networks(encoder, decoder, num_classes)
        self.encoder, self.decoder = encoder, decoder
        self.likelihood, self.prior = get_likelihood(likelihood), get_prior(prior)
        if num_classes is not None and not self.prior.unconditional:
            raise ValueError(
                "This prior needs an encoder without labels. Expected num_classes=None, or another prior. "
                f"Received: num_classes={num_classes}, prior={type(self.prior).__name__}"
            )
        self.prior.create_weights(self.latent_dim, self.event_shape)
        self.objective, self.num_samples, self.beta = objective, num_samples, beta
        self.free_bits, self.num_classes, self.seed = free_bits, num_classes, seed
        self.sampling = Sampling(seed, name="sampling")
        self._trackers = {
            "elbo": DirectedMean("elbo", "up"),
            "kl": DirectedMean("kl"),
            "reconstruction_nll": DirectedMean("reconstruction_nll"),
        }
        if objective != "elbo":
            self._trackers["importance_weighted_bound"] = DirectedMean("importance_weighted_bound", "up")
        self.built = True

    # ---- training ----

    def call(self, inputs, training=None):
        """The reconstruction `(batch, *event)` from the posterior's mean; in inference mode whatever `training` says.

        `compute_loss` makes its own pass, with noise, so the graph of a training step does not run this one.
        """
        images, labels = self._split(inputs)
        z_mean, _ = self._posterior(images, labels)
        return self.likelihood.mean(self._parameters(z_mean, labels))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Minus the objective, averaged over the batch; also updates the metrics. `y` is the clean image, if given."""
        images, labels = self._split(x)
        target = tf.cast(images if y is None else y, tf.float32)
        z_mean, z_log_var = self._posterior(images, labels, training)
        z = self.sampling([z_mean, z_log_var], num_samples=self.num_samples)  # (num_samples, batch, latent_dim)
        doubly = self.objective == "dreg"
        if doubly:
            z, weight = scale_gradient(z)
        log_likelihood = self._event_log_prob(target, z, labels, training)  # (num_samples, batch)
        nll = -tf.reduce_mean(log_likelihood, axis=0)
        kl = self.prior.kl(z_mean, z_log_var, z, self._encode_events)  # (batch, latent_dim or 1)
        values = {"elbo": -nll - tf.reduce_sum(kl, axis=-1), "kl": tf.reduce_sum(kl, axis=-1), "reconstruction_nll": nll}
        if self.objective == "elbo":
            loss = nll + self._beta() * self._penalty(kl)
        else:
            posterior = (tf.stop_gradient(z_mean), tf.stop_gradient(z_log_var)) if doubly else (z_mean, z_log_var)
            log_ratio = self.prior.log_prob(z, self._encode_events) - gaussian_log_prob(z, *posterior)
            log_weights = log_likelihood + self._beta() * log_ratio
            values["importance_weighted_bound"] = log_mean_exp(log_likelihood + log_ratio)
            loss = dreg_loss(log_weights, weight) if doubly else -log_mean_exp(log_weights)
        for name, tracker in self._trackers.items():
            tracker.update_state(values[name], sample_weight=sample_weight)
        return self.mean_over_batch(loss, sample_weight)

    def _beta(self):
        if not isinstance(self.beta, keras.optimizers.schedules.LearningRateSchedule):
            return self.beta
        if getattr(self, "optimizer", None) is None:
            return 1.0
        return tf.cast(self.beta(tf.convert_to_tensor(self.optimizer.iterations)), tf.float32)

    def _penalty(self, kl):
        """The divergence that training sees, `(batch,)` or a scalar, with free bits on the batch's mean."""
        if not self.free_bits:
            return tf.reduce_sum(kl, axis=-1)
        floor = self.free_bits * (1 if self.prior.factorised else self.latent_dim)
        return tf.reduce_sum(tf.maximum(tf.reduce_mean(kl, axis=0), floor))

    # ---- use: tensors in, tensors out, one graph each ----

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
        return self._decode(tf.cast(z, tf.float32), self._checked_labels(labels))

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
        if labels is None and (num_samples is None or num_samples < 0):
            raise ValueError(f"Expected num_samples of at least 0. Received: num_samples={num_samples}")
        count = tf.shape(labels)[0] if labels is not None else num_samples
        return self._generate(tf.cast(count, tf.int32), tf.cast(seed, tf.int32), labels, sample)

    def elbo(self, x, y=None, num_samples=1, seed=0):
        """The evidence lower bound at beta 1 and its two terms, in nats.

        Args:
            x: `(batch, *event)`, or `{"images", "labels"}` when conditional.
            y: the clean `(batch, *event)` for a denoiser, else `None`.
            num_samples: int, samples of z for the reconstruction. Defaults to 1.
            seed: int. Defaults to 0.

        Returns:
            dict of float32 `elbo`, `kl` and `reconstruction_nll`, each `(batch,)`; `elbo` is minus the sum of the
            other two.
        """
        images, labels = self._split(x)
        return self._elbo(images, labels, images if y is None else y, num_samples, tf.cast(seed, tf.int32))

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
            ValueError: if `num_samples` is below 1.
        """
        if num_samples < 1:
            raise ValueError(f"A likelihood needs at least one sample. Received: num_samples={num_samples}")
        images, labels = self._split(x)
        target = images if y is None else y
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
    def _elbo(self, images, labels, target, num_samples, seed):
        z_mean, z_log_var = self._posterior(images, labels)
        epsilon = noise.normal([num_samples, 1, self.latent_dim], noise.seed_pair(seed))
        z = z_mean + tf.exp(0.5 * z_log_var) * epsilon
        nll = -tf.reduce_mean(self._event_log_prob(target, z, labels), axis=0)
        kl = tf.reduce_sum(self.prior.kl(z_mean, z_log_var, z, self._encode_events), axis=-1)
        return {"elbo": -nll - kl, "kl": kl, "reconstruction_nll": nll}

    @tf.function(autograph=False, reduce_retracing=True)
    def _score(self, images, labels, target, num_samples, seed):
        z_mean, z_log_var = self._posterior(images, labels)
        epsilon = noise.normal([num_samples, 1, self.latent_dim], noise.seed_pair(seed))
        chunk = tf.maximum(1, ROWS_AT_ONCE // tf.maximum(tf.shape(z_mean)[0], 1))

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

    def _split(self, x):
        """x to `(images, labels or None)`, as tensors."""
        if self.num_classes is None:
            return tf.convert_to_tensor(x), None
        return tf.convert_to_tensor(x["images"]), tf.cast(x["labels"], tf.int32)

    def _checked_labels(self, labels):
        if (labels is None) != (self.num_classes is None):
            expected = "no labels" if self.num_classes is None else f"labels in [0, {self.num_classes - 1}]"
            raise ValueError(f"Expected {expected}, as num_classes={self.num_classes}. Received: labels={labels}")
        return None if labels is None else tf.cast(labels, tf.int32)

    def _posterior(self, images, labels, training=False):
        """float32 `z_mean, z_log_var`, each `(batch, latent_dim)`."""
        inputs = images if labels is None else {"images": images, "labels": labels}
        z_mean, z_log_var = self.encoder(inputs, training=training)
        return tf.cast(z_mean, tf.float32), tf.cast(z_log_var, tf.float32)

    def _encode_events(self, events):
        return self._posterior(events, None)

    def _parameters(self, z, labels, training=False):
        """The decoder at z of any leading shape: `(..., latent_dim)` to `(..., *event)`."""
        leading = tf.shape(z)[:-1]
        inputs = tf.reshape(z, [-1, self.latent_dim])
        if labels is not None:
            inputs = {"z": inputs, "labels": tf.reshape(tf.broadcast_to(labels, leading), [-1])}
        return tf.reshape(self.decoder(inputs, training=training), tf.concat([leading, self.event_shape], axis=0))

    def _event_log_prob(self, x, z, labels, training=False):
        """log p(x | z): events `(batch, *event)`, z `(num_samples, batch, latent_dim)`, to `(num_samples, batch)`."""
        parameters = self._parameters(z, labels, training)
        return self.likelihood.log_prob(x, parameters, event_rank=len(self.event_shape))

    def check_batch(self, x, y):
        images = x
        if self.num_classes is not None:
            if not isinstance(x, dict) or set(x) != {"images", "labels"}:
                raise ValueError(
                    f"A conditional VAE takes x as a dictionary. Expected {{'images', 'labels'}}. "
                    f"Received: x={sorted(x) if isinstance(x, dict) else type(x).__name__}"
                )
            images = x["images"]
        checks.check_events("x", images, self.event_shape, self.likelihood.value_range)
        if self.num_classes is not None:
            checks.check_labels(x["labels"], self.num_classes, len(images))
        if y is not None:
            checks.check_events("y", y, self.event_shape, self.likelihood.value_range)

    def signatures(self):
        images = tf.TensorSpec((None, *self.event_shape), tf.float32, "images")
        z = tf.TensorSpec((None, self.latent_dim), tf.float32, "z")
        num_samples, seed = tf.TensorSpec((), tf.int32, "num_samples"), tf.TensorSpec((), tf.int32, "seed")
        labels = [] if self.num_classes is None else [tf.TensorSpec((None,), tf.int32, "labels")]

        def generate(count, seed):
            given = count if labels else None
            size = tf.shape(count)[0] if labels else count
            return {"images": self._generate(size, seed, given, False)}

        def score(images, *rest):
            *given, num_samples, seed = rest
            return {"log_likelihood": self._score(images, *(given or [None]), images, num_samples, seed)}

        def optional(function, output=None):
            def call(values, given=None):
                outputs = function(values, given)
                return outputs if output is None else {output: outputs}

            return call

        return {
            "reconstruct": (optional(self._reconstruct, "images"), [images, *labels]),
            "encode": (optional(self._encode), [images, *labels]),
            "decode": (optional(self._decode, "images"), [z, *labels]),
            "generate": (generate, [*(labels or [num_samples]), seed]),
            "score": (score, [images, *labels, num_samples, seed]),
        }
