"""Alarms of an adversarial network: its samples are all alike, or its discriminator has won."""

import warnings

import keras
import numpy as np

from keras_genzoo.callbacks.pictures import check_every


class _Monitor(keras.callbacks.Callback):
    """Measures a `GAN` on the same data after some epochs, logs the figure, and warns once."""

    name = None

    def __init__(self, x, every, start_from_epoch, seed):
        super().__init__()
        check_every(every)
        images = x["images"] if isinstance(x, dict) else x
        if len(images) < 2:
            raise ValueError(f"Expected at least 2 examples to compare with. Received: {len(images)}")
        self.x, self.every, self.start_from_epoch, self.seed = x, every, start_from_epoch, seed
        self._value, self._warned = None, False

    def on_train_begin(self, logs=None):
        self._value, self._warned = None, False

    def on_epoch_end(self, epoch, logs=None):
        if self._value is None or (epoch + 1) % self.every == 0:
            self._value = self.measure()
            if not self._warned and epoch + 1 >= self.start_from_epoch and self.failed(self._value):
                self._warned = True
                warnings.warn(self.message(epoch + 1), stacklevel=2)
        if logs is not None:
            logs[self.name] = self._value

    def real_and_fake(self):
        """Both `(examples, *event)` as the model's public methods take them, images in [0, 1], and the labels."""
        images, labels = (self.x["images"], self.x["labels"]) if isinstance(self.x, dict) else (self.x, None)
        real = np.asarray(images, "float32")
        real = 0.5 * (real + 1.0) if self.model.is_image else real
        fake = self.model.generate(None if labels is not None else len(real), labels, seed=self.seed)
        return real, np.asarray(fake), labels


class ModeCollapseMonitor(_Monitor):
    """Logs how much samples differ from each other, and warns once when they are all alike.

    The figure, `diversity` in the logs, is the mean distance between two generated events as a share of that between
    two real ones: about 1 for a good model, 0 for one that makes a single event.

    Args:
        x: some hundred training examples, as `fit` takes them; the same in every epoch.
        every: int, epochs between measurements; in between the last one stands. Defaults to 1.
        threshold: float, the diversity below which it warns. Defaults to 0.5.
        start_from_epoch: int, the first epoch, counted from 1, after which it may warn. Defaults to 5.
        seed: int, of the samples. Defaults to 0.

    Raises:
        ValueError: if there are fewer than 2 examples, or `every` is below 1.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.callbacks import ModeCollapseMonitor
    >>> monitor = ModeCollapseMonitor(np.zeros((100, 28, 28, 1), "float32"))  # fit(..., callbacks=[monitor])
    """

    name = "diversity"

    def __init__(self, x, every=1, threshold=0.5, start_from_epoch=5, seed=0):
        super().__init__(x, every, start_from_epoch, seed)
        self.threshold = threshold

    def measure(self):
        real, fake, _ = self.real_and_fake()
        return _mean_distance(fake) / max(_mean_distance(real), np.finfo("float32").tiny)

    def failed(self, value):
        return not value >= self.threshold

    def message(self, epoch):
        return (
            f"Mode collapse: after epoch {epoch} two samples differ by {self._value:.2g} of what two real examples "
            "do. Let the discriminator see several events at once (packing=2), compile with objective='relativistic' "
            "and penalty=[losses.R1(1), losses.R2(1)], or lower the generator's learning rate. "
            f"Received: {_settings(self.model)}"
        )


class DiscriminatorMonitor(_Monitor):
    """Logs how well the discriminator tells real from fake, and warns once when it has won.

    The figure, `separation` in the logs, is the probability that a real example has a higher logit than a fake: 0.5
    where the discriminator cannot tell them apart, 1 where it always can and the generator has little to learn from.

    Args:
        x: some hundred training examples, as `fit` takes them; the same in every epoch.
        every: int, epochs between measurements; in between the last one stands. Defaults to 1.
        threshold: float, the separation from which on it warns. Defaults to 0.995.
        start_from_epoch: int, the first epoch, counted from 1, after which it may warn. Defaults to 5.
        seed: int, of the samples. Defaults to 0.

    Raises:
        ValueError: if there are fewer than 2 examples, or `every` is below 1.
    """

    name = "separation"

    def __init__(self, x, every=1, threshold=0.995, start_from_epoch=5, seed=0):
        super().__init__(x, every, start_from_epoch, seed)
        self.threshold = threshold

    def measure(self):
        *events, labels = self.real_and_fake()
        packing = self.model.packing
        if packing > 1:
            count = len(events[0]) // packing * packing
            events = [part[:count].reshape(-1, packing, *part.shape[1:]) for part in events]
        real, fake = (np.asarray(self.model.discriminate(part, labels)) for part in events)
        higher = real[:, None] - fake
        return float(np.mean((higher > 0) + 0.5 * (higher == 0)))

    def failed(self, value):
        return not value < self.threshold

    def message(self, epoch):
        return (
            f"The discriminator has won: after epoch {epoch} it ranks a real example above a fake with probability "
            f"{self._value:.4g}. Lower the discriminator's learning rate, compile with "
            "penalty=losses.R1(1) or objective=losses.NonSaturating(label_smoothing=0.1), or give it dropout or "
            f"spectral_norm. Received: {_settings(self.model)}"
        )


def _mean_distance(events):
    """The mean Euclidean distance between two different events of a batch."""
    events = np.asarray(events, "float64").reshape(len(events), -1)
    squared = np.sum(events**2, axis=1)
    distances = np.sqrt(np.maximum(squared[:, None] + squared - 2 * events @ events.T, 0.0))
    np.fill_diagonal(distances, 0.0)
    return float(distances.sum() / (len(events) * (len(events) - 1)))


def _settings(model):
    """What the messages are about, as it is now."""
    rules = model.get_compile_config()
    penalties = [penalty["class_name"] for penalty in rules["penalty"]]
    rates = [
        f"{name} {float(np.asarray(optimizer.learning_rate)):.3g}"
        for name, optimizer in (("generator", model.generator_optimizer), ("its", model.discriminator_optimizer))
    ]
    return (
        f"packing={model.packing}, objective={rules['objective']['class_name']}, penalty={penalties or None}, "
        f"learning rates: {rates[0]}, {rates[1].replace('its', 'discriminator')}"
    )
