"""The exactness checks behind `genzoo verify`: what the package computes against what is known exactly.

Every module here lists its checks as `CHECKS`; a new family adds a module and a line below.
"""

from keras_genzoo.verification import (
    densities,
    estimators,
    gan,
    language_model,
    likelihood_bounds,
    sample_quality,
    seq2seq,
    text_vae,
    vae,
)
from keras_genzoo.verification.table import Check, Row, format_rows

MODULES = (
    densities,
    estimators,
    likelihood_bounds,
    vae,
    gan,
    sample_quality,
    language_model,
    text_vae,
    seq2seq,
)


def checks():
    """All checks in the order of the table: a list of `Check`, with `name`, `family` and `run() -> [Row, ...]`."""
    return [check for module in MODULES for check in module.CHECKS]


def verify(progress=None):
    """Runs all checks.

    Args:
        progress: function `(number, total, check)`, called before each check with its number from 0, or `None`.

    Returns:
        List of `Row`. A check that raises gives one row that has not passed, with the error as its detail.

    Example:

    >>> from keras_genzoo import verification
    >>> rows = verification.verify()  # doctest: +SKIP
    >>> print(verification.format_rows(rows))  # doctest: +SKIP
    """
    rows, todo = [], checks()
    for number, check in enumerate(todo):
        if progress is not None:
            progress(number, len(todo), check)
        try:
            rows += check.run()
        except Exception as error:  # one broken check must not hide the others
            line = (str(error).splitlines() or [""])[0]
            rows.append(Row(check.name, float("nan"), 0.0, detail=f"{type(error).__name__}: {line}"))
    return rows


__all__ = ["Check", "Row", "checks", "format_rows", "verify"]
