"""The generative adversarial network."""

import types

import keras
import tensorflow as tf

from keras_genzoo.losses import get_adversarial, get_penalties
from keras_genzoo.models import gan_checks
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.gan_inference import GANInference
from keras_genzoo.models.gan_training import GANTraining


@keras.saving.register_keras_serializable(package="keras_genzoo")
class GAN(GANTraining, GANInference, GenerativeModel):
    """A generative adversarial network, trained by plain `compile` and `fit` (Goodfellow et al. 2014).

    Generator and discriminator are functional models, from `keras_genzoo.networks` or the user's own; what they
    descend is chosen in `compile`. Images `(height, width, channels)` are in [-1, 1] for training, and come and go in
    [0, 1] everywhere else; events of another rank are taken as they are.

    Args:
        generator: functional `keras.Model` from z `(batch, latent_dim)` to events `(batch, *event)`.
        discriminator: functional `keras.Model` from events to one raw logit, `(batch, 1)`, without a sigmoid.
        num_classes: int or `None`. With a number the model is conditional: x is `{"images", "labels"}`, the
            discriminator takes the same dictionary and the generator `{"z", "labels"}`. Defaults to `None`.
        packing: int, how many events the discriminator sees side by side on their last axis, so that it can see how
            much they differ (Lin et al. 2018). Defaults to 1.
        ema_momentum: float in [0, 1) or `None`. With a number, samples come from an exponential moving average of the
            generator's weights, normalised so that it is right from the first step, under which layers such as
            `BatchNormalization` have statistics of their own. Defaults to `None`.
        seed: int, of the training noise. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        x `(batch, *event)` float; arrays or a `tf.data.Dataset`. The logs are `generator_loss`, `discriminator_loss`,
        `penalty` where there is one, and in validation the metrics given as `quality`. The losses are of a game
        between the two networks and say nothing about quality.

    Raises:
        ValueError: if networks do not fit together, or an argument is none of the above.

    Example:

    >>> import numpy as np, keras_genzoo as genzoo
    >>> gan = genzoo.GAN(
    ...     generator=genzoo.networks.mlp_generator(latent_dim=8, output_shape=(2,), units=(16,)),
    ...     discriminator=genzoo.networks.mlp_discriminator((2,), units=(16,)),
    ... )
    >>> gan.compile("adam", "adam", objective="relativistic", penalty=[genzoo.losses.R1(1), genzoo.losses.R2(1)])
    >>> x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    >>> history = gan.fit(x, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'penalty']
    >>> gan.generate(num_samples=3, seed=1).shape
    TensorShape([3, 2])
    """

    def __init__(
        self, generator, discriminator, num_classes=None, packing=1, ema_momentum=None, seed=0, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        gan_checks.check_arguments(num_classes, packing, ema_momentum)
        self.event_shape, self.latent_dim = gan_checks.check_networks(generator, discriminator, num_classes, packing)
        self.generator, self.discriminator = generator, discriminator
        self.num_classes, self.packing, self.ema_momentum, self.seed = num_classes, packing, ema_momentum, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        averaged = ema_momentum is not None
        self.averages = [self._average_of(v) for v in generator.trainable_variables if averaged]
        self.average_statistics = [self._average_of(v) for v in generator.non_trainable_weights if averaged]
        self._trackers = {name: keras.metrics.Mean(name) for name in ("generator_loss", "discriminator_loss")}
        self._penalty_tracker = keras.metrics.Mean("penalty")
        self._game = types.SimpleNamespace(objective=None, penalties=(), steps=1, quality=(), options={})
        self.built = True

    def _average_of(self, variable):
        """A weight of this model for the averaged generator; it starts at the present value of the generator's."""
        average = self.add_weight(
            shape=variable.shape, dtype="float32", trainable=False, aggregation="only_first_replica",
            name=f"average_{variable.name}", initializer="zeros",
        )  # fmt: skip
        average.assign(variable)
        return average

    def call(self, inputs, training=None):
        """Events `(batch, *event)` at z, images in [0, 1]; in inference mode whatever `training` says."""
        z, labels = (inputs, None) if self.num_classes is None else (inputs["z"], inputs["labels"])
        return self._to_user(self._running_events(tf.cast(z, tf.float32), labels))

    # ---- compilation ----

    def compile(
        self, generator_optimizer="adam", discriminator_optimizer="adam", objective="non_saturating", penalty=None,
        discriminator_steps=1, quality=None, **kwargs,
    ):  # fmt: skip
        """Chooses the game and who plays it how fast.

        Args:
            generator_optimizer, discriminator_optimizer: two Keras optimizers, or their names. Default to `"adam"`.
            objective: `"non_saturating"`, `"minimax"`, `"least_squares"`, `"hinge"`, `"wasserstein"`,
                `"relativistic"`, or an object of `keras_genzoo.losses`, such as `NonSaturating(label_smoothing=0.1)`.
                Defaults to `"non_saturating"`.
            penalty: object of `keras_genzoo.losses`, such as `GradientPenalty(10)`, a list of them, or `None`.
                Defaults to `None`.
            discriminator_steps: int, the discriminator's updates for one of the generator. A batch is cut in as many
                parts, one for each, so that every update sees other examples. Defaults to 1.
            quality: list of `keras.metrics.Metric` with `update_state(real, fake)`, two batches of one size as the
                networks see them, that validation measures; or `None`. Defaults to `None`.
            **kwargs: `jit_compile`, `run_eagerly`, `steps_per_execution`, `auto_scale_loss` of `keras.Model.compile`.

        Raises:
            ValueError: if an argument is none of the above.
        """
        gan_checks.check_compile(generator_optimizer, discriminator_optimizer, discriminator_steps, kwargs)
        objective, penalties, quality = get_adversarial(objective), get_penalties(penalty), tuple(quality or ())
        scaled = self.dtype_policy.name == "mixed_float16" and kwargs.get("auto_scale_loss", True)
        optimizers = [
            _built(optimizer, network, scaled)
            for optimizer, network in (
                (generator_optimizer, self.generator),
                (discriminator_optimizer, self.discriminator),
            )
        ]
        super().compile(optimizer=optimizers[0], **kwargs)
        self.discriminator_optimizer = optimizers[1]
        self._game = types.SimpleNamespace(
            objective=objective, penalties=penalties, steps=discriminator_steps, quality=quality, options=kwargs
        )

    @property
    def generator_optimizer(self):
        """The generator's optimizer, which is `optimizer` to Keras."""
        return self.optimizer

    def get_compile_config(self):
        if not self.compiled:
            return {}
        game = self._game
        return keras.saving.serialize_keras_object({
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "objective": game.objective,
            "penalty": list(game.penalties),
            "discriminator_steps": game.steps,
            "quality": list(game.quality),
            **game.options,
        })  # fmt: skip

    @property
    def metrics(self):
        found = list(self._trackers.values())
        return [*found, *([self._penalty_tracker] if self._game.penalties else []), *self._game.quality]

    # ---- data and export ----

    def check_batch(self, x, y):
        gan_checks.check_batch(x, y, self.event_shape, self.num_classes, self.is_image)

    def signatures(self):
        name = "points" if len(self.event_shape) == 1 else "images"
        event = self.event_shape if self.packing == 1 else (self.packing, *self.event_shape)
        images = tf.TensorSpec((None, *event), tf.float32, name)
        z = tf.TensorSpec((None, self.latent_dim), tf.float32, "z")
        num_samples, seed = tf.TensorSpec((), tf.int32, "num_samples"), tf.TensorSpec((), tf.int32, "seed")
        if self.num_classes is None:
            return {
                "generate": (lambda n, seed: {name: self._generate(n, seed, None)}, [num_samples, seed]),
                "decode": (lambda z: {name: self._decode(z, None)}, [z]),
                "discriminate": (lambda x: {"logits": self._discriminate(x, None)}, [images]),
            }
        labels = tf.TensorSpec((None,), tf.int32, "labels")
        return {
            "generate": (
                lambda labels, seed: {name: self._generate(tf.shape(labels)[0], seed, labels)},
                [labels, seed],
            ),
            "decode": (lambda z, labels: {name: self._decode(z, labels)}, [z, labels]),
            "discriminate": (lambda x, labels: {"logits": self._discriminate(x, labels)}, [images, labels]),
        }


def _built(optimizer, network, scaled):
    """The optimizer with its slots for the network's weights; with a loss scale if `scaled`."""
    optimizer = keras.optimizers.get(optimizer)
    if scaled and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if not optimizer.built:
        optimizer.build(network.trainable_variables)
    return optimizer
