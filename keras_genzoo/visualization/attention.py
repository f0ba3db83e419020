"""Pictures of what a translator attends to."""

import math

import numpy as np

from keras_genzoo.visualization.style import FONT_SIZE, figure_of

COLUMNS = 3
CELL = 0.2  # inches a token
LEAST, MOST = 1.2, 4.4  # inches a side of a map


def attention_maps(model, sources, targets=None, beam_width=5, max_length=60, count=6):
    """Attention weights as maps: each row is a target token and where the model looked when it wrote it.

    Args:
        model: `Seq2Seq` or `Ensemble`.
        sources: list of str.
        targets: list of str aligned with them, or `None` for the model's own translations.
        beam_width, max_length: of these translations. Default to 5 and 60.
        count: int, at most so many maps. Defaults to 6.

    Returns:
        `Figure`, white 0 and dark 1.

    Raises:
        ValueError: if there is nothing to draw, or targets are not as many as sources.
    """
    sources = list(sources)[:count]
    if not sources:
        raise ValueError(f"Nothing to draw. Expected at least one source and a count above 0. Received: {count=}")
    options = {"beam_width": beam_width, "max_length": max_length}
    targets = model.generate(sources, **options) if targets is None else list(targets)[:count]
    aligned = model.align(sources, targets)
    names = list(zip(aligned["source_tokens"], aligned["target_tokens"], strict=True))
    columns = min(COLUMNS, len(names))
    rows = math.ceil(len(names) / columns)
    width = max(_side(len(source)) for source, _ in names) + 0.8
    height = max(_side(len(target)) for _, target in names) + 0.9
    figure = figure_of(columns * width, rows * height)
    for i, (source, target) in enumerate(names):
        axes = figure.add_subplot(rows, columns, i + 1)
        _draw(axes, np.asarray(aligned["attention"][i])[: len(target), : len(source)], source, target)
    return figure


def _draw(axes, weights, source, target):
    axes.imshow(weights, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest")
    size = FONT_SIZE if max(len(source), len(target)) * CELL <= MOST else FONT_SIZE - 3
    axes.set_xticks(range(len(source)), [_shown(token) for token in source], rotation=90, fontsize=size)
    axes.set_yticks(range(len(target)), [_shown(token) for token in target], fontsize=size)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_color("0.6")


def _side(tokens):
    return min(MOST, max(LEAST, CELL * tokens))


def _shown(token):
    """A token that a figure can show: a space is a mark, and a dollar sign no formula."""
    return token.replace(" ", "␣").replace("\n", "↵").replace("$", r"\$")
