"""The generative adversarial network."""

import contextlib
import types

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.losses import get_adversarial, get_penalties
from keras_genzoo.models import gan_checks
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.gan_inference import GANInference

EVALUATION = 0x6A17  # a stream of its own for the noise of `evaluate`


@keras.saving.register_keras_serializable(package="keras_genzoo")
class GAN(GANInference, GenerativeModel):
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
            generator's weights, normalised so that it is right from the first step. Defaults to `None`.
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
        self.averages = [] if ema_momentum is None else [self._average_of(v) for v in generator.trainable_variables]
        self._trackers = {name: keras.metrics.Mean(name) for name in ("generator_loss", "discriminator_loss")}
        self._penalty_tracker = keras.metrics.Mean("penalty")
        self._game = types.SimpleNamespace(objective=None, penalties=(), steps=1, quality=(), options={})
        self.built = True

    def _average_of(self, variable):
        """The moving average of a weight, a weight of this model; it starts at the weight's present value."""
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

    # ---- training ----

    def train_step(self, data):
        """`discriminator_steps` updates of the discriminator and one of the generator.

        The generator runs once for the last of the former and for the latter, which is judged by the discriminator as
        it is then. Either update leaves all variables of the other network as they are, statistics included.
        """
        real, labels = self._split(_events_of(data))
        for part in range(self._game.steps - 1):
            own, own_labels = self._part(real, part), self._part(labels, part)
            with _untouched(self._seed_generators_in_order()):
                fake = self._events(self._noise(own), own_labels, training=True)
            self._update_discriminator(own, fake, own_labels)
        real, labels = self._part(real, self._game.steps - 1), self._part(labels, self._game.steps - 1)
        with tf.GradientTape() as tape:
            fake = self._events(self._noise(real), labels, training=True)
            with tape.stop_recording():
                self._update_discriminator(real, tf.stop_gradient(fake), labels)
            loss = self._generator_loss(real, fake, labels)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._descend(self.generator_optimizer, self.generator, scaled, tape)
        self._update_averages()
        trained = [metric for metric in self.metrics if metric not in self._game.quality]
        return {metric.name: metric.result() for metric in trained}

    def _update_discriminator(self, real, fake, labels):
        real, fake = self._packed(real), self._packed(fake)
        optimizer = self.discriminator_optimizer
        step = tf.convert_to_tensor(optimizer.iterations)
        with tf.GradientTape() as tape:
            real_logits = self._logits(real, labels, training=True)
            fake_logits = self._logits(fake, labels, training=True)
            losses = self._game.objective.discriminator_loss(real_logits, fake_logits)
            self._trackers["discriminator_loss"].update_state(losses)
            if self._game.penalties:
                penalty = self._penalty(real, fake, labels, step)
                self._penalty_tracker.update_state(penalty)
                losses += penalty
            loss = self.mean_over_batch(losses) + self._regularisation(self.discriminator)
            scaled = optimizer.scale_loss(loss)
        self._descend(optimizer, self.discriminator, scaled, tape)

    def _penalty(self, real, fake, labels, step):
        """The sum of the penalties, `(batch,)`."""
        values = [
            penalty(
                lambda events: self._logits(events, labels, training=True),
                real,
                fake,
                noise.next_seed(self.seed_generator),
                step,
            )
            for penalty in self._game.penalties
        ]
        return tf.add_n(values)

    def _generator_loss(self, real, fake, labels):
        objective = self._game.objective
        with _untouched(self._seed_generators_in_order()):
            fake_logits = self._logits(self._packed(fake), labels, training=True)
            real_logits = self._logits(self._packed(real), labels, training=True) if objective.paired else None
        losses = objective.generator_loss(fake_logits, real_logits)
        self._trackers["generator_loss"].update_state(losses)
        return self.mean_over_batch(losses) + self._regularisation(self.generator)

    def _descend(self, optimizer, network, loss, tape):
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    def _regularisation(self, network):
        """The sum of the network's own losses, such as weight decay."""
        return sum(network.losses) / tf.distribute.get_strategy().num_replicas_in_sync

    def _update_averages(self):
        """Moves the averages to `sum_i m^(t - i) w_i / sum_i m^(t - i)` over the weights w_1 .. w_t of all updates."""
        if not self.averages:
            return
        step = tf.cast(tf.maximum(tf.convert_to_tensor(self.generator_optimizer.iterations), 1), tf.float64)
        momentum = tf.constant(self.ema_momentum, tf.float64)
        kept = tf.cast(momentum * (1 - momentum ** (step - 1)) / (1 - momentum**step), tf.float32)
        for average, variable in zip(self.averages, self.generator.trainable_variables, strict=True):
            average.assign(kept * average.value + (1 - kept) * tf.cast(variable.value, tf.float32))

    def test_step(self, data):
        """Both losses and the `quality` metrics, with fakes of the running generator.

        Their noise is a function of the batch's place in the data alone, so that validation can be repeated.
        """
        real, labels = self._split(_events_of(data))
        trackers, objective = self._trackers, self._game.objective
        place = tf.cast(tf.convert_to_tensor(trackers["generator_loss"].count), tf.int32)
        seed = noise.of_replica(noise.seed_pair(self.seed + EVALUATION, place))
        fake = self._running_events(noise.normal([tf.shape(real)[0], self.latent_dim], seed), labels)
        real_logits = self._logits(self._packed(real), labels, training=False)
        fake_logits = self._logits(self._packed(fake), labels, training=False)
        trackers["generator_loss"].update_state(objective.generator_loss(fake_logits, real_logits))
        trackers["discriminator_loss"].update_state(objective.discriminator_loss(real_logits, fake_logits))
        for metric in self._game.quality:
            metric.update_state(real, fake)
        return {metric.name: metric.result() for metric in (*trackers.values(), *self._game.quality)}

    def get_metrics_result(self):
        """Nothing: the logs are what the steps return, as training measures no quality and validation no penalty."""
        return {}

    # ---- parts of a batch ----

    def _noise(self, events):
        """Standard normal z, one row an event."""
        return noise.normal([tf.shape(events)[0], self.latent_dim], noise.next_seed(self.seed_generator))

    def _part(self, values, index):
        """The part of a batch for one of `discriminator_steps` updates; the last part goes on from the start."""
        if values is None or self._game.steps == 1:
            return values
        count = tf.shape(values)[0]
        size = -(-count // self._game.steps)
        return tf.gather(values, tf.math.floormod(index * size + tf.range(size), count))

    def _packed(self, events):
        """Events `(batch, *event)` in packs, `(ceil(batch / packing), ...)`; the last pack goes on from the start."""
        if self.packing == 1:
            return events
        count = tf.shape(events)[0]
        packs = -(-count // self.packing)
        rows = tf.math.floormod(tf.range(packs * self.packing), tf.maximum(count, 1))
        shape = tf.concat([[packs, self.packing], self.event_shape], axis=0)
        return self._joined(tf.reshape(tf.gather(events, rows), shape))

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


@contextlib.contextmanager
def _untouched(seed_generators):
    """Within it no variable changes (BatchNorm's statistics, spectral norms); seeds have moved on after it."""
    with keras.StatelessScope(initialize_variables=False) as scope:
        yield
    for generator in seed_generators:
        state = scope.get_current_value(generator.state)
        if state is not None:
            generator.state.assign(state)


def _built(optimizer, network, scaled):
    """The optimizer with its slots for the network's weights; with a loss scale if `scaled`."""
    optimizer = keras.optimizers.get(optimizer)
    if scaled and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if not optimizer.built:
        optimizer.build(network.trainable_variables)
    return optimizer


def _events_of(data):
    x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if sample_weight is not None:
        raise ValueError("A GAN takes no sample_weight. Expected x alone. Received: sample_weight")
    return x
