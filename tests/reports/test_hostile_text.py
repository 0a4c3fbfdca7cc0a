"""Whatever a user writes in names, titles and words is shown as text, in every file of a report."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from docx import Document
from openpyxl import load_workbook

from spillover.estimation.caps import cap_sensitivity
from spillover.reports.compose import compose

SCRIPT = "<script>alert(1)</script>"
LABELS = (
    "=cmd()",
    "@SUM(A1)",
    "+1",
    "-1",
    '\t=HYPERLINK("http://x")',
    '"><img src=x onerror=alert(1)>',
)
WORDS = {
    "backward": f"{SCRIPT} <svg onload=alert(1)>",
    "log_tfp": "=1+1",
    "firm_id": "../../etc/passwd",
    "supply": '"/><script>x</script>',
}


@pytest.fixture(scope="module")
def files(inputs) -> dict[str, bytes]:
    main, *others = inputs.models
    cut = cap_sensitivity(main.estimate, "backward", (2,), draws=1)
    models = [replace(main, label=LABELS[0], evidence=(cut,))]
    models += [replace(main, label=label, role="robustness", remark=label) for label in LABELS[1:]]
    models += [replace(others[-1], label=SCRIPT, remark=SCRIPT)]
    hostile = replace(
        inputs,
        title=f"{SCRIPT}{LABELS[-1]}",
        question="</title></style><b>",
        models=tuple(models),
        words=replace(inputs.words, given=WORDS),
        events=tuple(replace(event, words=SCRIPT) for event in inputs.events),
        focus=replace(inputs.focus, step_words=LABELS[0], outcome_words=SCRIPT),
    )
    return compose(hostile).files()


class Outline(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.texts.append(data)


def test_a_page_has_no_element_and_no_handler_of_a_user(files) -> None:
    for name in (n for n in files if n.endswith(".html")):
        outline = Outline(files[name].decode())
        assert outline.tags.count("script") == (name == "report.html"), name
        assert not {"img", "b", "iframe", "object"} & set(outline.tags), name
        assert [key for key, _ in outline.attributes if key.startswith("on")] == [], name
        links = [v for k, v in outline.attributes if k in {"href", "src"} and v]
        assert [link for link in links if not link.startswith("#")] == [], name
    told = "".join(Outline(files["report.html"].decode()).texts)
    assert SCRIPT in told
    assert "=cmd()" in told


def test_descriptions_of_figures_hold_the_words_as_they_are(files) -> None:
    outline = Outline(files["report.html"].decode())
    spoken = [value or "" for key, value in outline.attributes if key == "aria-label"]
    assert any(SCRIPT in text for text in spoken)


def test_a_drawing_has_text_and_no_script(files) -> None:
    drawings = [name for name in files if name.endswith(".svg")]
    assert len(drawings) > 5
    texts = []
    for name in drawings:
        elements = list(ET.fromstring(files[name].decode()).iter())  # noqa: S314 - our own
        kinds = {element.tag.partition("}")[2] for element in elements}
        assert not {"script", "foreignObject", "image", "a"} & kinds, name
        assert not [k for e in elements for k in e.attrib if k.startswith("on")], name
        texts += [text for element in elements for text in element.itertext()]
    assert any("alert(1)" in text for text in texts)


def test_no_cell_of_a_file_is_a_formula(files) -> None:
    for name in (n for n in files if n.endswith(".csv")):
        for cell in (c for row in csv.reader(io.StringIO(files[name].decode())) for c in row):
            number = re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)
            assert number or not cell.lstrip().startswith(("=", "+", "-", "@")), (name, cell)
    for name in (n for n in files if n.endswith(".xlsx")):
        book = load_workbook(io.BytesIO(files[name]))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
        assert {"=cmd()", "@SUM(A1)", "+1", "-1"} <= {cell.value for cell in cells}
        assert not any(cell.hyperlink for cell in cells)


def test_word_shows_the_words(files) -> None:
    document = Document(io.BytesIO(files["tables/estimates.docx"]))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"=cmd()", "@SUM(A1)", "+1", "-1"} <= cells
    assert b"HYPERLINK" not in files["tables/estimates.docx"]


def test_names_of_files_lead_nowhere_else(files) -> None:
    plain = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)*\.\w+")
    assert [name for name in files if not plain.fullmatch(name) or ".." in name] == []


def test_latex_and_typst_keep_no_command_of_a_user(files) -> None:
    for name in (n for n in files if n.endswith((".tex", ".typ"))):
        text = files[name].decode()
        assert not re.search(r"(?<!\\)<script", text), name
        assert "\t" not in text, name
