"""Data sets and the tf.data pipeline."""

import inspect

from keras_genzoo.data import sources
from keras_genzoo.data.pipeline import epoch_batches
from keras_genzoo.data.splits import BINARIZATIONS, Split, Splits, make_splits
from keras_genzoo.data.text import TextSplit, TextSplits
from keras_genzoo.data.text_splits import make_text_splits


def load(name, data_dir=None, image_size=None, source=None, target=None, **preparation):
    """Loads a data set by name and prepares it.

    Args:
        name: str: `"digits"`, `"ring"`, `"grid"`, `"grammar"`, `"dates"` or `"reverse"` (embedded), a set of images or
            text of tensorflow-datasets, or a folder of local files below `data_dir`.
        data_dir: str, path or `None`. Looked in before `GENZOO_DATA_DIR` and `TFDS_DATA_DIR`.
        image_size: `(height, width)` to which images are resized, or `None`.
        source, target: str or `None`, which columns of text are the texts and what they are to become, such as
            `source="en", target="de"`; target may be a tuple of columns that are joined. See `local_text.read`.
        **preparation: of `make_splits` for images and points: `binarization`, `corruption`, `conditional`,
            `value_range`, `supervised`, `shift`, `validation_size`, `seed`; of `make_text_splits` for text:
            `validation_size`, `seed`.

    Returns:
        `Splits`, of text `TextSplits`, with `train`, `validation`, `test` and `info`.

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
    >>> genzoo.data.load("grammar").validation.texts[0]
    'this cat finds every cat in the house in winter .'
    """
    found = sources.find(name, data_dir, image_size, source, target)
    if "texts" not in found.parts["train"]:
        return make_splits(found, **preparation)
    foreign = sorted(set(preparation) - set(inspect.signature(make_text_splits).parameters))
    if foreign:
        raise ValueError(
            f"{name!r} is a set of text. Expected a set of images or points, or no {', '.join(foreign)}. "
            f"Received: {foreign[0]}={preparation[foreign[0]]!r}"
        )
    return make_text_splits(found, **preparation)


__all__ = [
    "BINARIZATIONS",
    "Split",
    "Splits",
    "TextSplit",
    "TextSplits",
    "epoch_batches",
    "load",
    "make_splits",
    "make_text_splits",
    "sources",
]
