"""Pictures of a model: samples, reconstructions and the latent space."""

import numpy as np

from keras_genzoo.models.text import labelled
from keras_genzoo.visualization.grids import GAP, enlarged, image_grid, tile
from keras_genzoo.visualization.style import figure_of, scatter, styled

MAX_CLASSES = 20  # rows of a conditional sample grid


def sample_grid(model, num_samples=64, seed=0, title="Samples", centers=None):
    """Samples of any model with `generate(num_samples, seed=...)`; of a conditional one, a row of them a class.

    Args:
        model: of images or points; conditional if it has `num_classes` other than `None`.
        num_samples: int, in all. Defaults to 64.
        seed: int; the picture depends on it and the weights alone. Defaults to 0.
        title: str or `None`.
        centers: of a model of points, the true means `(modes, 2)`, to be marked. Defaults to `None`.

    Returns:
        `Figure`. It shows at most the first 20 classes.
    """
    num_classes = getattr(model, "num_classes", None)
    if num_classes is None:
        return image_grid(model.generate(num_samples, seed=seed), title=title, centers=centers)
    classes = np.arange(min(num_classes, MAX_CLASSES), dtype="int32")
    columns = max(1, num_samples // len(classes))
    images = model.generate(labels=np.repeat(classes, columns), seed=seed)
    return image_grid(images, columns, title=title, row_labels=[f"class {label}" for label in classes])


def reconstructions(model, x, count=10, title="Reconstructions"):
    """Originals above, reconstructions below; of a denoiser the clean, the noisy and the reconstruction.

    Args:
        model: with `reconstruct`.
        x: a batch as `fit` takes it: events `(batch, *event)`, `{"images", "labels"}`, or a tuple `(noisy, clean)`.
        count: int, how many. Defaults to 10.
        title: str or `None`.

    Returns:
        `Figure`; of points, a scatter plot of both.
    """
    x, clean = x if isinstance(x, tuple) else (x, None)
    x = _first(x, count)
    events = x["images"] if isinstance(x, dict) else x
    rows = {"original": events} if clean is None else {"clean": _first(clean, count), "noisy": events}
    rows["reconstruction"] = np.asarray(model.reconstruct(x))
    images = np.concatenate(list(rows.values()))
    if events.ndim == 2:
        return image_grid(images, labels=np.repeat(list(rows), len(events)), title=title)
    return image_grid(images, len(events), title=title, row_labels=list(rows))


def latent_traversal(model, x, dims=10, steps=13, title="Latent traversal"):
    """Decodes along single latent dimensions, from -3 to 3, all others as the first example of `x` is encoded.

    Args:
        model: with `encode` and `decode` to images.
        x: a batch as for `reconstructions`; the mean divergence over it says which dimensions are active.
        dims: int, how many of the most active dimensions, or the dimensions themselves. Defaults to 10.
        steps: int, the number of columns. Defaults to 13.
        title: str or `None`.

    Returns:
        `Figure` with a row a dimension, which says its divergence from a standard normal in nats.

    Raises:
        ValueError: if there is no such dimension.
    """
    x = x[0] if isinstance(x, tuple) else x
    z_mean, z_log_var = _encoded(model, x)
    kl = 0.5 * np.mean(z_mean**2 + np.exp(z_log_var) - 1.0 - z_log_var, axis=0)  # (latent_dim,)
    chosen = np.argsort(-kl, kind="stable")[:dims] if isinstance(dims, int) else np.asarray(dims)
    if not len(chosen) or min(chosen) < 0 or max(chosen) >= len(kl):
        raise ValueError(f"Expected dimensions in [0, {len(kl) - 1}], or how many of them. Received: dims={dims}")
    values = np.linspace(-3, 3, steps)
    z = np.tile(z_mean[0], (len(chosen), steps, 1))
    for row, dimension in enumerate(chosen):
        z[row, :, dimension] = values
    label = x["labels"][0] if isinstance(x, dict) else None
    images = _decoded(model, z.reshape(-1, len(kl)), label)
    row_labels = [f"z[{dimension}]: {kl[dimension]:.2f} nats" for dimension in chosen]
    column_labels = [f"{value:g}".replace("-", "\u2212") if value % 1 == 0 else "" for value in values]
    return image_grid(images, steps, title=title, row_labels=row_labels, column_labels=column_labels)


def interpolations(model, rows=8, steps=10, seed=0, title="From one sample to another"):
    """Images on the way between two samples, along the arc on which a normal z stays typical (White 2016).

    Args:
        model: with `decode` to images, `latent_dim` and a standard normal prior; a conditional one shows the class of
            the row's number.
        rows, steps: int, pairs of samples and images a pair. Default to 8 and 10.
        seed: int, of the samples. Defaults to 0.
        title: str or `None`.

    Returns:
        `Figure`.
    """
    ends = np.random.default_rng(seed).standard_normal((2, rows, 1, model.latent_dim))
    start, end = ends / np.linalg.norm(ends, axis=-1, keepdims=True)
    angle = np.arccos(np.clip(np.sum(start * end, axis=-1, keepdims=True), -1.0, 1.0))
    share = np.linspace(0.0, 1.0, steps)[:, None]
    weights = np.sin((1 - share) * angle), np.sin(share * angle)
    z = (weights[0] * ends[0] + weights[1] * ends[1]) / np.sin(angle)  # (rows, steps, latent_dim)
    z = z.reshape(-1, model.latent_dim).astype("float32")
    num_classes = getattr(model, "num_classes", None)
    if num_classes is None:
        return image_grid(model.decode(z), steps, title=title)
    return image_grid(model.decode(z, np.repeat(np.arange(rows) % num_classes, steps)), steps, title=title)


def latent_map(model, split, max_examples=2000, label_names=None):
    """The posterior means of a split in two dimensions, coloured by label where there are labels.

    With more than two latent dimensions these are the first two principal components of the means; with two there is
    a second panel of what the decoder makes of them, on a grid of the normal's quantiles; with one, its standard
    deviation is the second axis.

    Args:
        model: with `encode` and `decode`.
        split: `keras_genzoo.data.Split` or `TextSplit`.
        max_examples: int, so many of them at most, spread over the split. Defaults to 2000.
        label_names: list of str, what the classes are called. Defaults to their numbers.

    Returns:
        `Figure`.
    """
    split = split.some(max_examples)
    z_mean, z_log_var = _codes(model, split)
    latent_dim, points, names = z_mean.shape[1], z_mean, ["z[0]", "z[1]"]
    if latent_dim == 1:
        points, names = np.hstack([z_mean, np.exp(0.5 * z_log_var)]), ["z[0]", "its standard deviation"]
    elif latent_dim > 2:
        points, explained = _principal_components(z_mean)
        names = [f"principal component {i + 1} ({100 * share:.1f}% of variance)" for i, share in enumerate(explained)]
    manifold = latent_dim == 2 and is_image(getattr(model, "event_shape", ()))
    figure = figure_of(9.6 if manifold else 5.6, 4.6)
    labels = split.labels
    if labels is not None and label_names is not None:
        labels = np.asarray(label_names)[labels]
    scatter(styled(figure.add_subplot(1, 1 + manifold, 1), "Posterior means", *names), points, labels, named=True)
    if manifold:
        _manifold(figure.add_subplot(1, 2, 2), model)
    return figure


def is_image(event_shape):
    """Whether `image_grid` can show events of this shape."""
    return len(event_shape) == 2 or (len(event_shape) == 3 and event_shape[-1] in (1, 3))


def _manifold(axes, model, side=15):
    """What the decoder makes of the normal's quantiles, z[0] to the right and z[1] upwards, as on the map."""
    from statistics import NormalDist

    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / side) for i in range(side)])
    across, up = np.meshgrid(quantiles, quantiles[::-1])
    label = None if model.num_classes is None else 0
    images = _decoded(model, np.stack([across.ravel(), up.ravel()], axis=1), label)
    cells = enlarged(images, 32)
    height, width = cells.shape[1] + GAP, cells.shape[2] + GAP
    styled(axes, "Decoded" + ("" if label is None else f" for class {label}"), "z[0]", "z[1]").grid(False)
    axes.imshow(tile(cells, side), interpolation="nearest")
    shown = np.linspace(0, side - 1, 5).round().astype(int)
    names = [f"{value:.2f}".replace("-", "\u2212") for value in quantiles[shown]]
    axes.set_xticks(shown * width + cells.shape[2] / 2 - 0.5, names)
    axes.set_yticks((side - 1 - shown) * height + cells.shape[1] / 2 - 0.5, names)


