"""What the samples of a model are worth: any model with `generate` and a set of points or images."""

import keras
import numpy as np

from keras_genzoo import metrics

NUM_POINTS = 2500  # the protocol of published figures on ring and grid
CHUNK = 500


def drawn(model, num_samples, labels=None, seed=0, verbose=0):
    """Samples in chunks, so that memory is bounded and the result a function of the arguments.

    Args:
        model: with `generate(num_samples, labels=None, seed=...)` and `num_classes`.
        num_samples: int.
        labels: int array, what a conditional model is asked for; repeated, or cut, to `num_samples`.
        seed: int. Defaults to 0.
        verbose: 1 shows a progress bar. Defaults to 0.

    Returns:
        `(samples, asked)`: float32 `(num_samples, *event)`, and int32 `(num_samples,)`, or `None` if not conditional.

    Raises:
        ValueError: for less than one sample, values that are not finite, or a conditional model without labels.
    """
    if num_samples < 1:
        raise ValueError(f"Expected at least one sample. Received: num_samples={num_samples}")
    asked = None
    if model.num_classes is not None:
        if labels is None:
            raise ValueError("A conditional model is asked for labels. Expected data with labels. Received: none")
        asked = np.resize(np.asarray(labels, "int32"), num_samples)
    starts = range(0, num_samples, CHUNK)
    seeds = np.random.default_rng(seed).integers(2**31, size=len(starts))
    chunks, bar = [], keras.utils.Progbar(num_samples, verbose=verbose, unit_name="sample")
    for start, chunk_seed in zip(starts, seeds, strict=True):
        count = min(CHUNK, num_samples - start)
        if asked is None:
            chunk = model.generate(count, seed=int(chunk_seed))
        else:
            chunk = model.generate(labels=asked[start : start + count], seed=int(chunk_seed))
        chunks.append(np.asarray(chunk, "float32"))
        bar.update(start + count)
    samples = np.concatenate(chunks)
    if not np.isfinite(samples).all():
        raise ValueError("The model generates NaN or infinite values. Expected finite ones. Received: a broken model")
    return samples, asked


def compared(held_out, fake, other_real, seed=0):
    """How far samples are from held-out data, beside how far other real data are from these.

    Args:
        held_out, fake, other_real: arrays `(examples, size)` of features; `other_real` as many as `fake`, so that it
            is the value which a perfect model would have at this number of samples.
        seed: int, of the blocks of the kernel distance. Defaults to 0.

    Returns:
        dict of `frechet_distance, frechet_floor, frechet_ratio, kernel_distance, kernel_distance_standard_error,
        kernel_floor, precision, precision_real, recall, recall_real`.
    """
    distance, floor = (metrics.frechet_distance(held_out, values) for values in (fake, other_real))
    kernel, error = metrics.kernel_distance(held_out, fake, seed=seed)
    kernel_floor, _ = metrics.kernel_distance(held_out, other_real, seed=seed)
    precision, recall = metrics.precision_recall(held_out, fake)
    precision_real, recall_real = metrics.precision_recall(held_out, other_real)
    return {
        "frechet_distance": distance,
        "frechet_floor": floor,
        "frechet_ratio": distance / max(floor, np.finfo("float64").tiny),
        "kernel_distance": kernel,
        "kernel_distance_standard_error": error,
        "kernel_floor": kernel_floor,
        "precision": precision,
        "precision_real": precision_real,
        "recall": recall,
        "recall_real": recall_real,
    }
