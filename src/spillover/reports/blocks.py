"""What a section of a report is made of."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from spillover.reports.figures.figure import Figure
from spillover.reports.grid import Grid

Status = Literal["done", "partly", "open", "absent"]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs."""

    paragraphs: tuple[str, ...]
    """Sentences of plain text."""

    kind: Literal["prose"] = "prose"
    """For templates."""


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[str, ...]
    """Plain text."""

    heading: str = ""
    """Heading above the list."""

    kind: Literal["points"] = "points"
    """For templates."""


@dataclass(frozen=True, slots=True)
class Number:
    """One key number."""

    value: str
    """Number with its unit."""

    words: str
    """What it is."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Key numbers side by side."""

    items: tuple[Number, ...]
    """Numbers."""

    kind: Literal["numbers"] = "numbers"
    """For templates."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table."""

    grid: Grid
    """Cells as text."""

    kind: Literal["table"] = "table"
    """For templates."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A figure with the numbers behind it."""

    figure: Figure
    """What is drawn."""

    kind: Literal["picture"] = "picture"
    """For templates."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the referee checklist."""

    number: int
    """Place in the list."""

    question: str
    """What a referee asks."""

    finding: str
    """What this study did, or that it did not."""

    status: Status
    """``done``, ``partly``, ``open`` (not done), or ``absent`` (does not apply)."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The referee checklist."""

    items: tuple[Check, ...]
    """Lines in order."""

    kind: Literal["checks"] = "checks"
    """For templates."""


@dataclass(frozen=True, slots=True)
class Source:
    """Text to be read by machines or copied, folded away."""

    heading: str
    """What it is."""

    text: str
    """The text."""

    kind: Literal["source"] = "source"
    """For templates."""


Block: TypeAlias = Prose | Points | Numbers | Table | Picture | Checks | Source


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of a report with a heading."""

    key: str
    """Anchor, such as ``results``."""

    heading: str
    """Heading."""

    blocks: tuple[Block, ...]
    """Contents in order."""
