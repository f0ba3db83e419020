"""Adversarial objectives: one object holds what the discriminator and what the generator descend.

All of them take raw logits, `(batch,)`, compute in float32, and give one loss an example, `(batch,)`. The real and the
fake example of one place in the batch make a pair for the relativistic objectives; the others look at each alone.
"""

import keras
import tensorflow as tf

from keras_genzoo.losses.identifiers import look_up


class Adversarial:
    """Base of the objectives. A subclass gives the two losses and, if it has arguments, `get_config`.

    Attributes:
        paired: whether the generator's loss looks at the real logits too.
    """

    paired = False

    def discriminator_loss(self, real_logits, fake_logits):
        """What the discriminator descends: two logits `(batch,)` to float32 `(batch,)`."""
        raise NotImplementedError(f"{type(self).__name__} must implement discriminator_loss(real_logits, fake_logits).")

    def generator_loss(self, fake_logits, real_logits=None):
        """What the generator descends: float32 `(batch,)`; `real_logits` where `paired`."""
        raise NotImplementedError(f"{type(self).__name__} must implement generator_loss(fake_logits, real_logits).")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class _Smoothed(Adversarial):
    """An objective with a target for real examples, which one-sided smoothing lowers (Salimans et al. 2016, 3.4).

    Only the real target moves, and to below 1, never past it: the loss stays bounded below.
    """

    def __init__(self, label_smoothing=0.0):
        if not (isinstance(label_smoothing, (int, float)) and 0 <= label_smoothing < 0.5):
            raise ValueError(f"Expected label_smoothing in [0, 0.5). Received: label_smoothing={label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)

    def get_config(self):
        return {"label_smoothing": self.label_smoothing}


class _CrossEntropy(_Smoothed):
    """The discriminator's cross-entropy: real examples are of class 1, fakes of class 0 (Goodfellow et al. 2014)."""

    def discriminator_loss(self, real_logits, fake_logits):
        real, fake = _float32(real_logits, fake_logits)
        return tf.nn.softplus(-real) + self.label_smoothing * real + tf.nn.softplus(fake)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class NonSaturating(_CrossEntropy):
    """-log D(x) - log(1 - D(G(z))) against -log D(G(z)) (Goodfellow et al. 2014, section 3).

    Args:
        label_smoothing: float in [0, 0.5), by which the target of real examples is below 1. Defaults to 0.

    Raises:
        ValueError: if `label_smoothing` is out of range.

    Example:

    >>> from keras_genzoo.losses import NonSaturating
    >>> objective = NonSaturating()
    >>> round(float(objective.discriminator_loss([0.0], [0.0])[0]), 4)  # log 4, where real and fake look the same
    1.3863
    """

    def generator_loss(self, fake_logits, real_logits=None):
        (fake,) = _float32(fake_logits)
        return tf.nn.softplus(-fake)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Minimax(_CrossEntropy):
    """The two-player game itself: the generator descends log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1).

    Its gradient vanishes where the discriminator is sure, hence "saturating"; `NonSaturating` is its cure.

    Args:
        label_smoothing: as for `NonSaturating`. Defaults to 0.
    """

    def generator_loss(self, fake_logits, real_logits=None):
        (fake,) = _float32(fake_logits)
        return -tf.nn.softplus(fake)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class LeastSquares(_Smoothed):
    """Half the squared distance of raw outputs to the targets 1 and 0 (Mao et al. 2017, eq. 9). No sigmoid.

    Args:
        label_smoothing: as for `NonSaturating`. Defaults to 0.
    """

    def discriminator_loss(self, real_logits, fake_logits):
        real, fake = _float32(real_logits, fake_logits)
        return 0.5 * tf.square(real - (1.0 - self.label_smoothing)) + 0.5 * tf.square(fake)

    def generator_loss(self, fake_logits, real_logits=None):
        (fake,) = _float32(fake_logits)
        return 0.5 * tf.square(fake - 1.0)


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Hinge(Adversarial):
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))) against -D(G(z)) (Lim & Ye 2017; Miyato et al. 2018, eq. 16 and 17)."""

    def discriminator_loss(self, real_logits, fake_logits):
        real, fake = _float32(real_logits, fake_logits)
        return tf.nn.relu(1.0 - real) + tf.nn.relu(1.0 + fake)

    def generator_loss(self, fake_logits, real_logits=None):
        return -_float32(fake_logits)[0]


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Wasserstein(Adversarial):
    """D(G(z)) - D(x) against -D(G(z)) (Arjovsky et al. 2017, eq. 2); needs a critic of bounded slope.

    With `GradientPenalty(10)` it is WGAN-GP (Gulrajani et al. 2017).
    """

    def discriminator_loss(self, real_logits, fake_logits):
        real, fake = _float32(real_logits, fake_logits)
        return fake - real

    def generator_loss(self, fake_logits, real_logits=None):
        return -_float32(fake_logits)[0]


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Relativistic(Adversarial):
    """The discriminator says whether the real example is more real than the fake (Jolicoeur-Martineau 2018).

    Paired, it descends softplus(D(G(z)) - D(x)) and the generator the same with its sign turned; with `R1` and `R2`
    that is R3GAN (Huang et al. 2024, eq. 2), which has no mode-dropping minima.

    Args:
        average: bool. Whether each logit is compared with the mean of the other kind over the batch, in place of with
            its partner. Defaults to `False`.
    """

    paired = True

    def __init__(self, average=False):
        self.average = bool(average)

    def discriminator_loss(self, real_logits, fake_logits):
        real, fake = _float32(real_logits, fake_logits)
        if not self.average:
            return tf.nn.softplus(fake - real)
        return tf.nn.softplus(tf.reduce_mean(fake) - real) + tf.nn.softplus(fake - tf.reduce_mean(real))

    def generator_loss(self, fake_logits, real_logits=None):
        if real_logits is None:
            raise ValueError("A relativistic generator loss compares. Expected real_logits. Received: real_logits=None")
        return self.discriminator_loss(fake_logits, real_logits)

    def get_config(self):
        return {"average": self.average}


OBJECTIVES = {
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "relativistic": Relativistic,
    "wasserstein": Wasserstein,
}


def get_adversarial(identifier):
    """An objective from its name, or the object itself; `ValueError` for anything else.

    Example:

    >>> from keras_genzoo.losses import get_adversarial
    >>> type(get_adversarial("least_squares")).__name__
    'LeastSquares'
    """
    return look_up(identifier, Adversarial, OBJECTIVES, "objective")


def _float32(*logits):
    return [tf.cast(values, tf.float32) for values in logits]
