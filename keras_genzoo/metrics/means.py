"""Running means that know which way is better."""

import keras


@keras.saving.register_keras_serializable(package="keras_genzoo")
class DirectedMean(keras.metrics.Mean):
    """A mean over all examples that tells Keras its direction.

    Callbacks that monitor it (`ModelCheckpoint`, `EarlyStopping`) then need no `mode`.

    Args:
        name: str, the name in logs.
        direction: `"up"` when larger is better, else `"down"`. Defaults to `"down"`.
        **kwargs: of `keras.metrics.Mean`.

    Raises:
        ValueError: if `direction` is neither.
    """

    def __init__(self, name, direction="down", **kwargs):
        if direction not in ("up", "down"):
            raise ValueError(f"Expected direction 'up' or 'down'. Received: direction={direction!r}")
        super().__init__(name=name, **kwargs)
        self._direction = direction

    def get_config(self):
        return {**super().get_config(), "direction": self._direction}
