"""Reports of all studies as their readers open them: on a screen, a phone, on paper, in LaTeX."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import spillover as sp
from spillover.pipelines.begin import SIMULATED, begin

STUDIES = sorted(set(SIMULATED) - {"kyushu"})
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
PDFLATEX = shutil.which("pdflatex")
FEWER = {
    'type = "LinkSensitivity"': 'type = "LinkSensitivity"\ndraws = 2',
    'type = "Assignment",': 'type = "Assignment", draws = 199,',
    "ladder = {": "ladder = { rewired = 3,",
}
"""Fewer draws than a study takes, since here only the page counts."""

opened = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")

LOOK = """
(() => {
  const box = (element) => element.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const timing = performance.getEntriesByType("navigation")[0];
  const shown = [...document.querySelectorAll("figure")].map((figure) =>
    [...figure.querySelectorAll("svg")].map(box).filter((one) => one.width > 0)
      .map((one) => [one.left, one.right, one.height]));
  const cut = [...document.querySelectorAll("figure svg")].flatMap((svg) => {
    const frame = box(svg);
    return [...svg.querySelectorAll("text")].filter((text) => box(text).width > 0 &&
      (box(text).left < frame.left - 1 || box(text).right > frame.right + 1))
      .map((text) => text.textContent);
  });
  const fixed = [...document.querySelectorAll("main p, main li, main h2, main table")].filter(
    (one) => box(one).right > width + 1 && !one.closest(".wide, details")).map((one) =>
    one.textContent.slice(0, 60));
  return {width, needed: document.documentElement.scrollWidth, shown, cut, fixed,
          loaded: timing.loadEventEnd - timing.startTime};
})()
"""

AUDIT = """
(async () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return {passes: found.passes.length, violations: found.violations.map((one) =>
    [one.id, one.impact, one.nodes.slice(0, 2).map((node) => node.html.slice(0, 120))])};
})()
"""


def is_load(event: dict[str, Any], loader: str) -> bool:
    """Whether an event says that this page, and not one before it, is loaded."""
    said = event["params"]
    return (
        event["method"] == "Page.lifecycleEvent"
        and said["name"] == "load"
        and said["loaderId"] == loader
    )


class Browser:
    """One Chromium, driven through a pipe."""

    def __init__(self, profile: Path) -> None:
        hear, self.said = os.pipe()
        self.heard, answer = os.pipe()
        command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += [
            "--disable-background-networking",
            "--disable-component-update",
        ]
        command += [f"--user-data-dir={profile}", "--remote-debugging-pipe", "--hide-scrollbars"]
        shell = f"exec {' '.join(command)} 3<&{hear} 4>&{answer}"
        self.process = subprocess.Popen(
            ["bash", "-c", shell], pass_fds=(hear, answer), stderr=subprocess.DEVNULL
        )
        os.close(hear)
        os.close(answer)
        self.count, self.rest = 0, b""
        self.events: list[dict[str, Any]] = []
        self.session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        found = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a message; what happens meanwhile is kept."""
        self.count += 1
        message: dict[str, Any] = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.said, json.dumps(message).encode() + b"\0")
        while True:
            found = self.next()
            if found.get("id") == self.count:
                assert "error" not in found, found
                return found["result"]

    def next(self) -> dict[str, Any]:
        """The next message; events are kept."""
        while b"\0" not in self.rest:
            part = os.read(self.heard, 1 << 20)
            assert part, "Chromium went away"
            self.rest += part
        line, _, self.rest = self.rest.partition(b"\0")
        found = json.loads(line)
        if "method" in found:
            self.events.append(found)
        return found

    def open(self, page: Path, width: int) -> None:
        """A page at a width, until it is loaded."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        loader = self.ask("Page.navigate", url=page.as_uri())["loaderId"]
        while not any(is_load(event, loader) for event in self.events):
            self.next()

    def value(self, script: str) -> Any:
        """What a script returns."""
        found = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def told(self) -> tuple[list[str], list[str]]:
        """Messages of the console, and addresses asked for, since the last time."""
        names = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        console = [json.dumps(e["params"]) for e in self.events if e["method"] in names]
        asked = [
            e["params"]["request"]["url"]
            for e in self.events
            if e["method"] == "Network.requestWillBeSent"
        ]
        self.events.clear()
        return console, asked


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[Browser]:
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.process.terminate()
    one.process.wait(20)


@pytest.fixture(scope="session")
def common(tmp_path_factory) -> Path:
    """A folder that all processes of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", params=STUDIES)
