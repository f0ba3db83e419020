"""What all pictures share: colours, figures, scatter plots, and how they become files."""

import functools
import io
import math
import os
import pathlib

import numpy as np

COLORS = (  # Petroff 2021, "Accessible color sequences", ten that stay apart for colour-blind readers
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
MARKERS = "o^sDv"  # the next one for every further ten classes
DPI = 128  # a power of two, so that whole pixels are exact in inches
FONT_SIZE = 8  # points


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
        beside.write_bytes(_png(figure))
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


def figure_of(width, height, layout="constrained"):
    """An empty white figure of so many inches."""
    return _picture_class()(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")


@functools.cache
def _picture_class():
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that notebooks show as the last value of a cell, also without `%matplotlib inline`."""

        def _repr_png_(self):
            return _png(self)

    return Picture


def _png(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()  # `figure.savefig` would follow the user's `savefig.*` settings
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def styled(axes, title=None, xlabel=None, ylabel=None):
    """The look of all plots: open frame, light grid, small print."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color("0.6")
    axes.grid(color="0.92", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=FONT_SIZE, color="0.6")
    axes.set_title(title or "", loc="left", fontsize=FONT_SIZE + 1)
    axes.set_xlabel(xlabel or "", fontsize=FONT_SIZE)
    axes.set_ylabel(ylabel or "", fontsize=FONT_SIZE)
    return axes


def scatter(axes, points, labels=None, named=False):
    """Points `(n, 2)`, with colour, marker and a legend entry a class, which `named` also writes above its median."""
    size = min(24.0, max(3.0, 12_000 / len(points)))
    if labels is None:
        axes.scatter(*points.T, s=size, color=COLORS[0], alpha=0.7, linewidths=0)
        return
    labels = np.asarray(labels)
    classes = sorted(set(labels.tolist()))
    for i, label in enumerate(classes):
        marker = MARKERS[i // len(COLORS) % len(MARKERS)]
        color = COLORS[i % len(COLORS)]
        chosen = points[labels == label]
        axes.scatter(*chosen.T, s=size, color=color, marker=marker, alpha=0.7, linewidths=0, label=str(label))
    if named:
        medians = [np.median(points[labels == label], axis=0) for label in classes]
        for label, place in zip(classes, apart(medians, *np.ptp(points, axis=0)), strict=True):
            _name_in_place(axes, place, label)
    axes.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=FONT_SIZE, handletextpad=0.2,
        ncols=math.ceil(len(classes) / 16), markerscale=math.sqrt(30 / size),
    )  # fmt: skip


def mark(axes, centers):
    """Crosses at true means `(modes, 2)`, and limits a quarter of their extent around them."""
    centers = np.asarray(centers)
    axes.scatter(*centers.T, s=40, color=COLORS[2], marker="+", linewidths=1.0)
    low, high = centers.min(axis=0), centers.max(axis=0)
    margin = 0.25 * max(*(high - low), 1e-3)
    axes.set_aspect("equal", adjustable="box")  # with fixed limits the axes must give way
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)


def apart(places, width, height):
    """Places `(n, 2)` for names on a map of this size, moved upwards until none lies on another."""
    placed = []
    for x, y in sorted(map(tuple, places), key=lambda place: place[1]):
        near = [other for at, other in placed if abs(at - x) < 0.25 * width]
        while clash := [other for other in near if abs(other - y) < 0.049 * height]:
            y = max(clash) + 0.05 * height
        placed.append((x, y))
    order = np.argsort([place[1] for place in places], kind="stable")
    return np.array(placed)[np.argsort(order)]


def _name_in_place(axes, position, label):
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    style = {"fontsize": FONT_SIZE + 2, "weight": "bold", "ha": "center", "path_effects": halo}
    axes.annotate(str(label), position, xytext=(0, 5), textcoords="offset points", **style)  # above: hides no cluster
