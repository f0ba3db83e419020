"""Checks of training data that answer with one line before the first step."""

import keras
import numpy as np
import tensorflow as tf


def checked(check_batch, x, y, sample_weight=None):
    """Runs `check_batch(x, y)` on arrays, or on the first batch of a dataset.

    Returns:
        `(x, y)` to pass on: float64 arrays become float32, everything else is as it was.

    Raises:
        ValueError: by `check_batch`, or for weights without `y`, as Keras would drop them.
    """
    if y is None and sample_weight is not None:
        raise ValueError("Expected y beside sample_weight, such as y=x for an auto-encoder. Received: y=None")
    if isinstance(x, tf.data.Dataset):
        batch = first_batch(x)
        x_batch, y_batch, _ = keras.utils.unpack_x_y_sample_weight(batch)
        check_batch(_arrays(x_batch), _arrays(y_batch))
        return x, y
    if x is None or isinstance(x, (keras.utils.PyDataset, tf.distribute.DistributedDataset)) or hasattr(x, "__next__"):
        return x, y
    x, y = _arrays(x), _arrays(y)
    check_batch(x, y)
    return x, y


def checked_validation(check_batch, validation_data):
    """As `checked`, for what `fit` takes as `validation_data`."""
    if isinstance(validation_data, tf.data.Dataset):
        return checked(check_batch, validation_data, None)[0]
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(validation_data)
    x, y = checked(check_batch, x, y, sample_weight)
    return keras.utils.pack_x_y_sample_weight(x, y, sample_weight)


def first_batch(dataset):
    """The first batch as NumPy arrays, without moving on the epoch of a dataset that counts its epochs."""
    epoch = getattr(dataset, "epoch", None)
    before = None if epoch is None else epoch.numpy()
    for batch in dataset.take(1).as_numpy_iterator():
        if epoch is not None:
            epoch.assign(before)
        return batch
    raise ValueError("The dataset is empty. Expected at least one batch. Received: a dataset without elements")


def check_shape(name, values, shape):
    """Refuses an array or tensor that is not `(batch, *shape)`.

    Raises:
        ValueError: one line: what is wrong, what is accepted, what was received.
    """
    if not tf.TensorShape(values.shape).is_compatible_with((None, *shape)):
        raise ValueError(f"Wrong shape of {name}. Expected {_batch_of(shape)}. Received: {name}.shape={values.shape}")


def _batch_of(shape):
    return f"(batch, {', '.join(map(str, shape))})"


def check_events(name, values, shape, value_range):
    """Refuses empty, wrongly shaped, non-float, non-finite and out-of-range arrays.

    Args:
        name: str, what to call the array in the message.
        values: array `(batch, *shape)`.
        shape: tuple, the shape of one example.
        value_range: `(low, high)` or `None` for any finite number.

    Raises:
        ValueError: one line: what is wrong, what is accepted, what was received.
    """
    values = np.asarray(values)
    check_shape(name, values, shape)
    if values.shape[0] == 0:
        raise ValueError(
            f"No examples in {name}. Expected {_batch_of(shape)} with batch > 0. Received: {name}.shape={values.shape}"
        )
    wanted = "finite floats" if value_range is None else f"floats in [{value_range[0]:g}, {value_range[1]:g}]"
    if values.dtype.kind != "f" and values.dtype.name != "bfloat16":
        hint = "; divide pixels of 0..255 by 255" if values.dtype.kind in "iu" and value_range is not None else ""
        raise ValueError(f"Wrong dtype of {name}. Expected {wanted}{hint}. Received: {name}.dtype={values.dtype}")
    low, high = float(values.min()), float(values.max())  # NaN if any is
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"NaN or infinite values in {name}. Expected {wanted}. Received: min={low}, max={high}")
    if value_range is not None and (low < value_range[0] or high > value_range[1]):
        hint = "; divide pixels of 0..255 by 255" if high > 2 else ""
        raise ValueError(f"Values of {name} out of range. Expected {wanted}{hint}. Received: min={low:g}, max={high:g}")


def check_conditioning(num_classes, labels):
    """Refuses labels where a model takes none, and none where it does.

    Raises:
        ValueError: one line: what is accepted, what was received.
    """
    if (labels is None) != (num_classes is None):
        expected = "no labels" if num_classes is None else f"labels in [0, {num_classes - 1}]"
        raise ValueError(f"Expected {expected}, as num_classes={num_classes}. Received: labels={labels}")


def checked_labels(num_classes, labels, count=None):
    """The labels of a call as int32 tensor, or `None`; those in a graph as they are, as their values are not known.

    Args:
        num_classes: int, or `None` of a model that takes no labels.
        labels: int `(batch,)`, or `None`.
        count: int, how many there should be, or `None`. Defaults to `None`.

    Raises:
        ValueError: one line: what is wrong, what is accepted, what was received.
    """
    check_conditioning(num_classes, labels)
    if labels is None:
        return None
    if not tf.is_symbolic_tensor(labels):
        check_labels(labels, num_classes, len(np.atleast_1d(labels)) if count is None else count)
    return tf.cast(labels, tf.int32)


def check_num_samples(num_samples, labels):
    """Refuses to draw from a model without labels when it is not said how often.

    Raises:
        ValueError: one line: what is accepted, what was received.
    """
    if labels is None and (num_samples is None or num_samples < 0):
        raise ValueError(f"Expected num_samples of at least 0. Received: num_samples={num_samples}")


def check_labels(labels, num_classes, batch_size):
    """Refuses labels that are not integers `(batch,)` in `[0, num_classes)`.

    Raises:
        ValueError: one line: what is wrong, what is accepted, what was received.
    """
    labels = np.asarray(labels)
    if labels.shape != (batch_size,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Wrong labels. Expected integers of shape ({batch_size},). "
            f"Received: labels.shape={labels.shape}, labels.dtype={labels.dtype}"
        )
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(
            f"Labels out of range. Expected integers in [0, {num_classes - 1}]. "
            f"Received: min={labels.min()}, max={labels.max()}"
        )


def _arrays(values):
    """NumPy arrays of an array, a list of numbers or a dictionary of them; float64 becomes float32, `None` stays."""
    if values is None:
        return None
    if isinstance(values, dict):
        return {name: _arrays(value) for name, value in values.items()}
    array = keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else np.asarray(values)
    return array.astype("float32") if array.dtype == np.float64 else array