def results(request, common: Path) -> Path:
    """Everything that a study writes; run once, whichever process comes first."""
    folder = common / f"study-{request.param}"
    ready = folder / "ready"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + 300
        while not ready.exists():
            assert time.monotonic() < until, f"{folder} was begun and never finished"
            time.sleep(0.2)
        return folder / "results"
    file = begin(request.param, folder / "study").folder / "study.toml"
    text = file.read_text("utf-8")
    for long, short in FEWER.items():
        text = text.replace(long, short)
    file.write_text(text, "utf-8")
    sp.run(file.parent, folder / "results")
    ready.touch()
    return folder / "results"


def look(browser: Browser, page: Path, width: int) -> tuple[dict[str, Any], list[str], list[str]]:
    browser.events.clear()
    browser.open(page, width)
    return (browser.value(LOOK), *browser.told())


@opened
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_a_page_opens_soon_silent_whole_and_asks_for_nothing(results, browser, width: int) -> None:
    page = results / "report.html"
    found, console, asked = look(browser, page, width)
    assert console == []
    assert [url for url in asked if not url.startswith(("data:", page.as_uri()))] == []
    assert found["loaded"] < 2_000
    assert found["needed"] <= found["width"] == width
    assert (found["cut"], found["fixed"]) == ([], [])
    assert len(found["shown"]) > 5
    for ((left, right, height),) in found["shown"]:
        assert 0 <= left < right <= width
        assert height > 100


@opened
def test_nothing_keeps_a_reader_out(results, browser) -> None:
    home = find_spec("axe_playwright_python") or find_spec("axe_core_python")
    if home is None:
        pytest.skip("no axe-core on this machine")
    browser.open(results / "report.html", 1280)
    browser.value((Path(home.origin).parent / "axe.min.js").read_text("utf-8"))
    found = browser.value(AUDIT)
    assert found["passes"] > 20
    assert [one for one in found["violations"] if one[1] in {"serious", "critical"}] == []


@opened
def test_on_paper_nothing_is_cut(results, browser, tmp_path) -> None:
    """A4 with margins is 718 pixels wide at the size in which browsers print."""
    browser.ask("Emulation.setEmulatedMedia", media="print", features=[])
    found, _, _ = look(browser, results / "report.html", 718)
    browser.ask("Emulation.setEmulatedMedia", media="", features=[])
    assert found["needed"] <= 718
    assert (found["cut"], found["fixed"]) == ([], [])
    printed = browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"]
    pdf = base64.b64decode(printed)
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    assert pdf.startswith(b"%PDF")
    assert 5 <= pages <= 40


def test_a_page_is_small_and_the_study_writes_its_tables_and_figures(results) -> None:
    assert (results / "report.html").stat().st_size <= 3_000_000
    suffixes = {path.suffix for path in (results / "tables").iterdir()}
    assert suffixes >= {".csv", ".docx", ".html", ".md", ".tex", ".txt", ".typ", ".xlsx"}
    for path in (results / "figures").glob("*.svg"):
        assert b"<image" not in path.read_bytes()


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_its_paper_compiles_between_the_margins(results, tmp_path) -> None:
    folder = shutil.copytree(results / "paper", tmp_path / "paper")
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=100)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    log = (folder / "paper.log").read_text("utf-8", errors="replace")
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert [points for points in wide if points > 1.0] == []
