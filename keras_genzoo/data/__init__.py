"""Data sets and the tf.data pipeline."""

from keras_genzoo.data import sources
from keras_genzoo.data.pipeline import epoch_batches
from keras_genzoo.data.splits import BINARIZATIONS, Split, Splits, make_splits


def load(name, data_dir=None, image_size=None, **preparation):
    """Loads a data set by name and prepares it.

    Args:
        name: str: `"digits"`, `"ring"` or `"grid"` (embedded), an image set of tensorflow-datasets, or a folder of
            local files below `data_dir`.
        data_dir: str, path or `None`. Looked in before `GENZOO_DATA_DIR` and `TFDS_DATA_DIR`.
        image_size: `(height, width)` to which images are resized, or `None`.
        **preparation: of `make_splits`: `binarization`, `corruption`, `conditional`, `value_range`,
            `supervised`, `shift`, `validation_size`, `seed`.

    Returns:
        `Splits` with `train`, `validation`, `test` and `info`.

    Raises:
        FileNotFoundError: if the set is not to be had; the message names the places looked in.
        ValueError: if its files or the preparation are wrong.

    Example:

    >>> import keras_genzoo as genzoo
    >>> splits = genzoo.data.load("digits", binarization="threshold")
    >>> len(splits.train), len(splits.validation), len(splits.test)
    (1457, 161, 179)
    >>> next(iter(splits.train.batches(batch_size=32))).shape
    TensorShape([32, 8, 8, 1])
    """
    return make_splits(sources.find(name, data_dir, image_size), **preparation)


__all__ = ["BINARIZATIONS", "Split", "Splits", "epoch_batches", "load", "make_splits", "sources"]
