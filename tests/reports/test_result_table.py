"""Tables of estimates: what they hold, how they round, and that every format is safe."""

import csv
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from spillover.errors import OutputError, SpecificationError, UnknownNameError
from spillover.reports.formats.markup import to_html, to_latex, to_typst
from spillover.reports.formats.plain import to_markdown, to_text, width
from spillover.reports.formats.sheet import guarded
from spillover.reports.grid import Grid, Row, simple_grid
from spillover.reports.numbers import decimals_for, fixed
from spillover.reports.phrases import LANGUAGES, phrases
from spillover.reports.table_data import TableLayout
from spillover.reports.tabulate import tabulate
from spillover.reports.words import Words

SUFFIXES = ("txt", "md", "tex", "html", "docx", "typ", "csv", "xlsx")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd()",
    "a_b & c%",
    r"\input{x} $x$ #1 ~^ @r `c` [z]",
    "製造｜",
)


@pytest.fixture
def table(make):
    naive = make("Pooled", {"backward": 0.62}, {"backward": 0.05}, effects=())
    return tabulate(
        [naive, make()],
        words={"backward": "Foreign customers"},
        truth={"backward": 0.30},
        caption="Effect on suppliers",
    )


@pytest.fixture
def hostile(make):
    names = {text: 0.1 * k for k, text in enumerate(HOSTILE, start=1)}
    return tabulate([make("=cmd()", names), make("<b>x</b>", names, notes=("=note & <i>",))])


def test_a_table_holds_the_numbers_of_the_estimates_unrounded(table, make) -> None:
    expected = make().tidy().loc["backward"]
    cell = table.lines[0].cells[1]
    assert (cell.estimate, cell.std_error) == (expected["estimate"], expected["std_error"])
    assert (cell.low, cell.high) == (expected["conf_low"], expected["conf_high"])
    assert table.to_frame().loc[("backward", "p_value"), "Within firm"] == expected["p_value"]


TEXT = """\
Effect on suppliers
---------------------------------------------------------------------------
                                                     (1)                (2)
Outcome: log productivity       Truth             Pooled        Within firm
---------------------------------------------------------------------------
Foreign customers               0.300              0.620              0.310
                                                 (0.050)            (0.030)
log1p(degree)                                                        -0.020
                                                                    (0.030)
---------------------------------------------------------------------------
Fixed effects: firm                                   no                yes
Fixed effects: industry × year                        no                yes
Standard errors                        clustered by firm  clustered by firm
---------------------------------------------------------------------------
Mean of outcome                                    0.811              0.811
Observations                                          77                 77
Firms                                                 26                 26
Within R²                                          0.120              0.120
Clusters                                              27                 27
---------------------------------------------------------------------------
Standard errors in parentheses.
Truth: the effect that was planted in the simulated data.
"""


def test_text_of_a_table(table) -> None:
    assert table.to_text() == TEXT


def test_long_standard_errors_become_letters_that_a_note_explains(make) -> None:
    one, other = make("a"), make("b")
    wordy = replace(other.covariance, label="within 2 steps or same year")
    table = tabulate([one, replace(other, covariance=wordy)])
    assert next(r for r in table.grid().rows if r.label == "Standard errors").cells == ("a", "b")
    assert "Standard errors: a, clustered by firm; b, within 2 steps or same year." in table.notes


def test_a_term_that_an_estimate_lacks_is_blank_and_not_zero(table) -> None:
    assert table.lines[1].cells[0] is None
    assert [row.cells[1] for row in table.grid().groups[0][2:]] == ["", ""]
    assert table.to_frame().loc[("log1p(degree)", "estimate"), "Pooled"] is None


def test_the_truth_stands_in_a_column_of_its_own(table) -> None:
    assert table.grid().header[1][1] == "Truth"
    assert table.grid().groups[0][0].cells[0] == "0.300"
    assert any("planted" in note for note in table.notes)


def test_fixed_effects_are_yes_or_no_per_column(table) -> None:
    rows = {row.label: row.cells[1:] for row in table.grid().rows}
    assert rows["Fixed effects: firm"] == ("no", "yes")
    assert rows["Fixed effects: industry × year"] == ("no", "yes")
    assert rows["Standard errors"] == ("clustered by firm",) * 2


def test_counts_are_those_of_the_rows_in_use(table) -> None:
    rows = {row.label: row.cells[1:] for row in table.grid().rows}
    assert rows["Observations"] == ("77", "77")
    assert rows["Firms"] == ("26", "26")
    assert rows["Clusters"] == ("27", "27")


def test_stars_are_off_unless_asked_for(make) -> None:
    assert "*" not in tabulate([make()]).to_text()
    starred = tabulate([make()], TableLayout(stars=True))
    assert "0.310***" in starred.to_text()
    assert any("p-values" in note for note in starred.notes)


