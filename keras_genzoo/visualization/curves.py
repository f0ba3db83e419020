"""Training curves."""

import math

import numpy as np

from keras_genzoo.visualization.style import COLORS, FONT_SIZE, figure_of, styled

NATS = (
    "elbo", "kl", "reconstruction_nll", "importance_weighted_bound", "log_likelihood", "nll",
    "code_kl", "mutual_information",
)  # fmt: skip
NOT_METRICS = ("epoch", "updates", "seconds")


def training_curves(history):
    """Every metric over the epochs, train and validation together in one panel.

    A curve that no `val_` one stands beside has no legend, as what a callback logs may be of any data.

    Args:
        history: dict from name to the values of the epochs, as `History.history` or the columns of a `CSVLogger`
            file, text or not; or the `History` itself. What is no number is left out of its curve. A list shorter
            than the others is taken to be measured every second, third, ... epoch, as by `validation_freq`. An
            `epoch` column may count from 0 or 1; `updates` and `seconds` get no panel.

    Returns:
        `Figure`.

    Raises:
        ValueError: if it is empty.
    """
    curves = {name: _numbers(values) for name, values in getattr(history, "history", history).items()}
    curves = {name: values for name, values in curves.items() if len(values)}
    length = max(map(len, curves.values()), default=0)
    epochs = curves.get("epoch", np.arange(length))
    epochs = epochs + (epochs.min(initial=1) == 0)
    names = list(dict.fromkeys(name.removeprefix("val_") for name in curves if name not in NOT_METRICS))
    if not names:
        raise ValueError("Expected a history with at least one metric. Received: none")
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = figure_of(3.3 * columns, 2.5 * rows)
    for i, name in enumerate(names):
        axes = styled(figure.add_subplot(rows, columns, i + 1), name, "epoch", "nats" if name in NATS else None)
        _panel(axes, epochs, {"train": curves.get(name), "validation": curves.get(f"val_{name}")})
    return figure


def _panel(axes, epochs, curves):
    from matplotlib.ticker import MaxNLocator

    for (label, values), color, line in zip(curves.items(), (COLORS[0], COLORS[2]), ("o-", "s--"), strict=True):
        if values is not None:
            x, y = _points(epochs, values)
            size = 3 if len(x) <= 30 else 0
            axes.plot(x, y, line, label=label, color=color, linewidth=1.4, markersize=size)
    whole = all((line.get_ydata() % 1 == 0).all() for line in axes.lines)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator("auto", integer=whole, min_n_ticks=1))
    if curves["validation"] is not None:
        axes.legend(fontsize=FONT_SIZE - 1, frameon=False)


def _points(epochs, values):
    """The epochs at which a value is known, and the value."""
    every = len(epochs) // len(values)
    epochs = epochs[every - 1 :: every][: len(values)]
    known = np.isfinite(values)
    return epochs[known], values[known]


def _numbers(values):
    """float64 array; NaN for what is no number."""

    def number(value):
        try:
            return float(value)
        except (TypeError, ValueError):
            return math.nan

    return np.array([number(value) for value in values])
