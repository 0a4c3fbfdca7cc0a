"""ResultTable: estimates side by side, as data that every format renders."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import SpecificationError
from spillover.reports.grid import Grid
from spillover.reports.table_data import TableData

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ResultTable(TableData):
    """Estimates side by side, in any format: text, Markdown, LaTeX, HTML, Word, Typst, CSV, XLSX.

    The same table gives the same bytes, and names of terms and firms appear as text in all of
    them.
    """

    def grid(self) -> Grid:
        """The table as rounded text."""
        from spillover.reports.rounding import grid_of

        return grid_of(self)

    def to_text(self) -> str:
        """The table in fixed-width characters."""
        from spillover.reports.formats.plain import to_text

        return to_text(self.grid())

    def to_markdown(self) -> str:
        """The table as a Markdown pipe table."""
        from spillover.reports.formats.plain import to_markdown

        return to_markdown(self.grid())

    def to_latex(self) -> str:
        """The table as a LaTeX float that needs the package booktabs."""
        from spillover.reports.formats.markup import to_latex

        return to_latex(self.grid())

    def to_typst(self) -> str:
        """The table as a Typst figure."""
        from spillover.reports.formats.markup import to_typst

        return to_typst(self.grid())

    def to_html(self) -> str:
        """The table as an HTML fragment."""
        from spillover.reports.formats.markup import to_html

        return to_html(self.grid())

    def to_docx(self) -> bytes:
        """The table as a Word document."""
        from spillover.reports.formats.word import to_docx

        return to_docx((self.grid(),))

    def to_frame(self) -> "pd.DataFrame":
        """Unrounded numbers: one row per term and quantity, one column per estimate."""
        from spillover.reports.rounding import frame_of

        return frame_of(self)

    def to_csv(self) -> bytes:
        """The unrounded numbers as CSV in UTF-8."""
        from spillover.reports.formats.sheet import to_csv

        return to_csv(self.to_frame())

    def to_xlsx(self) -> bytes:
        """A workbook with the table as printed and the unrounded numbers."""
        from spillover.reports.formats.sheet import to_xlsx

        return to_xlsx((self.grid(),), {"numbers": self.to_frame()})

    def render(self, suffix: str) -> bytes:
        """The table in the format of a file suffix, without the dot.

        Raises
        ------
        SpecificationError
            The suffix is not one of txt, md, tex, html, docx, typ, csv, xlsx.
        """
        from spillover.reports.formats.markup import to_page

        known = {
            "txt": lambda: self.to_text().encode(),
            "md": lambda: self.to_markdown().encode(),
            "tex": lambda: self.to_latex().encode(),
            "typ": lambda: self.to_typst().encode(),
            "html": lambda: to_page(self.grid(), self.language).encode(),
            "docx": self.to_docx,
            "csv": self.to_csv,
            "xlsx": self.to_xlsx,
        }
        if suffix not in known:
            raise SpecificationError(
                f"Expected a table file that ends in {', '.join(f'.{k}' for k in known)}.",
                f"Found {suffix!r}.",
                "Choose one of these suffixes.",
            )
        return known[suffix]()

    def save(self, path: str | Path) -> Path:
        """Path of a file in the format of its suffix; a file of that name is replaced.

        Parameters
        ----------
        path : str or Path
            Ends in txt, md, tex, html, docx, typ, csv or xlsx.

        Raises
        ------
        OutputError
            The file cannot be written; nothing partial is left.
        SpecificationError
            The suffix is none of these.
        """
        from spillover.tables.files import write_file

        return write_file(path, self.render(Path(path).suffix.lower().removeprefix(".")))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()
