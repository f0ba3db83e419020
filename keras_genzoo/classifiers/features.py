"""Features of images as a function that Keras can save by name: for metrics in `fit`."""

import keras

from keras_genzoo.classifiers.embedded import embedded


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Features:
    """From a batch of images in a model's own range to the features of the classifier that the package carries.

    Saved files hold its name and range alone, not its weights.

    Args:
        dataset: str, `"mnist"`.
        value_range: `(low, high)`, that of the images: `(-1, 1)` for a GAN. Defaults to `(0, 1)`.

    Raises:
        ValueError: if the package has no classifier for the data set, or the range is empty.

    Example:

    >>> import numpy as np, keras_genzoo as genzoo
    >>> features = genzoo.classifiers.Features("mnist", value_range=(-1, 1))
    >>> features(-np.ones((5, 28, 28, 1), "float32")).shape
    TensorShape([5, 96])
    >>> metric = genzoo.metrics.KernelDistance(features)
    """

    def __init__(self, dataset, value_range=(0.0, 1.0)):
        low, high = value_range
        if not low < high:
            raise ValueError(f"Expected a range (low, high) with low < high. Received: value_range={value_range}")
        self.dataset, self.value_range = dataset, (float(low), float(high))
        self._network = embedded(dataset)[0].network

    def __call__(self, images):
        """Features `(batch, features)` of images `(batch, height, width, channels)`."""
        low, high = self.value_range
        return self._network((images - low) / (high - low), training=False)["features"]

    def get_config(self):
        return {"dataset": self.dataset, "value_range": list(self.value_range)}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
