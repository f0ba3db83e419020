"""Pictures of what a language model reads."""

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
