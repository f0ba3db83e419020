"""Schedules for beta, read from `optimizer.iterations` inside the graph, so that a resumed run goes on exactly."""

import keras
import tensorflow as tf


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A function of the number of updates, shown as the call that makes it."""

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


@keras.saving.register_keras_serializable(package="keras_genzoo")
class LinearWarmup(Schedule):
    """Rises from 0 to `final` over `steps` updates and stays there (Bowman et al. 2016, section 3.1).

    Args:
        steps: int, the length of the rise in updates.
        final: float, the value after it. Defaults to 1.

    Raises:
        ValueError: if `steps` is below 1.

    Example:

    >>> from keras_genzoo.losses import LinearWarmup
    >>> [float(LinearWarmup(10)(step)) for step in (0, 5, 10, 99)]
    [0.0, 0.5, 1.0, 1.0]
    >>> LinearWarmup(10)
    LinearWarmup(steps=10, final=1.0)
    """

    def __init__(self, steps, final=1.0):
        if steps < 1:
            raise ValueError(f"A schedule needs at least one step. Received: steps={steps}")
        self.steps, self.final = steps, final

    def __call__(self, step):
        return self.final * tf.minimum(1.0, tf.cast(step, tf.float32) / self.steps)

    def get_config(self):
        return {"steps": self.steps, "final": self.final}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Cyclical(Schedule):
    """Repeats a linear rise and a plateau (Fu et al. 2019, "Cyclical Annealing Schedule", eq. 6).

    Args:
        period: int, the length of a cycle in updates.
        rise: float in (0, 1], the share of a cycle that rises. Defaults to 0.5.
        final: float, the value of the plateau. Defaults to 1.

    Raises:
        ValueError: if `period` is below 1 or `rise` outside (0, 1].
    """

    def __init__(self, period, rise=0.5, final=1.0):
        if period < 1 or not 0 < rise <= 1:
            raise ValueError(f"Expected period >= 1 and rise in (0, 1]. Received: period={period}, rise={rise}")
        self.period, self.rise, self.final = period, rise, final

    def __call__(self, step):
        position = tf.math.floormod(tf.cast(step, tf.float32), self.period) / self.period
        return self.final * tf.minimum(1.0, position / self.rise)

    def get_config(self):
        return {"period": self.period, "rise": self.rise, "final": self.final}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class SigmoidWarmup(Schedule):
    """Rises from almost 0 to almost `final` over `steps` updates, fastest in the middle (Bowman et al. 2016, fig. 2).

    Args:
        steps: int, the length of the rise in updates; it begins at 0.25 % and ends at 99.75 % of `final`.
        final: float. Defaults to 1.

    Raises:
        ValueError: if `steps` is below 1.

    Example:

    >>> from keras_genzoo.losses import SigmoidWarmup
    >>> [round(float(SigmoidWarmup(10)(step)), 4) for step in (0, 5, 10)]
    [0.0025, 0.5, 0.9975]
    """

    def __init__(self, steps, final=1.0):
        if steps < 1:
            raise ValueError(f"A schedule needs at least one step. Received: steps={steps}")
        self.steps, self.final = steps, final

    def __call__(self, step):
        return self.final * tf.sigmoid(12.0 * (tf.cast(step, tf.float32) / self.steps - 0.5))

    def get_config(self):
        return {"steps": self.steps, "final": self.final}
