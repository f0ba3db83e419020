"""Likelihoods p(x | parameters): what a decoder's output means, in nats.

A decoder returns one unconstrained parameter an element; a likelihood turns it into a distribution over the event.
`log_prob` sums over the event and never over the batch.
"""

import math

import keras
import tensorflow as tf

from keras_genzoo.layers import noise


@tf.custom_gradient
def _softplus(logits):
    """log(1 + exp(logits)) in ops that XLA vectorises; its gradient is the sigmoid, also at 0."""
    value = tf.nn.relu(logits) + tf.math.log1p(tf.exp(-tf.abs(logits)))
    return value, lambda upstream: upstream * tf.sigmoid(logits)


class Likelihood(keras.layers.Layer):
    """Base of the likelihoods. A subclass gives `distribution` and `output_bias`; the rest follows.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Attributes:
        value_range: `(low, high)` of valid data, or `None` when any real number is valid.
        levels: int, the number of equally spaced values in [0, 1] over which it is a probability, of which bits can be
            counted; `None` for a density.
    """

    value_range = (0.0, 1.0)
    levels = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def distribution(self, parameters):
        """The TensorFlow Probability distribution of every element, of the shape of `parameters`."""
        raise NotImplementedError(f"{type(self).__name__} must implement distribution(parameters).")

    def output_bias(self, mean):
        """The parameter whose mean is `mean`: where a decoder's output bias should start."""
        raise NotImplementedError(f"{type(self).__name__} must implement output_bias(mean).")

    def element_log_prob(self, x, parameters):
        """log p of every element, `(..., *event)`."""
        return self.distribution(parameters).log_prob(x)

    def log_prob(self, x, parameters, event_rank):
        """log p(x | parameters) in nats.

        Args:
            x: `(..., *event)`, broadcast against `parameters`.
            parameters: `(..., *event)`, the decoder's output.
            event_rank: int, the number of trailing axes that make the event.

        Returns:
            float32 `(...)`, summed over the event.
        """
        x, parameters = tf.cast(x, tf.float32), tf.cast(parameters, tf.float32)
        return tf.reduce_sum(self.element_log_prob(x, parameters), axis=list(range(-event_rank, 0)))

    def mean(self, parameters):
        """The expected event, float32, of the shape of `parameters`."""
        return self.distribution(tf.cast(parameters, tf.float32)).mean()

    def sample(self, parameters, seed):
        """One draw of the event; a function of `parameters` and `seed` (int32, `(2,)`) alone."""
        return tf.cast(self.distribution(tf.cast(parameters, tf.float32)).sample(seed=seed), tf.float32)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Bernoulli(Likelihood):
    """Bernoulli pixels; the parameter is the logit. A log-likelihood only for pixels that are 0 or 1.

    Grey pixels in (0, 1) are accepted, since they make a usable reconstruction error, but then the figure is not a
    likelihood: `ContinuousBernoulli` or `DiscretizedLogistic` are.

    Example:

    >>> from keras_genzoo.losses import Bernoulli
    >>> float(Bernoulli().log_prob([[1.0, 0.0]], [[0.0, 0.0]], event_rank=1)[0])  # 2 log(1/2)
    -1.3862943649291992
    """

    levels = 2

    def distribution(self, parameters):
        import tensorflow_probability as tfp

        return tfp.distributions.Bernoulli(logits=parameters)

    def element_log_prob(self, x, parameters):
        return x * parameters - _softplus(parameters)

    def output_bias(self, mean):
        mean = tf.clip_by_value(tf.cast(mean, tf.float32), 1e-3, 1 - 1e-3)
        return tf.math.log(mean) - tf.math.log1p(-mean)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class ContinuousBernoulli(Likelihood):
    """Continuous Bernoulli on [0, 1]; the parameter is the logit (Loaiza-Ganem & Cunningham 2019).

    It is the Bernoulli formula for grey pixels with the normalising constant that makes it a density.
    """

    def distribution(self, parameters):
        import tensorflow_probability as tfp

        return tfp.distributions.ContinuousBernoulli(logits=parameters)

    def output_bias(self, mean):
        """Solves mean(logit) = `mean` by bisection, as there is no closed form."""
        mean = tf.clip_by_value(tf.cast(mean, tf.float32), 1e-2, 1 - 1e-2)
        low, high = tf.fill(tf.shape(mean), -200.0), tf.fill(tf.shape(mean), 200.0)
        for _ in range(40):
            middle = 0.5 * (low + high)
            above = self.mean(middle) > mean
            low, high = tf.where(above, low, middle), tf.where(above, middle, high)
        return 0.5 * (low + high)


