"""The paper folder: compiles as it is, cites what it lists, and escapes what users wrote."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from spillover.reports.compose import compose
from spillover.reports.formats.markup import to_latex
from spillover.reports.grid import simple_grid
from spillover.reports.works import works

PDFLATEX, LUALATEX, KPSEWHICH = map(shutil.which, ("pdflatex", "lualatex", "kpsewhich"))
PARTS = {"paper.tex", "methods.tex", "methods.md", "references.bib"}


@pytest.fixture(scope="module")
def paper(files) -> dict[str, bytes]:
    return {n.removeprefix("paper/"): c for n, c in files.items() if n.startswith("paper/")}


def lacks_japanese() -> bool:
    """Whether the engine or the class that sets Japanese is missing."""
    if LUALATEX is None or KPSEWHICH is None:
        return True
    asked = [KPSEWHICH, "ltjsarticle.cls"]
    return subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode != 0


def compiled(paper: dict[str, bytes], folder, engine: str | None = PDFLATEX) -> str:
    """Text of the document after two runs; the log must know no trouble."""
    for name, content in paper.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=200)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    log = (folder / "paper.log").read_text("utf-8", errors="replace")
    assert "undefined" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0.0) <= 1.0
    return log


def test_it_holds_tables_figures_methods_and_a_bibliography(paper, files) -> None:
    assert set(paper) >= PARTS | {"tables/estimates.tex", "tables/variables.tex"}
    pages = {n.removeprefix("figures/") for n in files if re.fullmatch(r"figures/.*\.pdf", n)}
    assert {n.removeprefix("figures/") for n in paper if n.startswith("figures/")} == pages
    for name in pages:
        assert paper[f"figures/{name}"] == files[f"figures/{name}"]


def test_every_citation_has_its_entry_and_every_entry_its_fields(paper) -> None:
    cited = {
        key
        for keys in re.findall(r"\\cite\{([^}]*)\}", paper["methods.tex"].decode())
        for key in keys.split(",")
    }
    entries = re.findall(r"@(\w+)\{(\w+),", paper["references.bib"].decode())
    assert cited
    assert cited <= {key for _, key in entries}
    assert len({key for _, key in entries}) == len(entries)
    document = paper["paper.tex"].decode()
    assert {key for _, key in entries} == set(re.findall(r"\\bibitem\[.*?\]\{(\w+)\}", document))


@pytest.mark.parametrize("work", works().values(), ids=lambda work: work.key)
def test_a_work_is_complete_and_reads_the_same_in_both_forms(work) -> None:
    assert work.journal or work.institution
    assert work.key.endswith(str(work.year))
    assert (work.pages and work.volume) or work.institution
    for author in work.authors:
        assert re.fullmatch(r"[^,]+, (?:\w\.[ -]?)+", author), author
        assert author.partition(",")[0] in work.line
    braces = work.bibtex.count("{") - work.bibtex.count("}")
    assert braces == 0
    assert f"author = {{{' and '.join(work.authors)}}}" in work.bibtex


def test_methods_say_what_the_specifications_are(paper) -> None:
    text = paper["methods.md"].decode()
    for words in (
        "over the customers of a firm",
        "Fixed effects absorb firm and year",
        "least squares",
    ):
        assert words in text
    assert "(Cameron and Miller 2015; Liang and Zeger 1986)" in text
    assert "business group" in text


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_the_paper_compiles(paper, tmp_path) -> None:
    compiled(paper, tmp_path)
    assert (tmp_path / "paper.pdf").stat().st_size > 50_000


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_words_in_cells_stay_between_the_margins(tmp_path) -> None:
    long = "Customers owned from far countries, share a year earlier = [share] of all others"
    heads = ("Specification", "Restriction", "F", "Degrees of freedom", "P-value", "At 5 %")
    rows = [("Same firm", long, "121.87", "1, 393", "< 0.001", "rejected")] * 2
    table = to_latex(simple_grid("restrictions", heads, rows, caption="Tests"))
    document = (
        "\\documentclass[11pt]{article}\n\\usepackage[a4paper, margin=25mm]{geometry}\n"
        f"\\usepackage{{booktabs}}\n\\begin{{document}}\n{table}\\end{{document}}\n"
    )
    log = compiled({"paper.tex": document.encode()}, tmp_path)
    assert "Overfull" not in log


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_hostile_words_compile_and_stay_words(inputs, tmp_path) -> None:
    words = {
        "backward": r"\input{/etc/passwd} & 50% of $x_i^2$ #1 ~ {open",
        "log_tfp": "a_b^c <script>",
        "supply": "../out & about",
    }
    hostile = replace(
        inputs, title=r"100% \bye {", words=replace(inputs.words, given=words), exposures=()
    )
    files = compose(hostile).paper
    figures = [name for name in files if ".." in name or name.startswith("/")]
    assert figures == []
    text = files["paper.tex"].decode().replace("\\end{document}", "") + "\\end{document}\n"
    plain = re.sub(r"\\begin\{figure\}.*?\\end\{figure\}", "", text, flags=re.DOTALL)
    compiled({**files, "paper.tex": plain.encode()}, tmp_path)
    written = b"".join(content for name, content in files.items() if name.endswith(".tex"))
    assert b"\\input{/etc" not in written


def test_the_japanese_paper_asks_for_an_engine_that_can_set_it(inputs) -> None:
    told = replace(inputs, title="外資系の顧客", words=replace(inputs.words, language="ja"))
    files = compose(told).paper
    assert files["paper.tex"].decode().startswith("% lualatex")
    assert "標本は" in files["methods.tex"].decode()


@pytest.mark.skipif(lacks_japanese(), reason="no lualatex with luatexja on this machine")
def test_the_japanese_paper_compiles(inputs, tmp_path) -> None:
    given = {"backward": "外資系の顧客の割合", "log_tfp": "生産性（対数）"}
    words = replace(inputs.words, language="ja", given=given)
    report = compose(replace(inputs, title="外資系の顧客", words=words))
    files = {n.removeprefix("paper/"): c for n, c in report.files().items() if "paper/" in n}
    if not any(name.endswith(".pdf") for name in files):
        pytest.skip("no Japanese font on this machine")
    compiled(files, tmp_path, LUALATEX)
    assert (tmp_path / "paper.pdf").stat().st_size > 20_000
