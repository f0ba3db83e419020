"""Pictures of data, models and trainings: functions that return a `matplotlib.figure.Figure`, and `save`.

Nothing here touches `pyplot`, a display or global state, and matplotlib loads when the first picture is made.
"""

import functools
import math
import os
import pathlib

import numpy as np

from keras_genzoo.models import VAE

COLORS = (  # Petroff 2021, "Accessible color sequences", ten that stay apart for colour-blind readers
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
MARKERS = "o^sDv"  # the next one for every further ten classes
NATS = ("elbo", "kl", "reconstruction_nll", "importance_weighted_bound", "nll")
DPI = 128  # a power of two, so that whole pixels are exact in inches
FONT_SIZE, LINE, GAP = 8, 20, 2  # points, pixels a line of text takes, pixels between images
MAX_CLASSES = 20  # rows of a conditional sample grid


# ---- any images, points and histories ----


def image_grid(images, columns=None, labels=None, title=None, row_labels=None, column_labels=None):
    """A grid of images, every pixel an exact square; points become a scatter plot.

    Args:
        images: float `(n, height, width, channels)` of 1 or 3 channels or `(n, height, width)`, in [0, 1]; values
            outside are clipped, NaN is shown grey. Or points `(n, 2)`.
        columns: int. Defaults to a square grid. Any `n` is fine; the rest of the last row stays empty.
        labels: one caption an image, or the class of each point. Defaults to `None`.
        title: str or `None`.
        row_labels, column_labels: one str a row or column. Default to `None`.

    Returns:
        `Figure`.

    Raises:
        ValueError: for no images, another shape, or integers.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.visualization import image_grid
    >>> len(image_grid(np.zeros((5, 8, 8, 1)), columns=3, title="Zeros").axes)
    1
    """
    images = np.asarray(images)
    if images.ndim == 2 and images.shape[1] == 2 and len(images):
        figure = _figure(4.6, 4.4)
        _scatter(figure.add_subplot(aspect="equal", title=title), images, labels)
        return figure
    pixels = _pixels(images)
    columns = columns or math.ceil(math.sqrt(len(pixels)))
    scale = max(1, round(min(max(640 / columns, 48), 160) / max(pixels.shape[1:3])))
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    mosaic = _mosaic(pixels, columns, LINE if labels is not None else 0)
    return _mosaic_figure(mosaic, pixels.shape, columns, labels, title, row_labels, column_labels)


def training_curves(history):
    """Every metric over the epochs, train and validation together in one panel.

    Args:
        history: dict from name to the values of the epochs, as `History.history` or the columns of a `CSVLogger`
            file, text or not; or the `History` itself. What is no number is left out of its curve. A list shorter
            than the others is taken to be measured every second, third, ... epoch, as by `validation_freq`.

    Returns:
        `Figure`.

    Raises:
        ValueError: if there is no number in it.
    """
    from matplotlib.ticker import MaxNLocator

    curves = {name: _numbers(values) for name, values in getattr(history, "history", history).items()}
    length = max((len(values) for values in curves.values()), default=0)
    epochs = 1 + curves.pop("epoch", np.arange(length))
    curves = {name: values for name, values in curves.items() if np.isfinite(values).any()}
    names = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    if not names:
        raise ValueError(f"Expected a history with at least one metric. Received: {sorted(curves)}")
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = _figure(3.3 * columns, 2.5 * rows)
    for i, name in enumerate(names):
        unit = "nats" if name in NATS else None
        axes = _styled(figure.add_subplot(rows, columns, i + 1, title=name, xlabel="epoch", ylabel=unit))
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
        for key, label, color, line in ((name, "train", 0, "o-"), (f"val_{name}", "validation", 2, "s--")):
            if key in curves:
                every = length // len(curves[key])
                x, y = epochs[every - 1 :: every][: len(curves[key])], curves[key]
                known = np.isfinite(y)
                size = 3 if known.sum() <= 30 else 0
                axes.plot(x[known], y[known], line, label=label, color=COLORS[color], linewidth=1.4, markersize=size)
        axes.legend(fontsize=FONT_SIZE - 1, frameon=False)
    return figure


def save(figure, path):
    """Writes a figure as PNG, beside and then renamed, so that nobody ever reads half of it; folders are made.

    Args:
        figure: `Figure`.
        path: str or path.

    Returns:
        The path, a `pathlib.Path`.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        figure.savefig(beside, format="png", metadata={"Software": None})
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def to_array(figure):
    """The picture as uint8 `(height, width, 3)`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


# ---- models ----


def sample_grid(model, num_samples=64, seed=0, title="Samples"):
    """Samples of any model with `generate(num_samples, seed=...)`; of a conditional one, a row of them a class.

    Args:
        model: of images or points; conditional if it has `num_classes` other than `None`.
        num_samples: int, in all. Defaults to 64.
        seed: int; the picture depends on it and the weights alone. Defaults to 0.
        title: str or `None`.

    Returns:
        `Figure`. It shows at most the first 20 classes.
    """
    num_classes = getattr(model, "num_classes", None)
    if num_classes is None:
        return image_grid(model.generate(num_samples, seed=seed), title=title)
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
    return image_grid(images, steps, None, title, row_labels, [_whole(value) for value in values])


def latent_map(model, split, max_examples=2000):
    """The posterior means of a split in two dimensions, coloured by label where there are labels.

    With more than two latent dimensions these are the first two principal components of the means; with two there is
    a second panel of what the decoder makes of them, on a grid of the normal's quantiles; with one, its standard
    deviation is the second axis.

    Args:
        model: with `encode` and `decode`.
        split: `keras_genzoo.data.Split`.
        max_examples: int, the first so many are drawn. Defaults to 2000.

    Returns:
        `Figure`.
    """
    split = split.take(max_examples)
    batches = split.batches(500, shuffle=False, drop_remainder=False).as_numpy_iterator()
    parts = [_encoded(model, batch[0] if isinstance(batch, tuple) else batch) for batch in batches]
    z_mean, z_log_var = (np.concatenate(values) for values in zip(*parts, strict=True))
    latent_dim, points, names = z_mean.shape[1], z_mean, ["z[0]", "z[1]"]
    if latent_dim == 1:
        points, names = np.hstack([z_mean, np.exp(0.5 * z_log_var)]), ["z[0]", "its standard deviation"]
    elif latent_dim > 2:
        points, explained = _principal_components(z_mean)
        names = [f"principal component {i + 1} ({100 * share:.1f}% of variance)" for i, share in enumerate(explained)]
    manifold = latent_dim == 2 and _are_images(model.event_shape)
    figure = _figure(10.2 if manifold else 5.6, 4.6)
    axes = figure.add_subplot(1, 1 + manifold, 1, title="Posterior means", xlabel=names[0], ylabel=names[1])
    _scatter(axes, points, split.labels)
    if manifold:
        _manifold(figure.add_subplot(1, 2, 2, xlabel=names[0], ylabel=names[1]), model)
    return figure


# ---- all pictures of a trained model ----


@functools.singledispatch
def pictures(model, splits):
    """The pictures of one family, `{name: Figure}`; a family adds its own with `@pictures.register(Class)`."""
    return {"samples": sample_grid(model)}


@pictures.register(VAE)
def _(model, splits):
    figures = {"latent_map": latent_map(model, splits.test)}
    batch = next(splits.test.take(256).batches(256).as_numpy_iterator())
    if _are_images(model.event_shape):
        figures["traversal"] = latent_traversal(model, batch)
    if _are_images(model.event_shape) or model.event_shape == (2,):
        count = 10 if _are_images(model.event_shape) else 256
        figures["samples"] = sample_grid(model, 64 if count == 10 else 1000)
        figures["reconstructions"] = reconstructions(model, batch, count)
    return figures


def draw(model, splits, history, folder):
    """Draws all that applies to a model of a registered family, each picture as `NAME.png` in `folder`.

    Args:
        model: a trained model.
        splits: `keras_genzoo.data.Splits`; the pictures are of its test part.
        history: as for `training_curves`, or `None`.
        folder: str or path; made if missing.

    Returns:
        dict from the name of the picture to its path: for a VAE `samples`, `reconstructions`, `traversal`,
        `latent_map` and `curves`.
    """
    figures = pictures(model, splits)
    if history:
        figures["curves"] = training_curves(history)
    return {name: save(figure, pathlib.Path(folder) / f"{name}.png") for name, figure in sorted(figures.items())}


# ---- parts ----


def _figure(width, height):
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def _styled(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.92", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=FONT_SIZE, color="0.6")
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_fontsize(FONT_SIZE + (axes.title is text))
    return axes
