"""Pictures of a report for README and pages: python docs/screenshots.py needs Chromium.

Runs the example into a temporary folder in both languages, opens the reports and cuts the summaries
out; the map is a figure of the same run.
"""

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

import spillover as sp

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
WINDOW = (1180, 1500)
SUMMARY = (150, 60, 1040, 1400)
"""Left, top, right and bottom edge of the summary in the window."""


def opened(report: Path, target: Path) -> None:
    """A picture of the top of a page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        message = "Expected Chromium on this machine."
        raise SystemExit(message)
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={WINDOW[0]},{WINDOW[1]}", f"--screenshot={target}"]
    subprocess.run([*command, report.as_uri()], check=True, capture_output=True)  # noqa: S603


def saved(image: Image.Image, name: str, width: int) -> None:
    """An image of a width with few colours, so that the file is small."""
    height = round(image.height * width / image.width)
    small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    small.quantize(64).save(IMAGES / name, optimize=True)


def summary_of(report: Path, name: str) -> None:
    """A picture of the summary of a report."""
    opened(report, report.parent / "page.png")
    with Image.open(report.parent / "page.png") as page:
        saved(page.crop(SUMMARY), name, 810)


def main() -> None:
    """Run the example in both languages and write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        study = Path(shutil.copytree(ROOT / "examples" / "kyushu_semiconductor", f"{folder}/study"))
        read = sp.load_study(study)
        japanese = replace(read, report=replace(read.report, language="ja"))
        summary_of(sp.run(japanese, study / "results_ja").report, "report_summary_ja.png")
        results = sp.run(read)
        summary_of(results.report, "report_summary.png")
        with Image.open(results.folder / "figures" / "backward_map.png") as figure:
            saved(figure, "report_map.png", 810)


if __name__ == "__main__":
    main()
