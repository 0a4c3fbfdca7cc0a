"""Figure: data with a caption and a description, drawn when a file is wanted."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import SpecificationError
from spillover.reports.figures.style import (
    NARROW,
    Drawing,
    Format,
    japanese_fonts,
    needs_japanese,
    require_fonts,
)
from spillover.reports.grid import Grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")


@dataclass(frozen=True, slots=True, eq=False)
class Figure(ABC):
    """What a figure shows, in data and in words."""

    name: str
    """Short name for files, such as ``coefficients``."""

    caption: str
    """What to see, in a sentence."""

    alt: str
    """What is drawn, for readers who do not see it."""

    @property
    @abstractmethod
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""

    @abstractmethod
    def draw(self, canvas: "Canvas") -> None:
        """Draw on an empty canvas."""

    @abstractmethod
    def grid(self) -> Grid:
        """The numbers that are drawn."""

    def formats(self) -> tuple[Format, ...]:
        """Formats that can be drawn with the fonts of this machine."""
        return FORMATS if japanese_fonts() or not self._japanese() else ("svg",)

    def _japanese(self) -> bool:
        return needs_japanese(self._texts())

    def render(self, format_: Format) -> bytes:
        """The figure as a file; the same figure gives the same bytes.

        Parameters
        ----------
        format_ : str
            ``svg``, ``pdf`` or ``png``.

        Raises
        ------
        SpecificationError
            Another format.
        MissingExtraError
            No font on this machine has the characters of the text.
        """
        if format_ not in FORMATS:
            raise SpecificationError(
                f"Expected a figure as {', '.join(FORMATS)}.", f"Found {format_!r}."
            )
        require_fonts(self._texts(), format_)
        return self.files((format_,))[format_]

    def files(self, formats: Iterable[Format] | None = None) -> dict[Format, bytes]:
        """The figure in several formats, drawn once.

        Parameters
        ----------
        formats : iterable of str, optional
            All that can be drawn with the fonts of this machine by default.
        """
        chosen = self.formats() if formats is None else formats
        return Drawing(self.draw, self.size, self.name, self._japanese()).files(chosen)

    def save(self, path: str | Path) -> Path:
        """Path of a file in the format of its suffix; a file of that name is replaced.

        Parameters
        ----------
        path : str or Path
            Ends in svg, pdf or png.

        Raises
        ------
        OutputError
            The file cannot be written; nothing partial is left.
        """
        from spillover.tables.files import write_file

        suffix = Path(path).suffix.lower().removeprefix(".")
        return write_file(path, self.render(suffix))  # type: ignore[arg-type]

    def narrow_svg(self) -> bytes:
        """The figure as an SVG for the width of a phone, with text that stays legible there."""
        name = f"{self.name}-narrow"
        return Drawing(self.draw, self.narrow_size, name, self._japanese()).files(("svg",))["svg"]

    @property
    def narrow_size(self) -> tuple[float, float]:
        """Width and height in inches for a phone."""
        return NARROW, self.size[1]

    def _texts(self) -> Iterator[str]:
        """Every text that is drawn."""
        for part in fields(self):
            if part.name not in {"name", "caption", "alt"}:
                yield from _texts_in(getattr(self, part.name))

    def _repr_html_(self) -> str:
        return self.render("svg").decode()


def file_name(name: str) -> str:
    """A name that is a file on every system and no path.

    Parameters
    ----------
    name : str
        Name of a figure or a table; names of exposures and networks are parts of it.

    Examples
    --------
    >>> file_name("links ../to_all")
    'links----to_all'
    """
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in name)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts_in(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _texts_in(getattr(value, name))
