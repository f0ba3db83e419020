"""Data sets that tensorflow-datasets has prepared, as columns in memory."""

import numpy as np

from keras_genzoo.data import local
from keras_genzoo.data.origins import origin

REJOINED = ("tiny_shakespeare",)
"""Sets of one running text in parts whose published figures are of another cut: the first nine tenths of the whole."""


def read(name, builder, image_size=None, source=None, target=None):
    """`(parts, info)` of a builder whose set is prepared: images, or text.

    Args:
        name: str.
        builder: `tfds.core.DatasetBuilder`.
        image_size: `(height, width)` to which images are resized, or `None`.
        source, target: str or `None`, which features are the texts and what they are to become. The source defaults
            to the first feature of text.

    Raises:
        ValueError: for a set of neither images nor text.
    """
    import tensorflow_datasets as tfds

    features = builder.info.features
    info = {**origin(name, builder.info.homepage), "location": f"tensorflow-datasets {builder.info.full_name}"}
    label = _first(features, tfds.features.ClassLabel)
    image, text = _first(features, tfds.features.Image), _first(features, tfds.features.Text)
    if image is None and text is None:
        raise ValueError(f"Expected a data set of images or text. Received: {name!r} with features {sorted(features)}")
    if image is None:
        chosen = {"texts": source or text} | ({"targets": target} if target else {})
        unknown = [key for key in chosen.values() if key not in features]
        if unknown:
            raise ValueError(f"Expected source and target among {sorted(features)}. Received: {unknown[0]!r}")
        if label:
            info["label_names"] = list(features[label].names)
    parts = {}
    for split in ("train", "validation", "test"):
        if split in builder.info.splits:
            examples = list(tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False)))
            if image is None:
                parts[split] = {key: [e[f].decode("utf-8", "replace") for e in examples] for key, f in chosen.items()}
            else:
                parts[split] = {"images": local.stacked([_sized(e[image], image_size) for e in examples], name)}
            if label:
                parts[split]["labels"] = np.asarray([example[label] for example in examples], "int32")
    if image is None and all(len(part["texts"]) == 1 for part in parts.values()):
        info["running"] = True
    if name in REJOINED:
        parts = {"train": {"texts": ["".join(text for part in parts.values() for text in part["texts"])]}}
    return parts, info


def _first(features, kind):
    return next((key for key, value in features.items() if isinstance(value, kind)), None)


def _sized(picture, image_size):
    if image_size is None or picture.shape[:2] == tuple(image_size):
        return picture
    import tensorflow as tf

    resized = tf.image.resize(picture, image_size, antialias=True)
    return np.clip(np.round(resized.numpy()), 0, 255).astype("uint8")
