"""Penalties on the slope of a discriminator: how far it may change from one event to the next.

A penalty is called with the discriminator as a function of events, so that it knows neither labels nor packing.
"""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise

Schedule = keras.optimizers.schedules.LearningRateSchedule


class Penalty:
    """Base of the penalties. A subclass gives `points`, where the slope is measured, and `of_squared_norm`.

    Args:
        weight: what the penalty is multiplied by: a number of at least 0, or a `LearningRateSchedule` of the
            discriminator's updates.

    Call arguments:
        discriminate: function from events `(batch, *event)` to raw logits `(batch,)`.
        real, fake: events `(batch, *event)`.
        seed: int32 `(2,)`, for what is random.
        step: the number of updates of the discriminator so far. Defaults to 0.

    Returns:
        float32 `(batch,)`, to be added to the discriminator's loss.

    Raises:
        ValueError: if `weight` is neither.
    """

    def __init__(self, weight):
        if not isinstance(weight, Schedule) and not (isinstance(weight, (int, float)) and weight >= 0):
            raise ValueError(f"Expected weight to be a number of at least 0 or a schedule. Received: weight={weight!r}")
        self.weight = weight

    def points(self, real, fake, seed):
        """The events `(batch, *event)` at which the slope is measured."""
        raise NotImplementedError(f"{type(self).__name__} must implement points(real, fake, seed).")

    def of_squared_norm(self, squared_norm):
        """The penalty of slopes whose squared norms are `(batch,)`."""
        raise NotImplementedError(f"{type(self).__name__} must implement of_squared_norm(squared_norm).")

    def __call__(self, discriminate, real, fake, seed, step=0):
        events = tf.stop_gradient(self.points(tf.cast(real, tf.float32), tf.cast(fake, tf.float32), seed))
        with tf.GradientTape() as tape:
            tape.watch(events)
            logits = tf.cast(discriminate(events), tf.float32)  # their sum has the slope of each row, as rows are apart
        slope = tf.cast(tape.gradient(logits, events), tf.float32)
        squared_norm = tf.reduce_sum(tf.square(slope), axis=list(range(1, slope.shape.rank)))
        weight = self.weight(step) if isinstance(self.weight, Schedule) else self.weight
        return tf.cast(weight, tf.float32) * self.of_squared_norm(squared_norm)

    def get_config(self):
        return {"weight": keras.saving.serialize_keras_object(self.weight)}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})


class _Centered(Penalty):
    """weight * (|slope| - center)^2."""

    def __init__(self, weight, center):
        super().__init__(weight)
        if not (isinstance(center, (int, float)) and center >= 0):
            raise ValueError(f"Expected center to be a number of at least 0. Received: center={center!r}")
        self.center = float(center)

    def of_squared_norm(self, squared_norm):
        positive = squared_norm > 0  # the square root's derivative at 0 is infinite; times 0 it would be NaN
        norm = tf.where(positive, tf.sqrt(tf.where(positive, squared_norm, 1.0)), 0.0)
        return tf.square(norm - self.center)

    def get_config(self):
        return {**super().get_config(), "center": self.center}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class GradientPenalty(_Centered):
    """Holds the slope at `center` on the lines from real to fake events (Gulrajani et al. 2017, eq. 3).

    One uniform number an example says where on its line.

    Args:
        weight: number or schedule. Defaults to 10.
        center: float, the slope that is wanted. Defaults to 1.

    Raises:
        ValueError: if one of them is negative or no number.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.losses import GradientPenalty
    >>> critic = lambda events: tf.reduce_sum(events * [3.0, 4.0], axis=-1)  # slope 5 everywhere
    >>> x = tf.zeros([2, 2])
    >>> GradientPenalty(weight=1)(critic, x, x, seed=tf.constant([0, 0])).numpy().tolist()
    [16.0, 16.0]
    """

    def __init__(self, weight=10.0, center=1.0):
        super().__init__(weight, center)

    def points(self, real, fake, seed):
        shape = tf.concat([tf.shape(real)[:1], tf.ones([len(real.shape) - 1], tf.int32)], axis=0)
        return real + noise.uniform(shape, seed) * (fake - real)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class DRAGAN(_Centered):
    """Holds the slope at `center` around real events (Kodali et al. 2017, eq. 3).

    Args:
        weight: number or schedule. Defaults to 10.
        center: float, the slope that is wanted. Defaults to 1.
        scale: float, the standard deviation of the normal noise around real events, as a share of that of all
            values of the real batch. Defaults to 0.5.

    Raises:
        ValueError: if one of them is negative or no number.
    """

    def __init__(self, weight=10.0, center=1.0, scale=0.5):
        super().__init__(weight, center)
        if not (isinstance(scale, (int, float)) and scale >= 0):
            raise ValueError(f"Expected scale to be a number of at least 0. Received: scale={scale!r}")
        self.scale = float(scale)

    def points(self, real, fake, seed):
        return real + self.scale * tf.math.reduce_std(real) * noise.normal(tf.shape(real), seed)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


class _ZeroCentered(Penalty):
    """weight / 2 * |slope|^2."""

    def of_squared_norm(self, squared_norm):
        return 0.5 * squared_norm


@keras.saving.register_keras_serializable(package="keras_genzoo")
class R1(_ZeroCentered):
    """Half the squared slope at real events (Mescheder et al. 2018, eq. 9); local convergence needs no more.

    Args:
        weight: number or schedule, gamma in the paper. Defaults to 1.
    """

    def __init__(self, weight=1.0):
        super().__init__(weight)

    def points(self, real, fake, seed):
        return real


@keras.saving.register_keras_serializable(package="keras_genzoo")
class R2(_ZeroCentered):
    """Half the squared slope at fake events (Mescheder et al. 2018, eq. 10).

    Args:
        weight: number or schedule. Defaults to 1.
    """

    def __init__(self, weight=1.0):
        super().__init__(weight)

    def points(self, real, fake, seed):
        return fake


def get_penalties(penalty):
    """`None`, one penalty or several, as a tuple of penalties.

    Raises:
        ValueError: for anything else.
    """
    penalties = () if penalty is None else tuple(penalty) if isinstance(penalty, (list, tuple)) else (penalty,)
    for item in penalties:
        if not isinstance(item, Penalty):
            raise ValueError(
                "Unknown penalty. Expected None, an object of keras_genzoo.losses.Penalty such as GradientPenalty(10), "
                f"or a list of them. Received: penalty={item!r}"
            )
    return penalties
