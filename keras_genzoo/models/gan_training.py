"""One step of a GAN: the updates of both networks, the moving average, and what validation measures."""

import contextlib

import keras
import tensorflow as tf

from keras_genzoo.layers import noise

EVALUATION = 0x6A17  # a stream of its own for the noise of `evaluate`


class GANTraining:
    """`train_step` and `test_step` of `GAN`.

    It works on the networks, `averages`, `average_statistics`, both optimizers, and the rules of the game in `_game`.
    """

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
        z = self._noise(real)
        with tf.GradientTape() as tape:
            fake = self._events(z, labels, training=True)
            with tape.stop_recording():
                self._update_discriminator(real, tf.stop_gradient(fake), labels)
            loss = self._generator_loss(real, fake, labels)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._descend(self.generator_optimizer, self.generator, scaled, tape)
        self._update_averages(z, labels)
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
        """One update, which begins when the loss is known.

        The slope in a penalty depends on a bias only by the side of a kink, so that the bias has no gradient of it, and
        nothing but this order would keep the update from coming before the penalty reads it.
        """
        variables = network.trainable_variables
        gradients = tape.gradient(loss, variables)
        with tf.control_dependencies([loss]):
            optimizer.apply(gradients, variables)

    def _regularisation(self, network):
        """The sum of the network's own losses, such as weight decay."""
        return sum(network.losses) / tf.distribute.get_strategy().num_replicas_in_sync

    def _update_averages(self, z, labels):
        """Moves the averages to `sum_i m^(t - i) w_i / sum_i m^(t - i)` over the weights w_1 .. w_t of all updates.

        Statistics (of `BatchNormalization`) are not averaged but taken from a run of the averaged generator at z: those
        of the generator's own activations do not fit weights that are smaller by all that averages out.
        """
        if not self.averages:
            return
        step = tf.cast(tf.maximum(tf.convert_to_tensor(self.generator_optimizer.iterations), 1), tf.float64)
        momentum = tf.constant(self.ema_momentum, tf.float64)
        kept = tf.cast(momentum * (1 - momentum ** (step - 1)) / (1 - momentum**step), tf.float32)
        for average, variable in zip(self.averages, self.generator.trainable_variables, strict=True):
            average.assign(kept * average.value + (1 - kept) * tf.cast(variable.value, tf.float32))
        if not self.average_statistics:
            return
        pairs = list(zip(self.average_statistics, self.generator.non_trainable_weights, strict=True))
        for statistic, variable in pairs:  # whatever the networks held when they were put together
            statistic.assign(tf.where(step > 1, statistic.value, tf.cast(variable.value, tf.float32)))
        with self._averaged() as scope:
            self._events(z, labels, training=True)
        for statistic, variable in pairs:
            statistic.assign(scope.get_current_value(variable))

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


@contextlib.contextmanager
def _untouched(seed_generators):
    """Within it no variable changes (BatchNorm's statistics, spectral norms); seeds have moved on after it."""
    with keras.StatelessScope(initialize_variables=False) as scope:
        yield
    for generator in seed_generators:
        state = scope.get_current_value(generator.state)
        if state is not None:
            generator.state.assign(state)


def _events_of(data):
    x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if sample_weight is not None:
        raise ValueError("A GAN takes no sample_weight. Expected x alone. Received: sample_weight")
    return x