def _principal_components(values):
    """Projects `(n, features)` on the two directions of most variance.

    Returns:
        `(n, 2)`, and the share of the variance of each; of the signs, the one with the largest weight positive.
    """
    centered = np.asarray(values, "float64") - np.mean(values, axis=0, dtype="float64")
    _, variances, directions = np.linalg.svd(centered.T @ centered, hermitian=True)
    directions = directions[:2]
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.sign(directions[[0, 1], largest])[:, None]
    return centered @ directions.T, variances[:2] / max(variances.sum(), np.finfo("float64").tiny)


def _codes(model, split):
    """`z_mean, z_log_var` of a whole split, as arrays."""
    if hasattr(split, "texts"):
        return _encoded(model, labelled(model, split.texts, split.labels))
    batches = split.batches(500, shuffle=False, drop_remainder=False).as_numpy_iterator()
    parts = [_encoded(model, batch[0] if isinstance(batch, tuple) else batch) for batch in batches]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _encoded(model, x):
    """`z_mean, z_log_var` as float64 arrays."""
    outputs = model.encode(x)
    return [np.asarray(outputs[name], "float64") for name in ("z_mean", "z_log_var")]


def _decoded(model, z, label=None):
    z = z.astype("float32")
    return np.asarray(model.decode(z) if label is None else model.decode(z, np.full(len(z), label, "int32")))


def _first(x, count):
    if isinstance(x, dict):
        return {name: np.asarray(values)[:count] for name, values in x.items()}
    return np.asarray(x)[:count]