def test_keep_orders_and_drop_removes_terms(make) -> None:
    kept = tabulate([make()], TableLayout(keep=("log1p(degree)", "backward")))
    assert [line.term for line in kept.lines] == ["log1p(degree)", "backward"]
    dropped = tabulate([make()], TableLayout(drop=("backward",)))
    assert [line.term for line in dropped.lines] == ["log1p(degree)"]


@pytest.mark.parametrize(
    ("below", "shown"),
    [
        ("std_error", "(0.030)"),
        ("statistic", "(10.33)"),
        ("p_value", "(< 0.001)"),
        ("interval", "[0.248, 0.372]"),
    ],
)
def test_what_stands_below_an_estimate(make, below, shown) -> None:
    assert shown in tabulate([make()], TableLayout(below=below)).to_text()


def test_another_level_widens_the_interval(make) -> None:
    wide = tabulate([make()], TableLayout(below="interval", level=0.99)).lines[0].cells[0]
    assert wide.low < tabulate([make()]).lines[0].cells[0].low
    assert (
        "99 % confidence" in tabulate([make()], TableLayout(below="interval", level=0.99)).to_text()
    )


def test_notes_of_one_column_carry_its_number_and_common_notes_appear_once(make) -> None:
    table = tabulate(
        [make(notes=("both",)), make("b", notes=("both",), warnings=("few clusters",))]
    )
    assert table.notes.count("Both.") == 1
    assert "(2) Warning: few clusters." in table.notes


def test_unknown_terms_and_statistics_are_refused_with_names(make) -> None:
    with pytest.raises(UnknownNameError, match="backward"):
        tabulate([make()], TableLayout(keep=("bakward",)))
    with pytest.raises(UnknownNameError, match="r2_within"):
        tabulate([make()], TableLayout(statistics=("kleibergen",)))
    with pytest.raises(SpecificationError, match="at least one estimate"):
        tabulate([])
    with pytest.raises(SpecificationError, match="at least one term"):
        tabulate([make()], TableLayout(drop=("backward", "log1p(degree)")))


def test_different_outcomes_get_a_row_of_their_own(make) -> None:
    table = tabulate({"a": make(), "b": make(outcome="backward")})
    assert table.grid().header[2] == ("Outcome", "log productivity", "backward")


def test_small_standard_errors_get_more_decimals(make) -> None:
    table = tabulate([make("a", {"backward": 0.00123}, {"backward": 0.00021})])
    assert "0.00123" in table.to_text()
    assert "(0.00021)" in table.to_text()


@given(st.floats(1e-6, 1e6), st.integers(0, 4))
def test_decimals_keep_two_digits_of_the_error(error, least) -> None:
    shown = float(fixed(error, decimals_for([error], least)).replace(",", ""))
    assert abs(shown - error) <= max(0.05 * error, 0.5 * 10.0**-least)


