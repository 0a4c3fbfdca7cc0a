"""The site builds without a warning and asks nobody for anything."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import spillover

pytest.importorskip("sphinx", reason="the site needs the extra docs")
pytest.importorskip("myst_parser", reason="the site needs the extra docs")
pytest.importorskip("furo", reason="the site needs the extra docs")

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = sorted(name for name in dir(spillover) if name != "__version__")
ASKS = (
    r"<(?:script|img|iframe|audio|video|source|embed)\b[^>]*\bsrc=[\"']?(?:https?:)?//",
    r"<link\b(?![^>]*rel=[\"'](?:index|search|next|prev))[^>]*\bhref=[\"']?(?:https?:)?//",
    r"@import\s+(?:url\()?[\"']?(?:https?:)?//",
    r"url\(\s*[\"']?(?:https?:)?//",
    r"(?:fetch|importScripts|import)\(\s*[\"'](?:https?:)?//",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; the sources are copied so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", "built"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "built"


def test_no_page_asks_another_server_for_a_script_font_style_or_image(site: Path) -> None:
    texts = [path for path in site.rglob("*") if path.suffix in {".html", ".css", ".js"}]
    found = {
        f"{path.name}: {match[0]}"
        for path in texts
        for pattern in ASKS
        for match in re.finditer(pattern, path.read_text("utf-8"))
    }
    assert len(texts) > 20
    assert found == set()


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    pages = {path for path in site.rglob("*.html") if path.name != "genindex.html"}
    seen, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = re.findall(r'href="([^"#:]+\.html)', page.read_text("utf-8"))
        waiting += [(page.parent / target).resolve() for target in targets]
    assert {page.relative_to(site) for page in pages - seen} == set()


def test_every_public_name_has_an_entry_with_its_docstring(site: Path) -> None:
    text = (site / "reference" / "api.html").read_text("utf-8")
    ids = set(re.findall(r'id="spillover\.([\w.]+)"', text))
    assert [name for name in PUBLIC if f"{spillover.home(name)}.{name}" not in ids] == []
    assert "Which share is compared: that of the largest foreign investor" in text


def test_the_page_of_names_gives_each_layer_a_title() -> None:
    conf = _conf()
    layers = {spillover.home(name).split(".")[0] for name in PUBLIC}
    assert layers <= set(conf.LAYERS)


def _conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
