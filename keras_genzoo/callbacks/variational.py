"""What a variational model's posterior and bound do while it learns."""

import warnings

import keras
import numpy as np

from keras_genzoo.callbacks.pictures import check_every
from keras_genzoo.metrics import active_units


class PosteriorCollapseMonitor(keras.callbacks.Callback):
    """Logs the active units of a variational model, and warns once when nearly all of them have collapsed.

    A unit is active when its posterior mean varies over the data (Burda et al. 2016, section 5.2). The count is in
    the logs as `active_units` for the history, the progress bar and the callbacks that come after this one.

    Args:
        x: some hundred examples, as `model.encode` takes them; the same in every epoch.
        every: int, epochs between counts; in between the last one stands. Defaults to 1.
        threshold: float, the variance above which a unit is active. Defaults to 0.01.
        start_from_epoch: int, the first epoch, counted from 1, after which it may warn. Defaults to 5.

    Raises:
        ValueError: if `every` is below 1.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.callbacks import PosteriorCollapseMonitor
    >>> monitor = PosteriorCollapseMonitor(np.zeros((100, 28, 28, 1), "float32"))  # fit(..., callbacks=[monitor])
    """

    def __init__(self, x, every=1, threshold=0.01, start_from_epoch=5):
        super().__init__()
        check_every(every)
        self.x, self.every, self.threshold, self.start_from_epoch = x, every, threshold, start_from_epoch
        self._active, self._warned = None, False

    def on_train_begin(self, logs=None):
        self._active, self._warned = None, False

    def on_epoch_end(self, epoch, logs=None):
        if self._active is None or (epoch + 1) % self.every == 0:
            z_means = np.asarray(self.model.encode(self.x)["z_mean"])
            self._active = active_units(z_means, self.threshold)
            if not self._warned and epoch + 1 >= self.start_from_epoch and self._active <= z_means.shape[1] / 10:
                self._warned = True
                warnings.warn(self._message(epoch + 1, z_means.shape[1]), stacklevel=2)
        if logs is not None:
            logs["active_units"] = self._active

    def _message(self, epoch, latent_dim):
        names = [name for name in ("beta", "free_bits") if hasattr(self.model, name)]
        settings = ", ".join(f"{name}={getattr(self.model, name)}" for name in names)
        return (
            f"Posterior collapse: {self._active} of {latent_dim} latent units are active after epoch {epoch}. Raise "
            "beta slowly from 0 (beta=losses.LinearWarmup(steps)), lower it, or give every unit free_bits. "
            f"Received: {settings or 'a model without them'}"
        )


class ImportanceWeightedBound(keras.callbacks.Callback):
    """Logs the importance-weighted bound on a fixed split as `val_log_likelihood`, in nats.

    Args:
        split: `keras_genzoo.data.Split`, such as the first 1,000 examples of a validation split.
        num_samples: int, importance samples an example. Defaults to 200.
        every: int, the epochs from one measurement to the next. Defaults to 1.
        batch_size: int. Defaults to 100.
        seed: int. Defaults to 0.

    Raises:
        ValueError: if `every` is below 1.
    """

    def __init__(self, split, num_samples=200, every=1, batch_size=100, seed=0):
        super().__init__()
        check_every(every)
        self.split, self.num_samples, self.every = split, num_samples, every
        self.batch_size, self.seed = batch_size, seed

    def on_epoch_end(self, epoch, logs=None):
        if logs is None or (epoch + 1) % self.every:
            return
        pairs = self.split.pairs(self.batch_size)
        values = [self.model.log_likelihood(x, self.num_samples, self.seed, y).numpy() for x, y in pairs]
        logs["val_log_likelihood"] = float(np.concatenate(values).mean())
