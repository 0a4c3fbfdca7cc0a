"""Works: papers behind specification types, as text and as BibTeX."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One paper."""

    key: str
    """Key in a bibliography, such as ``white1980``."""

    authors: tuple[str, ...]
    """Authors as ``Family, I.``."""

    year: int
    """Year of publication."""

    title: str
    """Title."""

    journal: str = ""
    """Journal; empty for a working paper."""

    institution: str = ""
    """Institution of a working paper."""

    volume: int = 0
    """Volume of the journal."""

    number: int = 0
    """Number of the volume; zero where a journal has none."""

    pages: str = ""
    """Pages, or the number of an article."""

    @property
    def line(self) -> str:
        """The reference as a line of text."""
        names = _joined(self.authors, ", ")
        end = "" if self.title.endswith("?") else "."
        return f"{names} ({self.year}). {self.title}{end} {self._place()}."

    @property
    def label(self) -> str:
        """The paper in running text.

        Examples
        --------
        >>> works()["liang1986"].label
        'Liang and Zeger (1986)'
        """
        return f"{self.names} ({self.year})"

    @property
    def names(self) -> str:
        """Family names: of one or two authors, or of the first of more."""
        families = [author.partition(",")[0] for author in self.authors]
        return f"{families[0]} et al." if len(families) > 2 else _joined(families, ", ")

    def _place(self) -> str:
        if not self.journal:
            return self.institution
        number = f"({self.number})" if self.number else ""
        return f"{self.journal} {self.volume}{number}, {self.pages}"

    @property
    def bibtex(self) -> str:
        """The entry of a bibliography file, in UTF-8."""
        kind = "article" if self.journal else "techreport"
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            "journal": self.journal,
            "institution": self.institution,
            "year": str(self.year),
            "volume": str(self.volume or ""),
            "number": str(self.number or ""),
            "pages": self.pages.replace("–", "--"),
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        return f"@{kind}{{{self.key},\n{lines}\n}}\n".replace("&", r"\&")


def _joined(names: list[str] | tuple[str, ...], between: str) -> str:
    return " and ".join([*([between.join(names[:-1])] if len(names) > 1 else []), names[-1]])


@cache
def works() -> Mapping[str, Work]:
    """All works by key."""
    return {
        key: Work(key=key, **{**entry, "authors": tuple(entry["authors"])})
        for key, entry in _table()["works"].items()
    }


def works_of(name: str) -> tuple[str, ...]:
    """Keys of the works behind a specification type; nothing for one without.

    Parameters
    ----------
    name : str
        Name such as ``"Cluster"``.
    """
    return tuple(_table()["uses"].get(name, ()))


@cache
def _table() -> Mapping[str, Any]:
    text = files("spillover.reports").joinpath("language", "references.toml").read_text("utf-8")
    return tomllib.loads(text)
