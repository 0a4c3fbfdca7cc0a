"""The paper folder: tables, figures and a methods paragraph that go into a manuscript unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass

from spillover.reports.cite import Citations
from spillover.reports.figures.figure import Figure, file_name
from spillover.reports.figures.style import needs_japanese
from spillover.reports.formats.markup import Raw, escape_latex, latex_environment, to_latex
from spillover.reports.formats.plain import markdown
from spillover.reports.grid import Grid
from spillover.reports.methods import Paragraph, Told
from spillover.reports.words import Words
from spillover.reports.works import Work


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """What a manuscript takes from a report."""

    title: str
    """Title."""

    summary: tuple[str, ...]
    """Headline and paragraphs of the summary."""

    methods: tuple[Paragraph, ...]
    """Paragraphs of sentences with the works behind them."""

    tables: tuple[Grid, ...]
    """Tables."""

    figures: tuple[Figure, ...]
    """Figures."""

    citations: Citations
    """Works in use."""

    words: Words
    """Language and fixed text."""

    def files(self) -> dict[str, bytes]:
        """Contents by path below the folder; figures come from the report.

        ``paper.tex`` compiles on its own; ``methods.tex`` and the tables are meant for another
        manuscript, ``references.bib`` for its bibliography.
        """
        found = {f"tables/{file_name(grid.name)}.tex": to_latex(grid) for grid in self.tables}
        found["methods.tex"] = _methods_tex(self.methods)
        found["methods.md"] = self._methods_md()
        found["references.bib"] = "\n".join(work.bibtex for work in self._cited())
        found["paper.tex"] = self._paper_tex()
        return {name: text.encode() for name, text in found.items()}

    def _sentences(self) -> list[Told]:
        return [told for part in self.methods for told in part]

    def _cited(self) -> list[Work]:
        """Works of the methods and of the report, each once, in the order of their text."""
        works = {w.key: w for told in self._sentences() for w in told.works}
        works |= {work.key: work for work in self.citations.works}
        return sorted(works.values(), key=lambda work: work.line)

    def _methods_md(self) -> str:
        language = self.words.language
        gap = " " if language == "en" else ""
        text = "\n\n".join(
            markdown(gap.join(told.plain(language) for told in part)) for part in self.methods
        )
        listed = "\n".join(f"* {markdown(work.line)}" for work in self._cited())
        head, end = self.words.say("method.heading"), self.words.say("method.references")
        return f"# {head}\n\n{text}\n\n# {end}\n\n{listed}\n"

    def _paper_tex(self) -> str:
        drawn = tuple(figure for figure in self.figures if "pdf" in figure.formats())
        texts = [self.title, *self.summary, *(told.text for told in self._sentences())]
        texts += [label for grid in self.tables for label in (row.label for row in grid.rows)]
        template = latex_environment().get_template("paper.tex")
        return template.render(
            paper=self,
            drawn=drawn,
            japanese=needs_japanese(iter(texts)),
            cited=[(work.key, work.label, work.line) for work in self._cited()],
            words=lambda key: self.words.say(f"method.{key}"),
            raw=Raw,
            file_name=file_name,
        )


def _methods_tex(methods: Sequence[Paragraph]) -> str:
    return "\n\n".join("\n".join(map(_sentence, part)) for part in methods) + "\n"


def _sentence(told: Told) -> Raw:
    """A sentence with its citations before the stop."""
    text = escape_latex(told.text)
    if not told.works:
        return Raw(text)
    keys = ",".join(work.key for work in told.works)
    return Raw(f"{text[:-1]}~\\cite{{{keys}}}{text[-1]}")
