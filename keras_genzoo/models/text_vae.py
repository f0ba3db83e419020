"""The variational auto-encoder of sentences."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.layers import Sampling, noise
from keras_genzoo.losses import gaussian_kl, gaussian_log_prob, log_mean_exp
from keras_genzoo.metrics import DirectedMean
from keras_genzoo.models import text_vae_checks
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.text_vae_inference import TextVAEInference
from keras_genzoo.models.text_vae_phases import Aggressive, FirstPhase, Phases
from keras_genzoo.preprocessing import PADDING, START, UNKNOWN

FIRST_WEIGHTS = "first_weights_"  # of the decoder, in files saved before it starts anew


@keras.saving.register_keras_serializable(package="keras_genzoo")
class TextVAE(TextVAEInference, GenerativeModel):
    """A VAE of sentences with a recurrent encoder and decoder (Bowman et al. 2016), trained by plain `fit`.

    All terms are sums over the tokens of a sentence and means over sentences, in nats; padding never counts. A decoder
    that predicts a token from those before it can do without z, and then the divergence falls to 0: the arguments from
    `beta` to `language_model_steps` are the known remedies.

    Args:
        encoder: `networks.RecurrentPosterior`.
        decoder: `networks.RecurrentDecoder` with a `context_dim` of `latent_dim`, plus `num_classes` when conditional.
        preprocessor: `preprocessing.TextPreprocessor` of sentences and the same vocabulary size.
        beta: weight of the divergence: a number, or a `LearningRateSchedule` of `optimizer.iterations`, such as
            `losses.LinearWarmup`, `SigmoidWarmup` (Bowman et al. 2016) or `Cyclical` (Fu et al. 2019). Only training
            sees it; `elbo` in the logs is always at beta 1. Defaults to 1.
        free_bits: float, nats below which the divergence, averaged over the batch, is not penalised (Kingma et al.
            2016, appendix C.8). Defaults to 0.
        free_bits_per: `"dimension"`, each of z, or `"total"`. Defaults to `"dimension"`.
        word_dropout: float in [0, 1), the share of the decoder's inputs that become unknown tokens in training.
            Defaults to 0.
        aggressive: int; the most updates of the encoder alone between two of the decoder (He et al. 2019, algorithm 1,
            with 100), until they no longer help; ended for good once the mutual information of validation text and code
            stops growing from one epoch to the next. 0 trains both together. Defaults to 0.
        pretrain_steps: int, updates with beta 0; with the next epoch of `fit` the decoder starts anew and the schedule
            of `beta` begins (Li et al. 2019). Defaults to 0.
        language_model_steps: int, updates of the decoder alone, as a language model that reads no code, after which the
            code is opened and the schedule of `beta` begins; at the cost of a language model. Not with `aggressive` or
            `pretrain_steps`. Defaults to 0. Both phases come once: a trained model that is compiled with another
            optimizer, to be trained on, begins after them.
        num_samples: int, codes that training draws for a sentence. More than one trains the importance-weighted bound
            of Burda et al. 2016, with free bits on the analytic divergence, at the cost of so many passes of the
            decoder. Its weights make up for a posterior that lies apart from the prior and is the same for every text,
            so that free bits can be met by a code that says nothing. Defaults to 1, the ELBO.
        num_classes: int or `None`. With a number the model is conditional. Defaults to `None`.
        seed: int, of the training noise. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        `({"token_ids", "decoder_ids"}, next_ids, sample_weight)`, int and float `(batch, time)`, and `"labels"` int
        `(batch,)` when conditional: whole sentences with start and end, what the decoder reads, what it is to predict,
        and which of these tokens are real. The logs are `loss`, `elbo`, `kl`, `reconstruction_nll` and, with several
        samples, `importance_weighted_bound`.

    Raises:
        ValueError: if the parts do not fit together, or an argument is out of range.

    Example:

    >>> import keras_genzoo as genzoo
    >>> texts = ["a cat sat", "a dog sat", "the cat ran"] * 8
    >>> preprocessor = genzoo.preprocessing.TextPreprocessor.learn(texts, level="words")
    >>> size = preprocessor.vocabulary_size
    >>> model = genzoo.TextVAE(
    ...     encoder=genzoo.networks.RecurrentPosterior(size, embedding_dim=8, units=8, latent_dim=2),
    ...     decoder=genzoo.networks.RecurrentDecoder(size, embedding_dim=8, units=8, context_dim=2),
    ...     preprocessor=preprocessor,
    ... )
    >>> model.compile(optimizer="adam")
    >>> ids = preprocessor(texts)
    >>> history = model.fit({"token_ids": ids, "decoder_ids": ids[:, :-1]}, ids[:, 1:], epochs=1, verbose=0)
    >>> sorted(history.history)
    ['elbo', 'kl', 'loss', 'reconstruction_nll']
    >>> len(model.generate(3, seed=1)), len(model.interpolate("a cat sat", "the dog ran", steps=5))
    (3, 5)
    """

    def __init__(
        self, encoder, decoder, preprocessor, beta=1.0, free_bits=0.0, free_bits_per="dimension", word_dropout=0.0,
        aggressive=0, pretrain_steps=0, language_model_steps=0, num_samples=1, num_classes=None, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        text_vae_checks.check_arguments(
            beta, free_bits, free_bits_per, word_dropout, aggressive, pretrain_steps, language_model_steps, num_samples
        )
        text_vae_checks.check_parts(encoder, decoder, preprocessor, num_classes)
        self.encoder, self.decoder, self.preprocessor = encoder, decoder, preprocessor
        self.beta, self.free_bits, self.free_bits_per = beta, free_bits, free_bits_per
        self.word_dropout, self.aggressive, self.pretrain_steps = word_dropout, aggressive, pretrain_steps
        self.language_model_steps, self.num_samples = language_model_steps, num_samples
        self.num_classes, self.seed, self.latent_dim = num_classes, seed, encoder.latent_dim
        self.sampling = Sampling(seed, name="sampling")
        self.seed_generator = keras.random.SeedGenerator(seed + 1)
        self._trackers = {
            "elbo": DirectedMean("elbo", "up"),
            "kl": DirectedMean("kl"),
            "reconstruction_nll": DirectedMean("reconstruction_nll"),
        }
        if num_samples > 1:
            name = "importance_weighted_bound"
            self._trackers[name] = DirectedMean(name, "up")
        self._aggressive = Aggressive(aggressive, name="aggressive") if aggressive else None
        self._first_phase = None
        if pretrain_steps or language_model_steps:
            self._first_phase = FirstPhase(pretrain_steps, language_model_steps, name="first_phase")
        self._first_weights = decoder.get_weights() if pretrain_steps else None
        self.built = True

    # ---- training ----

    def call(self, inputs, training=None):
        """Logits `(batch, time, vocabulary_size)` at the posterior's mean, in inference mode whatever `training` says.

        `inputs` are as x in training, or the ids of whole sentences alone. `compute_loss` makes its own pass, with
        noise.
        """
        if not isinstance(inputs, dict):
            inputs = {"token_ids": inputs, "decoder_ids": inputs[:, :-1]}
        token_ids, decoder_ids, labels = self._inputs(inputs)
        z_mean, _ = self._posterior(token_ids, labels)
        state = self.decoder.initial_state(tf.shape(token_ids)[0], self._context(z_mean, labels))
        return self.decoder(decoder_ids, state)[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Minus the objective, averaged over the batch; also updates the metrics."""
        token_ids, decoder_ids, labels = self._inputs(x)
        if training and self.word_dropout:
            decoder_ids = self._with_words_dropped(decoder_ids)
        z_mean, z_log_var, z = self._drawn(token_ids, labels, training)  # z is (num_samples, batch, latent_dim)
        dense = bool(self.jit_compile)
        decoder_nll = self._nll_of_draws(
            decoder_ids, tf.convert_to_tensor(y), z, labels, sample_weight, training, dense
        )
        kl = gaussian_kl(z_mean, z_log_var)  # (batch, latent_dim)
        nll, total = tf.reduce_mean(decoder_nll, axis=0), tf.reduce_sum(kl, axis=-1)
        values = {"elbo": -nll - total, "kl": total, "reconstruction_nll": nll}
        weight, penalty = self._divergence_weight(), self._penalty(kl)
        if self.num_samples == 1:
            loss = nll + weight * penalty
        else:
            log_ratio = gaussian_log_prob(z, 0.0, tf.zeros_like(z)) - gaussian_log_prob(z, z_mean, z_log_var)
            values["importance_weighted_bound"] = log_mean_exp(log_ratio - decoder_nll)
            loss = weight * (penalty - total) - log_mean_exp(weight * log_ratio - decoder_nll)
        for name, tracker in self._trackers.items():
            tracker.update_state(values[name])
        return self.mean_over_batch(loss)

    def _drawn(self, token_ids, labels, training):
        """The posterior and draws of it; one of zeros, and nothing of the encoder, while the decoder learns alone."""

        def posterior():
            return self._posterior(token_ids, labels, training)

        alone = self.language_model_steps and training and self._in_first_phase()
        if not tf.is_tensor(alone):
            z_mean, z_log_var = posterior()
            return z_mean, z_log_var, self.sampling([z_mean, z_log_var], num_samples=self.num_samples)
        zeros = tf.zeros((tf.shape(token_ids)[0], self.latent_dim))
        z_mean, z_log_var = tf.cond(alone, lambda: (zeros, zeros), posterior)
        # XLA wants to know the number of draws beforehand
        count = self.num_samples if self.jit_compile else tf.where(alone, 1, self.num_samples)
        return z_mean, z_log_var, tf.where(alone, 0.0, self.sampling([z_mean, z_log_var], num_samples=count))

    def _in_first_phase(self):
        """Whether the schedule of `beta` has not begun yet: bool tensor, or `False` where that cannot be."""
        if self._first_phase is None or getattr(self, "optimizer", None) is None:
            return False
        return self._first_phase.lasts(self.optimizer)

    def _divergence_weight(self):
        first = self._in_first_phase()
        if not tf.is_tensor(first):
            return self.scheduled(self.beta)
        return tf.where(first, 0.0, self.scheduled(self.beta, self._first_phase.end()))

    def _penalty(self, kl):
        """The divergence that training sees, `(batch,)` or a scalar, with free bits on the batch's mean."""
        if not self.free_bits:
            return tf.reduce_sum(kl, axis=-1)
        mean = tf.reduce_mean(kl, axis=0)
        if self.free_bits_per == "dimension":
            return tf.reduce_sum(tf.maximum(mean, self.free_bits))
        return tf.maximum(tf.reduce_sum(mean), self.free_bits)

    def _with_words_dropped(self, decoder_ids):
        dropped = noise.uniform(tf.shape(decoder_ids), noise.next_seed(self.seed_generator)) < self.word_dropout
        return tf.where(dropped & (decoder_ids != PADDING) & (decoder_ids != START), UNKNOWN, decoder_ids)

    # ---- phases of training ----

    def fit(self, x=None, y=None, *args, callbacks=None, validation_data=None, **kwargs):
        """As `GenerativeModel.fit`; with `aggressive`, the validation data say when that phase ends."""
        if self.aggressive or self._first_phase is not None:
            callbacks = [Phases(validation_data), *keras.tree.flatten(callbacks or [])]
        return super().fit(x, y, *args, callbacks=callbacks, validation_data=validation_data, **kwargs)

    def train_step(self, data):
        """As Keras's; in the aggressive phase an update is of the encoder or of the decoder alone."""
        if self._aggressive is None:
            return super().train_step(data)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = self._tracked_loss(x, y, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        sentences, tokens = tf.cast(tf.shape(y)[0], tf.float32), tf.math.count_nonzero(y, dtype=tf.float32)
        self._aggressive.update(self, tape, scaled, loss * sentences / tokens)
        return self.compute_metrics(x, y, None, sample_weight=sample_weight)

    def compile(self, optimizer="rmsprop", **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        if self._first_phase is not None and self.optimizer is not None:
            self._first_phase.count_from(self.optimizer)

    @property
    def in_first_phase(self):
        """Whether no update has been made after `pretrain_steps` or `language_model_steps` yet: bool."""
        if self._first_phase is None or getattr(self, "optimizer", None) is None:
            return False
        return not self._first_phase.over or self._first_phase.ends_with(self.optimizer)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        if self.pretrain_steps and not self._first_phase.over:
            for i, weights in enumerate(self._first_weights):
                store[f"{FIRST_WEIGHTS}{i}"] = weights

    def load_own_variables(self, store):
        first = [name for name in store.keys() if name.startswith(FIRST_WEIGHTS)]
        super().load_own_variables({name: store[name] for name in store.keys() if name not in first})
        if first:
            self._first_weights = [np.array(store[f"{FIRST_WEIGHTS}{i}"]) for i in range(len(first))]

    # ---- data ----

    def _inputs(self, x):
        labels = None if self.num_classes is None else tf.cast(x["labels"], tf.int32)
        return tf.convert_to_tensor(x["token_ids"]), tf.convert_to_tensor(x["decoder_ids"]), labels

    def check_batch(self, x, y):
        text_vae_checks.check_batch(x, y, self.decoder.vocabulary_size, self.num_classes)

    def resources(self):
        return self.preprocessor.lookups
