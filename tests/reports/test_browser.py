"""The page in a real browser: nothing fails, nothing is requested, nothing is cut off."""

import html
import json
import re
import shutil
import subprocess
from importlib.util import find_spec
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
    cut: [...inside.querySelectorAll("figure svg")].flatMap((svg) => {{
      const frame = box(svg);
      const leaves = (one) => one.left < frame.left - 1 || one.right > frame.right + 1;
      const texts = [...svg.querySelectorAll("text")];
      return texts.filter((text) => leaves(box(text))).map((text) => text.textContent);
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


AXE_SOURCES = ("axe_playwright_python", "axe_core_python")
"""Packages that bring ``axe.min.js`` (MPL-2.0, used as it is); the newer engine first."""

AUDIT = """<!doctype html>
<meta charset="utf-8">
<body>
<iframe width="390" height="900" srcdoc="{page}"></iframe>
<iframe width="1280" height="900" srcdoc="{page}"></iframe>
<iframe width="1280" height="900" srcdoc="{bad}"></iframe>
<script>
addEventListener("load", async () => {{
  const found = [];
  for (const frame of document.querySelectorAll("iframe")) {{
    const inside = frame.contentDocument;
    for (const folded of inside.querySelectorAll("details")) folded.open = true;
    const result = await frame.contentWindow.axe.run(inside, {{ resultTypes: ["violations"] }});
    const dark = frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches;
    found.push({{
      dark,
      width: frame.width,
      passes: result.passes.length,
      violations: result.violations.map((one) => [
        one.id, one.impact, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)),
      ]),
    }});
  }}
  document.body.textContent = "FOUND" + JSON.stringify({{ found }}) + "END";
}});
</script>
"""


def axe() -> str:
    """The source of the accessibility engine."""
    homes = (find_spec(name) for name in AXE_SOURCES)
    found = next((Path(home.origin).parent / "axe.min.js" for home in homes if home), None)
    if found is None or not found.is_file():
        pytest.skip("no axe-core on this machine")
    return found.read_text("utf-8")


def browse(document: str, folder: Path, *options: str) -> tuple[dict, str, str]:
    """What a document found, the console, and every address that was asked for."""
    place, log = folder / "frame.html", folder / "net.json"
    place.write_text(document, "utf-8")
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
        *options,
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
    document = FRAME.format(width=request.param, page=html.escape(page))
    return browse(document, tmp_path_factory.mktemp("browser"))


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


def test_no_label_leaves_its_figure(visited) -> None:
    assert visited[0]["cut"] == []


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


@pytest.fixture(scope="session", params=[False, True], ids=["light", "dark"])
def audited(request, page, tmp_path_factory) -> tuple[bool, list[dict]]:
    """The page at two widths under the engine, whose policy must give way to let it in."""
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    engine = f"<script>{axe()}</script></body>"
    watched = bare.replace("</body>", engine)
    bad = f'<html><body><p style="color: #ccc; background: #fff">pale</p><img src="x">{engine}'
    scheme = f"--blink-settings=preferredColorScheme={0 if request.param else 1}"
    document = AUDIT.format(page=html.escape(watched), bad=html.escape(bad))
    found, _, _ = browse(document, tmp_path_factory.mktemp("audit"), scheme)
    return request.param, found["found"]


def test_nothing_keeps_a_reader_out(audited) -> None:
    dark, found = audited
    *pages, bad = found
    assert {"color-contrast", "image-alt"} <= {violation[0] for violation in bad["violations"]}
    assert [one["width"] for one in pages] == ["390", "1280"]
    for one in pages:
        assert one["dark"] is dark
        assert one["passes"] > 20
        assert [v for v in one["violations"] if v[1] in {"serious", "critical"}] == []


def test_the_page_is_small(page) -> None:
    assert len(page.encode()) < 3_000_000
