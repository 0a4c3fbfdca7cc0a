"""Tables of LaTeX stay between the margins, whatever stands in them."""

import re
import shutil
import subprocess

import pytest

from spillover.reports.formats.fitting import LINE, fitted, points
from spillover.reports.formats.markup import to_latex
from spillover.reports.grid import Grid, simple_grid

PDFLATEX = shutil.which("pdflatex")

DOCUMENT = (
    "\\documentclass[11pt]{{article}}\n\\usepackage[T1]{{fontenc}}\n\\usepackage[utf8]{{inputenc}}"
    "\\usepackage{{textcomp}}\\usepackage{{lmodern}}\\usepackage[a4paper, margin=25mm]{{geometry}}"
    "\n\\usepackage{{booktabs}}\n\\begin{{document}}\n{}\\end{{document}}\n"
)
LABELS = (
    "Foreign customers × outside the metropolitan areas",
    "Customers owned from far countries, share a year earlier = [share] of all others",
)


def models(count: int, head: str = "Firm and prefecture-year clusters") -> Grid:
    """A table of estimates as wide as a study with so many models makes it."""
    rows = [(label, *["−12.3456"] * count) for label in LABELS]
    rows += [("", *["(12.3456)"] * count), ("Fixed effects: firm", *["yes"] * count)]
    return simple_grid(f"models{count}", ("Outcome", *[head] * count), rows, caption="Estimates")


def words(columns: int) -> Grid:
    """Sentences in many columns."""
    heads = ("Specification", *["What is redrawn among firms"] * columns)
    rows = [("Same firm", *["shocks exchanged among firms of the same industry"] * columns)] * 3
    return simple_grid(f"words{columns}", heads, rows, caption="Tests")


GRIDS = (
    *(models(count) for count in (2, 5, 6, 8, 12, 25)),
    models(7, "WWWW MMMM"),
    *(words(columns) for columns in (2, 4, 7)),
    simple_grid("short", ("M", "W"), [("WWWWWWWWWWWW" * 2, "0.1")], caption="Short"),
)


def test_a_table_that_fits_is_left_in_the_size_of_the_text() -> None:
    fit, pieces = fitted(models(2, "OLS"))
    assert (fit.size, len(pieces)) == ("normalsize", 1)
    assert "\\footnotesize" not in to_latex(models(2, "OLS"))


def test_a_table_is_cut_only_where_small_type_does_not_help_and_loses_no_cell() -> None:
    counts = {grid.name: len(fitted(grid)[1]) for grid in GRIDS}
    assert counts["models6"] == 1
    assert counts["models25"] > 1
    fit, pieces = fitted(models(25))
    assert sum(piece.width - 1 for piece in pieces) == 25
    assert all(points(piece, fit) <= LINE for piece in pieces)
    text = to_latex(models(25))
    assert text.count("\\begin{table}") == text.count("\\caption") == 1
    assert text.count("\\toprule") == text.count("\\bottomrule") == len(pieces)
    assert text.count("12.3456") == 3 * 25


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_no_table_is_wider_than_the_page(tmp_path) -> None:
    tables = "\\clearpage\n".join(map(to_latex, GRIDS))
    (tmp_path / "tables.tex").write_text(DOCUMENT.format(tables), "utf-8")
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    log = (tmp_path / "tables.log").read_text("utf-8", errors="replace")
    assert re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) == []
