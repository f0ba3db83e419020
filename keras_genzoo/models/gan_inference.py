"""What a trained GAN is used for: samples, and the discriminator's opinion of events."""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.models import checks
from keras_genzoo.models.empty import apply_rows


class GANInference:
    """The public methods of `GAN` beside training: tensors in, tensors out, one graph each.

    Images come and go in [0, 1], however the networks see them ([-1, 1]); points as they are. It works on the
    attributes `generator, discriminator, averages, average_statistics, num_classes, packing, event_shape, latent_dim`.
    """

    @property
    def is_image(self):
        """Whether events are images `(height, width, channels)`, which the networks see in [-1, 1]."""
        return len(self.event_shape) == 3

    def decode(self, z, labels=None):
        """The running generator at z `(batch, latent_dim)`: float32 `(batch, *event)`; `labels` when conditional."""
        z = tf.cast(z, tf.float32)
        return self._decode(z, self._checked_labels(labels, z.shape[0]))

    def generate(self, num_samples=None, labels=None, seed=0):
        """Draws z from a standard normal and decodes it.

        Args:
            num_samples: int, how many; taken from `labels` when conditional.
            labels: int `(num_samples,)` when conditional, else `None`.
            seed: int; the result depends on the arguments alone. Defaults to 0.

        Returns:
            float32 `(num_samples, *event)`, images in [0, 1].

        Raises:
            ValueError: if `num_samples` is missing or negative, or labels do not fit the model.
        """
        labels = self._checked_labels(labels)
        checks.check_num_samples(num_samples, labels)
        count = tf.shape(labels)[0] if labels is not None else num_samples
        return self._generate(tf.cast(count, tf.int32), tf.cast(seed, tf.int32), labels)

    def discriminate(self, images, labels=None):
        """The discriminator's raw logits.

        Args:
            images: float `(batch, *event)`, images in [0, 1]; with packing, packs `(batch, packing, *event)`.
            labels: int `(batch,)` when conditional, else `None`.

        Returns:
            float32 `(batch,)`; the larger, the more real.
        """
        images = tf.cast(images, tf.float32)
        return self._discriminate(images, self._checked_labels(labels, images.shape[0]))

    @tf.function(autograph=False, reduce_retracing=True)
    def _decode(self, z, labels):
        return self._to_user(self._running_events(z, labels))

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(self, num_samples, seed, labels):
        z = noise.normal([num_samples, self.latent_dim], noise.seed_pair(seed))
        return self._to_user(self._running_events(z, labels))

    @tf.function(autograph=False, reduce_retracing=True)
    def _discriminate(self, images, labels):
        events = 2.0 * images - 1.0 if self.is_image else images
        if self.packing > 1:
            events = self._joined(events)
        return self._logits(events, labels, training=False)

    # ---- parts ----

    def _to_user(self, events):
        """Events of the generator as they leave: images from [-1, 1] to [0, 1]."""
        return tf.clip_by_value(0.5 * (events + 1.0), 0.0, 1.0) if self.is_image else events

    def _split(self, x):
        """x to `(events, labels or None)`, as tensors."""
        if self.num_classes is None:
            return tf.cast(x, tf.float32), None
        return tf.cast(x["images"], tf.float32), tf.cast(x["labels"], tf.int32)

    def _checked_labels(self, labels, count=None):
        return checks.checked_labels(self.num_classes, labels, count)

    def _events(self, z, labels, training):
        """The trained generator at z: float32 `(batch, *event)`."""
        inputs = z if labels is None else {"z": z, "labels": labels}
        outputs = self.generator(inputs, training=True) if training else apply_rows(self.generator, inputs)
        return tf.cast(outputs, tf.float32)

    def _running_events(self, z, labels):
        """As `_events`, by the moving average of the generator's weights where there is one."""
        if not self.averages:
            return self._events(z, labels, training=False)
        with self._averaged():
            return self._events(z, labels, training=False)

    def _averaged(self):
        """A scope in which the generator has its averaged weights, and their statistics."""
        own = [*self.generator.trainable_variables, *self.generator.non_trainable_weights]
        averages = [*self.averages, *self.average_statistics]
        return keras.StatelessScope(state_mapping=zip(own, averages, strict=True), initialize_variables=False)

    def _logits(self, events, labels, training):
        """The discriminator at events, or at packs of them: float32 `(batch,)`."""
        inputs = events if labels is None else {"images": events, "labels": labels}
        outputs = self.discriminator(inputs, training=True) if training else apply_rows(self.discriminator, inputs)
        return tf.cast(outputs, tf.float32)[:, 0]

    def _joined(self, packs):
        """Packs `(batch, packing, *event)` to `(batch, *event)` with the events side by side on the last axis."""
        rank = len(self.event_shape)
        moved = tf.transpose(packs, [0, *range(2, rank + 1), 1, rank + 1])
        shape = tf.concat([tf.shape(packs)[:1], self.event_shape[:-1], [self.packing * self.event_shape[-1]]], axis=0)
        return tf.ensure_shape(tf.reshape(moved, shape), self.discriminator.input_shape)
