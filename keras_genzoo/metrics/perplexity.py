"""Perplexity, from nats and tokens."""

import keras

from keras_genzoo.metrics.means import DirectedMean


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Perplexity(DirectedMean):
    """`exp` of the total nats over the total tokens; a uniform model has the size of its vocabulary.

    Not the mean of the perplexities of batches, nor the exponential of a mean of means.

    Args:
        name: str. Defaults to `"perplexity"`.
        **kwargs: of `DirectedMean`.

    Example:

    >>> from keras_genzoo.metrics import Perplexity
    >>> metric = Perplexity()
    >>> metric.update_state([2.302585, 9.0], sample_weight=[1.0, 0.0])
    >>> round(float(metric.result()), 3)
    10.0
    """

    def __init__(self, name="perplexity", **kwargs):
        super().__init__(name=name, **kwargs)

    def result(self):
        return keras.ops.exp(super().result())
