"""The page in a real browser: nothing fails, nothing is requested, nothing is cut off."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

FRAME = """<!doctype html>
<meta charset="utf-8">
<body><iframe width="{width}" height="900" srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const frame = document.querySelector("iframe");
  const inside = frame.contentDocument;
  const box = (element) => element.getBoundingClientRect();
  const found = {{
    width: inside.documentElement.clientWidth,
    needed: inside.documentElement.scrollWidth,
    figures: [...inside.querySelectorAll("figure")].map((figure) => {{
      const shown = [...figure.querySelectorAll("svg")].map(box).filter((one) => one.width > 0);
      return shown.map((one) => [one.left, one.right, one.height]);
    }}),
    downloads: inside.querySelectorAll("figure > button").length,
    heads: inside.querySelectorAll("table.sortable th button").length,
    size: parseFloat(frame.contentWindow.getComputedStyle(inside.body).fontSize),
  }};
  const head = inside.querySelectorAll("table.sortable thead button")[1];
  const rows = () => [...head.closest("table").tBodies[0].rows];
  const column = () => rows().map((row) => row.cells[1].textContent);
  head.click();
  found.rising = column();
  head.click();
  found.falling = column();
  document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
}});
</script>
"""


def visit(page: str, width: int, folder: Path) -> tuple[dict, str, str]:
    """What the page looks like inside, the console, and every address that was asked for."""
    place, log = folder / "frame.html", folder / "net.json"
    place.write_text(FRAME.format(width=width, page=html.escape(page)), "utf-8")
    command = [
        BROWSER,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr",
        f"--log-net-log={log}",
        "--window-size=1400,1000",
        "--virtual-time-budget=8000",
        "--dump-dom",
        place.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    found = re.search(r"FOUND(.*)END", html.unescape(done.stdout), re.DOTALL)
    assert found is not None, done.stderr[-2000:]
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(found[1]), console, log.read_text("utf-8", errors="replace")


@pytest.fixture(scope="session", params=[390, 1280], ids=["phone", "desktop"])
def visited(request, page, tmp_path_factory) -> tuple[dict, str, str]:
    return visit(page, request.param, tmp_path_factory.mktemp("browser"))


def test_the_console_stays_silent(visited) -> None:
    assert visited[1] == ""


def test_the_page_asks_for_nothing(visited) -> None:
    asked = set(re.findall(r'"url":"(https?://[^"]*)"', visited[2]))
    assert {url for url in asked if "google" not in url and "gvt1" not in url} == set()


def test_nothing_is_wider_than_the_window(visited) -> None:
    assert visited[0]["needed"] <= visited[0]["width"]


def test_every_figure_is_shown_once_and_whole(visited) -> None:
    found = visited[0]
    assert len(found["figures"]) > 5
    for shown in found["figures"]:
        assert len(shown) == 1
        ((left, right, height),) = shown
        assert left >= 0
        assert right <= found["width"]
        assert height > 100


def test_the_script_adds_downloads_and_sorting(visited) -> None:
    found = visited[0]
    assert found["downloads"] == len(found["figures"])
    assert found["heads"] > 5
    numbers = [float(text.replace(",", "")) for text in found["rising"]]
    assert numbers == sorted(numbers)
    assert found["falling"] == sorted(found["falling"], key=lambda t: -float(t.replace(",", "")))
    assert numbers != [float(text.replace(",", "")) for text in found["falling"]]


def test_text_is_large_enough_to_read(visited) -> None:
    assert visited[0]["size"] >= 16
