"""Report: everything a study found, as one page and as files."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from spillover.reports.blocks import Section
from spillover.reports.disclosure import Suppressed
from spillover.reports.figures.figure import Figure, file_name
from spillover.reports.phrases import Language, phrases
from spillover.reports.result_table import ResultTable

TABLE_SUFFIXES = ("txt", "md", "tex", "html", "docx", "typ", "csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Opening:
    """The top of the page: what a reader with one minute takes away."""

    title: str
    """Title, often the question."""

    headline: str
    """The finding in one sentence."""

    question: str = ""
    """The question in a sentence or two."""

    banner: str = ""
    """A line that must not be overlooked: simulated data, confidentiality."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A finished report: data and words, rendered on demand; the same report, the same bytes."""

    opening: Opening
    """Title and headline."""

    sections: tuple[Section, ...]
    """Parts of the page in order."""

    tables: tuple[ResultTable, ...] = ()
    """Tables that are also written as files."""

    figures: tuple[Figure, ...] = ()
    """Figures that are also written as files."""

    language: Language = "en"
    """Language of the fixed text."""

    suppressed: tuple[Suppressed, ...] = ()
    """Cells that were hidden, for the manifest."""

    citations: str = field(default="", repr=False)
    """References of software, methods and data as plain text."""

    paper: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Tables, methods and bibliography for a manuscript, by path below ``paper``."""

    def to_html(self) -> str:
        """The report as one page that asks for nothing else: no request leaves it."""
        return self._page({})

    def _page(self, drawn: Mapping[str, bytes]) -> str:
        """The page, with the drawings of figures that are there already by name."""
        from spillover.reports.formats.markup import html_environment, to_html

        script, style = _asset("report.js"), _asset("table.css") + _asset("report.css")
        return (
            html_environment()
            .get_template("report.html")
            .render(
                report=self,
                words=_Dotted(self.language),
                script=script,
                style=style,
                hashes={"script": content_hash(script), "style": content_hash(style)},
                html_of=to_html,
                svg_of=lambda figure: _svg(drawn.get(figure.name) or figure.render("svg")),
                narrow_of=lambda figure: _svg(figure.narrow_svg()),
            )
        )

    def files(self) -> dict[str, bytes]:
        """Everything as files: the page, tables in all formats, figures, references.

        Returns
        -------
        dict of str to bytes
            Contents by relative path; give it to ``spillover.tables.files.write_files``.
        """
        drawn = {figure.name: figure.files() for figure in self.figures}
        found = {"report.html": self._page({n: f["svg"] for n, f in drawn.items()}).encode()}
        for table in self.tables:
            for suffix in TABLE_SUFFIXES:
                found[f"tables/{file_name(table.name)}.{suffix}"] = table.render(suffix)
        for name, formats in drawn.items():
            for format_, content in formats.items():
                found[f"figures/{file_name(name)}.{format_}"] = content
        found |= {f"paper/{name}": content for name, content in self.paper.items()}
        if self.paper:
            pages = {n: formats["pdf"] for n, formats in drawn.items() if "pdf" in formats}
            found |= {f"paper/figures/{file_name(name)}.pdf": page for name, page in pages.items()}
        if self.citations:
            found["citations.txt"] = self.citations.encode()
        return found

    def save(self, path: str | Path) -> Path:
        """Path of the page; a file of that name is replaced.

        Raises
        ------
        OutputError
            The file cannot be written; nothing partial is left.
        """
        from spillover.tables.files import write_file

        return write_file(path, self.to_html().encode())

    def _repr_html_(self) -> str:
        return self.to_html()


class _Dotted:
    """Fixed text for templates: ``words("report.contents")``."""

    def __init__(self, language: Language) -> None:
        self._phrases = phrases(language)

    def __call__(self, key: str) -> str:
        return self._phrases[key]


@cache
def _asset(name: str) -> str:
    return files("spillover.reports").joinpath("templates", name).read_text("utf-8")


def _svg(drawing: bytes) -> str:
    """A drawing as an element of the page; its text was escaped when it was drawn."""
    from markupsafe import Markup

    return Markup(drawing.decode())  # noqa: S704 - drawn by us, text escaped


def content_hash(text: str) -> str:
    """The hash by which a content security policy permits one inline script or style.

    Parameters
    ----------
    text : str
        Everything between the tags.
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
