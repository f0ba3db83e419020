"""The variational auto-encoder."""

import keras
import tensorflow as tf

from keras_genzoo.layers import Sampling
from keras_genzoo.losses import dreg_loss, gaussian_log_prob, get_likelihood, get_prior, log_mean_exp, scale_gradient
from keras_genzoo.metrics import DirectedMean
from keras_genzoo.models import checks, vae_checks
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.vae_inference import VAEInference


@keras.saving.register_keras_serializable(package="keras_genzoo")
class VAE(VAEInference, GenerativeModel):
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
        objective: `"elbo"`, `"iwae"` or `"dreg"`. Defaults to `"elbo"`. With one sample `"dreg"` is the ELBO, too, with
            the path derivative (Roeder et al. 2017), which is less noisy where q(z | x) is near the posterior.
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

        `compute_loss` makes its own pass, with noise.
        """
        images, labels = self._split(inputs)
        z_mean, _ = self._posterior(images, labels)
        return self.likelihood.mean(self._parameters(z_mean, labels))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Minus the objective, averaged over the batch; also updates the metrics. `y` is the clean image, if given."""
        images, labels = self._split(x)
        target = tf.cast(images if y is None else self._events("y", y), tf.float32)
        z_mean, z_log_var = self._posterior(images, labels, training)
        z = self.sampling([z_mean, z_log_var], num_samples=self.num_samples)  # (num_samples, batch, latent_dim)
        doubly = self.objective == "dreg"
        if doubly:
            z, weight = scale_gradient(z)
        log_likelihood = self._event_log_prob(target, z, labels, training)  # (num_samples, batch)
        nll = -tf.reduce_mean(log_likelihood, axis=0)
        kl = self.prior.kl(z_mean, z_log_var, z, self._encode_events)  # (batch, latent_dim or 1)
        values = {
            "elbo": -nll - tf.reduce_sum(kl, axis=-1),
            "kl": tf.reduce_sum(kl, axis=-1),
            "reconstruction_nll": nll,
        }
        if self.objective == "elbo":
            loss = nll + self.scheduled(self.beta) * self._penalty(kl)
        else:
            posterior = (tf.stop_gradient(z_mean), tf.stop_gradient(z_log_var)) if doubly else (z_mean, z_log_var)
            log_ratio = self.prior.log_prob(z, self._encode_events) - gaussian_log_prob(z, *posterior)
            log_weights = log_likelihood + self.scheduled(self.beta) * log_ratio
            values["importance_weighted_bound"] = log_mean_exp(log_likelihood + log_ratio)
            loss = dreg_loss(log_weights, weight) if doubly else -log_mean_exp(log_weights)
        for name, tracker in self._trackers.items():
            tracker.update_state(values[name], sample_weight=sample_weight)
        return self.mean_over_batch(loss, sample_weight)

    def _penalty(self, kl):
        """The divergence that training sees, `(batch,)` or a scalar, with free bits on the batch's mean."""
        if not self.free_bits:
            return tf.reduce_sum(kl, axis=-1)
        floor = self.free_bits * (1 if self.prior.factorised else self.latent_dim)
        return tf.reduce_sum(tf.maximum(tf.reduce_mean(kl, axis=0), floor))

    # ---- data and export ----

    def check_batch(self, x, y):
        images = x
        if self.num_classes is not None:
            vae_checks.check_inputs(x)
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
        functions = {
            "reconstruct": (lambda x, labels=None: {"images": self._reconstruct(x, labels)}, [images]),
            "encode": (lambda x, labels=None: self._encode(x, labels), [images]),
            "decode": (lambda z, labels=None: {"images": self._decode(z, labels)}, [z]),
        }
        if self.num_classes is None:
            functions["generate"] = (
                lambda n, seed: {"images": self._generate(n, seed, None, False)},
                [num_samples, seed],
            )
            functions["score"] = (
                lambda x, n, seed: {"log_likelihood": self._score(x, None, x, n, seed)},
                [images, num_samples, seed],
            )
            return functions
        labels = tf.TensorSpec((None,), tf.int32, "labels")
        functions = {name: (function, [*specs, labels]) for name, (function, specs) in functions.items()}
        functions["generate"] = (
            lambda labels, seed: {"images": self._generate(tf.shape(labels)[0], seed, labels, False)},
            [labels, seed],
        )
        functions["score"] = (
            lambda x, labels, n, seed: {"log_likelihood": self._score(x, labels, x, n, seed)},
            [images, labels, num_samples, seed],
        )
        return functions
