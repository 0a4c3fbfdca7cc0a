"""What a table of estimates holds, before it is rendered."""

from dataclasses import dataclass, field
from typing import Literal

from spillover.specs import Count, Share, Spec

Below = Literal["std_error", "statistic", "p_value", "interval", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout(Spec):
    """How a table of estimates looks."""

    keep: tuple[str, ...] = ()
    """Terms to show, in this order; all terms in order of appearance when empty."""

    drop: tuple[str, ...] = ()
    """Terms to leave out."""

    below: Below = "std_error"
    """What stands below each estimate."""

    stars: bool = False
    """Whether p-values are also shown as stars at 10, 5 and 1 percent."""

    digits: Count = 3
    """Decimals; a row gets more when a standard error would lose its second digit."""

    level: Share | None = None
    """Confidence level; the default is 0.95, or that of a method that inverts a test."""

    statistics: tuple[str, ...] = ("mean_outcome", "nobs", "units", "r2_within", "clusters")
    """Rows below the coefficients: these, or any statistic of a design, such as ``j``."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One coefficient of one estimate."""

    estimate: float
    """Coefficient."""

    std_error: float
    """Standard error; NaN when the method has none."""

    statistic: float
    """Ratio of the two."""

    p_value: float
    """P-value of a zero coefficient."""

    low: float
    """Lower end of the confidence interval."""

    high: float
    """Upper end of the confidence interval."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One row of facts about the estimates."""

    name: str
    """Name in files, such as ``nobs``."""

    label: str
    """Words of the row."""

    values: tuple[float | str | None, ...]
    """One value per column; ``None`` where it does not apply."""


@dataclass(frozen=True, slots=True)
class Line:
    """One term across the estimates."""

    term: str
    """Name of the coefficient."""

    label: str
    """Words of the row."""

    cells: tuple[Cell | None, ...]
    """One cell per column; ``None`` where the estimate lacks the term."""

    truth: float | None = None
    """Planted effect when the data are simulated."""


@dataclass(frozen=True, slots=True)
class TableData:
    """Estimates side by side; all numbers unrounded, all names as they came."""

    columns: tuple[str, ...]
    """Headings."""

    outcomes: tuple[str, ...]
    """Outcome of each column in words."""

    lines: tuple[Line, ...]
    """Terms in order."""

    statistics: tuple[tuple[Statistic, ...], ...]
    """Groups of facts: fixed effects, errors, counts and fit."""

    notes: tuple[str, ...] = ()
    """Sentences below the table."""

    caption: str = ""
    """Title."""

    name: str = "results"
    """Short name for files and references."""

    layout: TableLayout = field(default_factory=TableLayout)
    """How it looks."""

    language: Literal["en", "ja"] = "en"
    """Language of the fixed words."""
