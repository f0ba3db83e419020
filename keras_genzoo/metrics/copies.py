"""Whether samples are copies of training examples."""

import numpy as np

from keras_genzoo.metrics.distances import nearest


def copying(samples, training, threshold=1 / 3):
    """How near samples are to training examples, against how near these are to each other.

    Each sample's distance to its nearest training example is set beside the distance of that example to its own
    nearest neighbour in the training set. Held-out data give a ratio of about 1.

    Args:
        samples, training: arrays `(examples, ...)` of events of one shape; at least two for training.
        threshold: float, the ratio below which a sample counts as a copy. Defaults to 1/3.

    Returns:
        `(ratio, share)`: the ratio of the two mean distances, infinite where the training examples are duplicates,
        and the share of samples that count as copies, in [0, 1].

    Example:

    >>> from keras_genzoo.metrics import copying
    >>> copying([[0.0], [6.0]], [[0.0], [4.0], [8.0]])
    (0.25, 0.5)
    """
    training = np.asarray(training)
    indices, distances = nearest(samples, training)
    _, usual = nearest(training[indices], training, rank=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.divide(distances.mean(), usual.mean()))
    return ratio, float(np.mean(distances <= threshold * usual))
