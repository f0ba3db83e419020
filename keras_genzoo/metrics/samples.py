"""Metrics of generated samples for `fit(validation_data=...)`: they compare a batch of them with a batch of data."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.metrics.modes import RADIUS


class _Modes(keras.metrics.Metric):
    """Counts samples in the modes of a known mixture."""

    _direction = "up"

    def __init__(self, centers, scale, name, **kwargs):
        super().__init__(name=name, **kwargs)
        self.centers, self.scale = np.asarray(centers, "float32"), float(scale)
        if self.centers.ndim != 2 or not self.centers.size or not self.scale > 0:
            raise ValueError(
                "Expected centers of shape (modes, axes) and a positive scale. "
                f"Received: centers.shape={self.centers.shape}, scale={scale}"
            )

    def _good(self, fake):
        """The nearest mode of each sample `(samples, axes)`, and 1 where it is within its radius, else 0."""
        fake = tf.cast(fake, tf.float32)
        squared = tf.reduce_sum((fake[:, None] - self.centers) ** 2, axis=-1)  # (samples, modes)
        within = tf.reduce_min(squared, axis=-1) <= (RADIUS * self.scale) ** 2
        return tf.argmin(squared, axis=-1), tf.cast(within, tf.float32)

    def get_config(self):
        return {**super().get_config(), "centers": self.centers.tolist(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class ModeCoverage(_Modes):
    """The number of modes that samples have found, over all batches; see `mode_coverage`.

    Args:
        centers: array `(modes, axes)`.
        scale: float, the standard deviation of every mode.
        min_samples: int, the samples of high quality that a mode must have. Defaults to 1.
        name: str. Defaults to `"mode_coverage"`.
        **kwargs: of `keras.metrics.Metric`.

    Raises:
        ValueError: for centers of another shape, or a number that is not positive.

    Example:

    >>> from keras_genzoo.metrics import ModeCoverage
    >>> metric = ModeCoverage(centers=[[0.0, 0.0], [1.0, 0.0]], scale=0.1)
    >>> metric.update_state(real=None, fake=[[0.0, 0.1], [0.5, 0.0]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, centers, scale, min_samples=1, name="mode_coverage", **kwargs):
        super().__init__(centers, scale, name, **kwargs)
        if min_samples < 1:
            raise ValueError(f"Expected min_samples of at least 1. Received: min_samples={min_samples}")
        self.min_samples = min_samples
        self.counts = self.add_weight(shape=(len(self.centers),), initializer="zeros", name="counts")

    def update_state(self, real, fake):
        """Counts the samples `fake` `(samples, axes)`; `real` is not looked at."""
        modes, good = self._good(fake)
        self.counts.assign_add(tf.math.unsorted_segment_sum(good, modes, len(self.centers)))

    def result(self):
        return tf.reduce_sum(tf.cast(self.counts >= self.min_samples, tf.float32))

    def get_config(self):
        return {**super().get_config(), "min_samples": self.min_samples}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class HighQualityShare(_Modes):
    """The share of samples within 3 standard deviations of a mode, over all batches.

    Args:
        centers, scale: as of `ModeCoverage`.
        name: str. Defaults to `"high_quality_share"`.
        **kwargs: of `keras.metrics.Metric`.

    Raises:
        ValueError: for centers of another shape, or a scale that is not positive.

    Example:

    >>> from keras_genzoo.metrics import HighQualityShare
    >>> metric = HighQualityShare(centers=[[0.0, 0.0], [1.0, 0.0]], scale=0.1)
    >>> metric.update_state(real=None, fake=[[0.0, 0.1], [0.5, 0.0]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, centers, scale, name="high_quality_share", **kwargs):
        super().__init__(centers, scale, name, **kwargs)
        self.good = self.add_weight(initializer="zeros", name="good")
        self.total = self.add_weight(initializer="zeros", name="total")

    def update_state(self, real, fake):
        """Counts the samples `fake` `(samples, axes)`; `real` is not looked at."""
        _, good = self._good(fake)
        self.good.assign_add(tf.reduce_sum(good))
        self.total.assign_add(tf.cast(tf.size(good), tf.float32))

    def result(self):
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.good), tf.convert_to_tensor(self.total))


@keras.saving.register_keras_serializable(package="keras_genzoo")
class KernelDistance(keras.metrics.Metric):
    """The mean of the unbiased kernel distances of all batches; see `kernel_distance`.

    Every batch is a block, so its expected value does not depend on the batch size, and its noise does: batches of
    some hundred examples tell two models apart. A real event and the fake one in the same row are not compared
    (Gretton et al. 2012, lemma 6): where both have the same label they are not independent, and would make the
    distance look smaller.

    Args:
        features: from a batch in the model's own range to features `(batch, ...)`: a Keras layer or model, or another
            callable that Keras can serialise, such as `classifiers.Features`. Defaults to the values themselves.
        name: str. Defaults to `"kernel_distance"`.
        **kwargs: of `keras.metrics.Metric`.

    Raises:
        ValueError: if `features` cannot be called.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.metrics import KernelDistance
    >>> metric = KernelDistance()
    >>> metric.update_state(real=np.zeros((8, 2)), fake=np.ones((8, 2)))
    >>> float(metric.result())
    7.0
    """

    _direction = "down"

    def __init__(self, features=None, name="kernel_distance", **kwargs):
        super().__init__(name=name, **kwargs)
        if features is not None and not callable(features):
            raise ValueError(f"Expected features to be a layer or a function. Received: features={features!r}")
        self.features = features
        self.distance = self.add_weight(initializer="zeros", name="distance")
        self.total = self.add_weight(initializer="zeros", name="total")

    def update_state(self, real, fake):
        """Adds a batch: `real` and `fake` are `(batch, ...)` of one size; a single example each is passed over."""
        real, fake = self._vectors(real), self._vectors(fake)
        within = _mean_off_diagonal(real, real) + _mean_off_diagonal(fake, fake)
        distance = within - 2.0 * _mean_off_diagonal(real, fake)
        count = tf.cast(tf.shape(real)[0], tf.float32)
        weight = tf.where(count < 2.0, 0.0, count)
        self.distance.assign_add(tf.math.multiply_no_nan(distance, weight))
        self.total.assign_add(weight)

    def _vectors(self, events):
        events = tf.cast(events, tf.float32)
        features = events if self.features is None else tf.cast(self.features(events), tf.float32)
        return tf.reshape(features, (tf.shape(features)[0], -1)) if features.shape.rank != 2 else features

    def result(self):
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.distance), tf.convert_to_tensor(self.total))

    def get_config(self):
        return {**super().get_config(), "features": keras.saving.serialize_keras_object(self.features)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "features": keras.saving.deserialize_keras_object(config["features"])})


def _mean_off_diagonal(a, b):
    """The mean of the cubic kernel over the pairs of different rows."""
    count, size = tf.cast(tf.shape(a)[0], tf.float32), tf.cast(tf.shape(a)[1], tf.float32)
    gram = (tf.matmul(a, b, transpose_b=True) / size + 1.0) ** 3
    return tf.math.divide_no_nan(tf.reduce_sum(gram) - tf.linalg.trace(gram), count * (count - 1.0))
