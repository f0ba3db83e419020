"""Grids of images, exact to the pixel."""

import math

import numpy as np

from keras_genzoo.visualization.style import DPI, FONT_SIZE, figure_of, mark, scatter, styled

LINE, GAP, EDGE = 20, 2, 10  # pixels: a line of text, between images, around the picture


def image_grid(images, columns=None, labels=None, title=None, row_labels=None, column_labels=None, centers=None):
    """A grid of images, every pixel an exact square; points become a scatter plot.

    Args:
        images: float `(n, height, width, channels)` of 1 or 3 channels or `(n, height, width)`, in [0, 1]; values
            outside are clipped, NaN is shown grey. Or points `(n, 2)`.
        columns: int. Defaults to a square grid. Any `n` is fine; the rest of the last row stays empty.
        labels: one caption an image, or the class of each point. Defaults to `None`.
        title: str or `None`.
        row_labels, column_labels: one str a row or column. Default to `None`.
        centers: of points, array `(modes, 2)` of true means: marked, and the plot keeps to their surroundings.
            Defaults to `None`.

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
        figure = figure_of(4.8, 4.2)
        axes = styled(figure.add_subplot(), title)
        axes.set_aspect("equal", adjustable="datalim")
        scatter(axes, images, labels)
        if centers is not None:
            mark(axes, centers)
        return figure
    columns = columns or max(1, math.ceil(math.sqrt(len(images))))
    rows = math.ceil(len(images) / columns)
    pixels = enlarged(images, min(max(640 / max(columns, rows), 48), 160))
    header = 0 if labels is None else LINE
    mosaic = tile(pixels, columns, header)
    axes = _exact_axes(mosaic.shape, title, row_labels, column_labels)
    axes.imshow(mosaic, interpolation="nearest")
    height, width = header + pixels.shape[1] + GAP, pixels.shape[2] + GAP
    middle, center = header + pixels.shape[1] / 2 - 0.5, pixels.shape[2] / 2 - 0.5
    axes.set_yticks(middle + height * np.arange(len(row_labels or ())), row_labels or ())
    axes.set_xticks(center + width * np.arange(len(column_labels or ())), column_labels or ())
    for i, label in enumerate(() if labels is None else labels):
        x, y = center + width * (i % columns), height * (i // columns) + header - 4
        axes.text(x, y, str(label), fontsize=FONT_SIZE, ha="center", va="baseline")
    return axes.figure


def tile(cells, columns, header=0):
    """Cells `(n, height, width, 3)` side by side on white, `header` white rows of pixels above each."""
    count, height, width, _ = cells.shape
    height, width = header + height + GAP, width + GAP
    mosaic = np.ones((math.ceil(count / columns) * height - GAP, columns * width - GAP, 3))
    for i, cell in enumerate(cells):
        top, left = i // columns * height + header, i % columns * width
        mosaic[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return mosaic


def enlarged(images, size):
    """Images to float `(n, height, width, 3)` in [0, 1], by the whole factor that comes closest to `size` pixels."""
    shape, channels = images.shape, images.shape[-1] if images.ndim == 4 else 1
    if images.ndim not in (3, 4) or channels not in (1, 3) or 0 in shape:
        raise ValueError(f"Expected images (n, height, width, 1 or 3), or points (n, 2), n > 0. Received: {shape=}")
    if images.dtype.kind in "iu":
        raise ValueError(f"Expected floats in [0, 1]; divide pixels of 0..255 by 255. Received: dtype={images.dtype}")
    images = images.astype("float64").reshape(*shape[:3], channels)
    images = np.broadcast_to(np.nan_to_num(np.clip(images, 0.0, 1.0), nan=0.5), (*shape[:3], 3))
    factor = max(1, round(size / max(shape[1:3])))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def _exact_axes(shape, title, row_labels, column_labels):
    """Axes of exactly `shape` in pixels, in a figure with just the room that the words around it need."""
    height, width = shape[:2]
    left = EDGE + max(map(_text_width, row_labels or [""]))
    top = EDGE + LINE * (bool(title) + bool(column_labels))
    full_width, full_height = left + max(width, _text_width(title)) + EDGE, top + height + EDGE
    figure = figure_of(full_width / DPI, full_height / DPI, layout=None)
    box = (left / full_width, EDGE / full_height, width / full_width, height / full_height)
    axes = figure.add_axes(box)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=3, labelsize=FONT_SIZE, labeltop=True, labelbottom=False)
    axes.set_title(title or "", loc="left", fontsize=FONT_SIZE + 1, pad=4)
    return axes


def _text_width(text):
    """Pixels, with a little room; 0 for no text."""
    from matplotlib.textpath import TextPath

    if not text:
        return 0
    return math.ceil(TextPath((0, 0), text, size=FONT_SIZE + 1).get_extents().width * DPI / 72) + 6