def test_japanese_tables_are_wholly_japanese(make) -> None:
    words = Words("ja", {"backward": "外資系顧客の割合", "log1p(degree)": "顧客数（対数）"})
    text = tabulate([make("企業内比較")], words=words).to_text()
    assert "固定効果：企業" in text
    assert "観測数" in text
    assert {width(line) for line in text.splitlines() if set(line) == {"-"}} == {
        max(width(line) for line in text.splitlines() if "企業内比較" in line)
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_tables_give_equal_bytes(table, suffix) -> None:
    assert table.render(suffix) == table.render(suffix)


@pytest.mark.parametrize("suffix", ["docx", "xlsx"])
def test_archives_carry_no_date_of_today(table, suffix) -> None:
    with zipfile.ZipFile(io.BytesIO(table.render(suffix))) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        core = archive.read("docProps/core.xml").decode()
    assert "1980-01-01T00:00:00Z" in core


def test_hostile_names_are_text_in_html(hostile) -> None:
    html = hostile.render("html").decode()
    assert "<script>" not in html
    assert "<b>x" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_hostile_names_are_text_in_csv(hostile) -> None:
    rows = list(csv.reader(io.StringIO(hostile.to_csv().decode())))
    texts = [cell for row in rows for cell in row]
    assert "'=cmd()" in texts
    assert not [t for t in texts if t.startswith(("=", "+", "@"))]
    assert float(rows[1][2]) == pytest.approx(0.1)


def test_hostile_names_are_text_in_spreadsheets(hostile) -> None:
    book = load_workbook(io.BytesIO(hostile.to_xlsx()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    assert "=cmd()" in {cell.value for cell in cells}
    assert not any(cell.hyperlink for cell in cells)


def test_hostile_names_are_text_in_word(hostile) -> None:
    document = Document(io.BytesIO(hostile.to_docx()))
    labels = {row.cells[0].text for row in document.tables[0].rows}
    assert set(HOSTILE) <= labels


OFFICE, READER = shutil.which("soffice"), shutil.which("pdftotext")


@pytest.mark.skipif(OFFICE is None or READER is None, reason="no office suite on this machine")
def test_word_tables_open_in_an_office_suite(hostile, table, tmp_path) -> None:
    for name, one in (("hostile", hostile), ("table", table)):
        (tmp_path / f"{name}.docx").write_bytes(one.to_docx())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [OFFICE, "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    paths = [str(tmp_path / f"{name}.docx") for name in ("hostile", "table")]
    subprocess.run([*command, *paths], check=True, capture_output=True, timeout=180)
    for path, one in zip(paths, (hostile, table), strict=True):
        page = path.replace(".docx", ".pdf")
        text = subprocess.run([READER, page, "-"], check=True, capture_output=True).stdout.decode()
        shown = re.sub(r"\s+", "", text)
        grid = one.grid()
        cells = [row.label for row in grid.rows] + [c for row in grid.rows for c in row.cells]
        wanted = [cell for cell in (*cells, *grid.notes) if cell.isascii()]
        assert len(wanted) > 10
        assert [cell for cell in wanted if re.sub(r"\s+", "", cell) not in shown] == []


def test_what_continues_a_row_stands_in_its_cell_in_word(table) -> None:
    document = Document(io.BytesIO(table.to_docx()))
    texts = [cell.text for cell in document.tables[0].rows[2].cells]
    upper, lower = table.grid().rows[:2]
    pairs = zip(upper.cells, lower.cells, strict=True)
    assert texts[1:] == ["\n".join(filter(None, pair)) for pair in pairs]


def test_hostile_names_are_text_in_markdown(hostile) -> None:
    text = hostile.to_markdown()
    assert "<" not in text
    assert r"a\_b &amp; c%" in text
    assert (
        len({line.replace(r"\|", "").count("|") for line in text.splitlines() if "|" in line}) == 1
    )


def test_latex_escapes_every_special_character(hostile) -> None:
    text = hostile.to_latex()
    assert r"a\_b \& c\%" in text
    assert r"\textbackslash{}input\{x\} \$x\$ \#1 \textasciitilde{}\textasciicircum{}" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1


def test_typst_escapes_every_special_character(hostile) -> None:
    assert r"\\input\{x\} \$x\$ \#1 \~\^ \@r \`c\` \[z\]" in hostile.to_typst()


printable = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(printable)
def test_any_text_survives_as_one_cell(text) -> None:
    grid = simple_grid("t", ("a", "b"), [("r", text)])
    assert len(to_text(grid).splitlines()) == 5
    assert to_markdown(grid).count("\n") == 3
    assert to_html(grid).count("<td") == 1
    assert to_latex(grid).count(r"\\") == 2
    assert "<script" not in to_html(grid)
    assert to_typst(grid).isprintable() or "\n" in to_typst(grid)


@given(printable)
def test_no_cell_of_a_csv_starts_a_formula(text) -> None:
    assert not guarded(text).lstrip().startswith(("=", "+", "-", "@"))


def test_saving_chooses_the_format_by_the_suffix(table, tmp_path) -> None:
    for suffix in SUFFIXES:
        path = table.save(tmp_path / f"deep/table.{suffix}")
        assert path.read_bytes() == table.render(suffix)
    with pytest.raises(SpecificationError, match=r"\.docx"):
        table.save(tmp_path / "table.doc")


def test_a_table_that_cannot_be_written_leaves_nothing(table, tmp_path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="no partial file"):
        table.save(tmp_path / "taken" / "table.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_grid_refuses_rows_of_different_length() -> None:
    with pytest.raises(SpecificationError, match="one length"):
        Grid("t", "", (("a", "b"),), ((Row("r", ("1", "2")),),))


@pytest.mark.skipif(
    not (shutil.which("tectonic") or shutil.which("xelatex") or shutil.which("pdflatex")),
    reason="no LaTeX on this machine",
)
def test_latex_compiles_with_booktabs_alone(table, hostile, tmp_path) -> None:
    body = table.to_latex() + hostile.to_latex().replace(HOSTILE[4], "wide")
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    source = f"{head}{body}\\end{{document}}\n"
    (tmp_path / "t.tex").write_text(source, "utf-8")
    tools = {"pdflatex": ["-interaction=nonstopmode", "-halt-on-error"], "tectonic": []}
    name = next(tool for tool in tools if shutil.which(tool))
    done = subprocess.run(
        [name, *tools[name], "t.tex"], cwd=tmp_path, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    books = {language: phrases(language) for language in LANGUAGES}
    assert books["en"].keys() == books["ja"].keys()
    for key, text in books["en"].items():
        gaps = [sorted(set(re.findall(r"{(\w+)", t))) for t in (text, books["ja"][key])]
        assert gaps[0] == gaps[1], key


def test_infinite_and_missing_numbers_have_signs_of_their_own() -> None:
    assert [fixed(x) for x in (np.inf, -np.inf, np.nan, None)] == ["∞", "−∞", "–", "–"]
