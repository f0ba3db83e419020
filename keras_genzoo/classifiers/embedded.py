"""The classifiers that the package carries."""

import functools
import pathlib

import keras

from keras_genzoo.manifest import sha256

FOLDER = pathlib.Path(__file__).parent
EMBEDDED = {"mnist": FOLDER / "mnist.keras"}  # the model.keras of saved_models/classifier-mnist, byte for byte


@functools.cache
def embedded(dataset):
    """The classifier that the package carries for a data set.

    Args:
        dataset: str, such as `"mnist"`.

    Returns:
        `(classifier, hash)`: a `Classifier` that is shared by all callers, and the SHA-256 of its file.

    Raises:
        ValueError: if there is none.
    """
    if dataset not in EMBEDDED:
        raise ValueError(f"No classifier. Expected one of {', '.join(sorted(EMBEDDED))}. Received: {dataset!r}")
    file = EMBEDDED[dataset]
    return keras.models.load_model(file, compile=False), f"sha256:{sha256(file)}"
