"""The rows of the verification table: a measured number, what it must be, and whether it is."""

import dataclasses
import math
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: str, what is compared.
        measured: float, from this package.
        expected: float, from a closed form, an independent computation or another run.
        relation: `"="`, `"<="` or `">="`: measured relation expected.
        tolerance: float, by how much the relation may be missed.
        detail: str, how it was measured.
    """

    name: str
    measured: float
    expected: float
    relation: str = "="
    tolerance: float = 0.0
    detail: str = ""

    def __post_init__(self):
        if self.relation not in ("=", "<=", ">="):
            raise ValueError(f"Expected relation '=', '<=' or '>='. Received: relation={self.relation!r}")
        for field in ("measured", "expected", "tolerance"):
            object.__setattr__(self, field, float(getattr(self, field)))

    @property
    def passed(self):
        """Whether the relation holds; never for NaN."""
        excess = self.measured - self.expected
        if self.relation == "=":
            excess = abs(excess)
        elif self.relation == ">=":
            excess = -excess
        return excess <= self.tolerance or (self.measured == self.expected)


@dataclasses.dataclass(frozen=True)
class Check:
    """A group of rows that share their preparation.

    Attributes:
        name: str, unique.
        family: str, the model family or the part of the package it is about.
        function: callable without arguments, that returns the rows.
    """

    name: str
    family: str
    function: Callable

    def run(self):
        """The rows, a list of `Row`."""
        return list(self.function())


def format_rows(rows):
    """The table as text: one line a row, and a line that counts them.

    Example:

    >>> from keras_genzoo.verification import Row, format_rows
    >>> print(format_rows([Row("KL(p || p)", 0.0, 0.0), Row("a bound", -2.0, -1.0, "<=", 0.01, "1,000 samples")]))
    ok    KL(p || p)   0   =  0
    ok    a bound     -2  <= -1 +- 0.01  1,000 samples
    2 of 2 checks passed
    """
    cells = []
    for row in rows:
        tolerance = f" +- {row.tolerance:.2g}" if row.tolerance else ""
        expected = f"{row.relation:>2s} {_number(row.expected)}{tolerance}"
        cells.append(("ok" if row.passed else "WRONG", row.name, _number(row.measured), expected, row.detail))
    width = [max((len(cell[i]) for cell in cells), default=0) for i in range(4)]
    lines = [
        f"{state:5s} {name:{width[1]}s}  {measured:>{width[2]}s}  {expected:{width[3]}s}  {detail}".rstrip()
        for state, name, measured, expected, detail in cells
    ]
    return "\n".join([*lines, f"{sum(row.passed for row in rows)} of {len(rows)} checks passed"])


def _number(value):
    """At most six digits, with a column for the sign."""
    if not math.isfinite(value):
        return f"{value:>4}"
    return f"{value: .6g}"