class _Scaled(Likelihood):
    """A likelihood with one scale for all elements, fixed or learned."""

    def __init__(self, scale, learn_scale, **kwargs):
        super().__init__(**kwargs)
        if not (isinstance(scale, (int, float)) and math.isfinite(scale) and scale > 0):
            raise ValueError(f"The scale of a likelihood must be a positive number. Received: scale={scale!r}")
        self.initial_scale, self.learn_scale = float(scale), bool(learn_scale)
        self.log_scale = self.add_weight(
            shape=(), name="log_scale", dtype="float32", autocast=False, trainable=self.learn_scale,
            initializer=keras.initializers.Constant(math.log(scale)),
        )  # fmt: skip

    @property
    def scale(self):
        """The present scale, a float32 scalar tensor in units of the data."""
        return tf.exp(tf.convert_to_tensor(self.log_scale))

    def output_bias(self, mean):
        return tf.cast(mean, tf.float32)

    def get_config(self):
        return {**super().get_config(), "scale": self.initial_scale, "learn_scale": self.learn_scale}


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Gaussian(_Scaled):
    """Gaussian elements; the parameter is the mean.

    Args:
        scale: float, the standard deviation in units of the data (its start, when learned). Defaults to 1.
        learn_scale: bool. Whether the scale is a trained weight. Defaults to `False`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: if `scale` is not a positive number.
    """

    value_range = None

    def __init__(self, scale=1.0, learn_scale=False, **kwargs):
        super().__init__(scale, learn_scale, **kwargs)

    def distribution(self, parameters):
        import tensorflow_probability as tfp

        return tfp.distributions.Normal(parameters, self.scale)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class DiscretizedLogistic(_Scaled):
    """Logistic density integrated over each of `levels` grey values; the parameter is the mean in [0, 1] units.

    An exact probability of 8-bit images (Kingma et al. 2016, "Improved Variational Inference with Inverse
    Autoregressive Flow", section 4.1; the tails belong to the end levels as in Salimans et al. 2017, eq. 2), so its
    nats divided by `log(2)` and the number of elements are bits per dimension.

    Args:
        scale: float, the logistic scale in [0, 1] units (its start, when learned). Defaults to 0.05.
        learn_scale: bool. Whether the scale is a trained weight. Defaults to `True`.
        levels: int, the number of grey values; data are multiples of `1 / (levels - 1)`. Defaults to 256.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: if `scale` is not positive or `levels` is below 2.
    """

    def __init__(self, scale=0.05, learn_scale=True, levels=256, **kwargs):
        super().__init__(scale, learn_scale, **kwargs)
        if levels < 2:
            raise ValueError(f"A discretized likelihood needs at least 2 levels. Received: levels={levels}")
        self.levels = int(levels)

    def distribution(self, parameters):
        """Over the integers `0 .. levels - 1`."""
        import tensorflow_probability as tfp

        steps = float(self.levels - 1)
        continuous = tfp.distributions.Logistic(parameters * steps - 0.5, self.scale * steps)
        return tfp.distributions.QuantizedDistribution(continuous, low=0.0, high=steps)

    def element_log_prob(self, x, parameters):
        return self.distribution(parameters).log_prob(tf.round(x * (self.levels - 1)))

    def mean(self, parameters):
        return tf.clip_by_value(tf.cast(parameters, tf.float32), 0.0, 1.0)

    def sample(self, parameters, seed):
        parameters = tf.cast(parameters, tf.float32)
        u = tf.clip_by_value(noise.uniform(tf.shape(parameters), seed), 1e-6, 1 - 1e-6)
        x = parameters + self.scale * (tf.math.log(u) - tf.math.log1p(-u))
        return tf.clip_by_value(tf.round(x * (self.levels - 1)), 0.0, self.levels - 1.0) / (self.levels - 1.0)

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}
