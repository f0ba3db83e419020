"""Pictures of what models of texts read and write."""

import numpy as np

from keras_genzoo.visualization.style import figure_of

COLUMNS, LINES = 72, 14  # of the picture, in characters
DEEPEST = 6.0  # nats of the darkest colour


def surprise(model, texts):
    """Held-out texts in which every token's background says its nats, -log p of the token after all before it.

    Args:
        model: `LanguageModel`.
        texts: list of str; only as much is drawn as there is room for.

    Returns:
        `Figure`.
    """
    from matplotlib import colormaps

    figure = figure_of(9.6, 0.26 * LINES + 0.6, layout=None)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.88))
    axes.set(xlim=(0, COLUMNS), ylim=(LINES, 0))
    axes.axis("off")
    axes.set_title(f"Nats of each token, white 0, dark {DEEPEST:g} and more")
    row = column = 0
    for written, nats in _tokens(model, texts):
        if written == "\n" or column + len(written) > COLUMNS:
            row, column = row + 1, 0
        if row >= LINES:
            break
        color = colormaps["Oranges"](min(1.0, nats / DEEPEST) * 0.85)
        for character in written.strip("\n"):
            axes.add_patch(_cell(column, row, color))
            axes.text(column + 0.5, row + 0.5, character, ha="center", va="center", family="monospace", fontsize=9)
            column += 1
        if written != "\n" and model.preprocessor.level != "characters":
            column += 1
    return figure


def _cell(column, row, color):
    from matplotlib.patches import Rectangle

    return Rectangle((column, row), 1, 1, facecolor=color, edgecolor="none")


def _tokens(model, texts):
    """Pairs of a token as it is written and its nats; a line break after every text."""
    for text in texts:
        ids = np.asarray(model.preprocessor([text[: COLUMNS * LINES]]))
        nll, _ = model.token_nll(ids[:, :-1], ids[:, 1:])
        for token_id, nats in zip(ids[0, 1:], np.asarray(nll)[0], strict=True):
            yield model.preprocessor.detokenize([[token_id]])[0].numpy().decode("utf-8", "replace"), float(nats)
        yield "\n", 0.0


def sentence_interpolations(model, pairs, steps=7, labels=None):
    """A table of the sentences on the way from one to another, see `TextVAE.interpolate`; a column a pair.

    Args:
        model: `TextVAE`.
        pairs: list of pairs of str; two or three can be read.
        steps: int, rows. Defaults to 7.
        labels: ints, one a pair, of a conditional model; else `None`.

    Returns:
        `Figure`; the sentences themselves stand above and below what is made of their codes.
    """
    import textwrap

    width, height = 46, 3  # of a cell, in characters and lines
    starts, ends = ([pair[side] for pair in pairs] for side in (0, 1))
    columns = model.interpolate(starts, ends, steps, labels)
    figure = figure_of(4.4 * len(pairs), 0.52 * (steps + 2) + 0.4, layout=None)
    axes = figure.add_axes((0.01, 0.02, 0.98, 0.92))
    axes.set(xlim=(0, len(pairs)), ylim=(steps + 2, 0))
    axes.axis("off")
    axes.set_title("From one sentence to another", loc="left", fontsize=10)
    for column, (start, texts, end) in enumerate(zip(starts, columns, ends, strict=True)):
        for row, text in enumerate([start, *texts, end]):
            given = row in (0, steps + 1)
            lines = textwrap.wrap(text, width, max_lines=height, placeholder=" ...") or ["(nothing)"]
            style = {"style": "italic", "color": "0.35"} if given else {"color": "0.0"}
            axes.text(column + 0.02, row + 0.5, "\n".join(lines), va="center", fontsize=8, parse_math=False, **style)
    return figure
