"""An end to a training that has diverged."""

import math

import keras


class StopWhenDiverged(keras.callbacks.Callback):
    """Ends a training whose loss is no number any more with a one-line `ValueError`.

    It stands before the callbacks that write, so that what they have of the epochs before stays.

    Example:

    >>> from keras_genzoo.callbacks import StopWhenDiverged
    >>> StopWhenDiverged().on_epoch_end(3, {"loss": float("nan")})
    Traceback (most recent call last):
    ValueError: The training has diverged. Expected a finite loss; try a smaller learning rate. Received: loss=nan ...
    """

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            if name.endswith("loss") and not math.isfinite(value):
                raise ValueError(
                    f"The training has diverged. Expected a finite {name}; try a smaller learning rate. "
                    f"Received: {name}={value} after epoch {epoch + 1}"
                )
