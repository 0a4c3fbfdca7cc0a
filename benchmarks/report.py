"""The report of the bundled example: seconds to write it, its size, and seconds until it is open.

    python benchmarks/report.py --times 5

Runs ``spillover run`` on a copy of the example as a process of its own, then again with the
figures of an unchanged study from the cache, and opens the page in headless Chromium. *Open* is
the time from the start of navigation until the page is loaded and laid out.
"""

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "kyushu_semiconductor"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
CLOCK = """<script>
addEventListener("load", () => {
  const high = document.documentElement.scrollHeight;
  document.body.textContent = `OPEN${performance.now()}px${high}END`;
});
</script></body>"""


def main() -> None:
    """Print one line for each measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        study = Path(shutil.copytree(EXAMPLE, Path(folder) / "study"))
        for words in ("first run", "nothing changed"):
            wall, cpu = timed([sys.executable, "-m", "spillover", "run", str(study)])
            print(f"{words}: {wall:.1f} s wall, {cpu:.1f} s CPU")
        page = study / "results" / "report.html"
        print(f"page: {page.stat().st_size / 1e6:.2f} MB")
        whole = sum(path.stat().st_size for path in page.parent.rglob("*") if path.is_file())
        print(f"all results: {whole / 1e6:.2f} MB")
        opened = [seconds(page, Path(folder)) for _ in range(times)]
        if None in opened:
            print("open: no Chromium on this machine")
            return
        print(f"open: {median(opened):.2f} s (median of {times}, most {max(opened):.2f} s)")


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def seconds(page: Path, folder: Path) -> float | None:
    """Seconds until the page is open; the clock needs the page without its policy."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        return None
    copy = folder / "clock.html"
    bare = POLICY.sub("", page.read_text("utf-8"))
    copy.write_text(bare.replace("</body>", CLOCK), "utf-8")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900", "--dump-dom"]
    done = subprocess.run([*command, copy.as_uri()], capture_output=True, text=True, check=True)
    found = re.search(r"OPEN([\d.]+)px(\d+)END", done.stdout)
    assert found is not None, done.stderr[-500:]
    return float(found[1]) / 1000


if __name__ == "__main__":
    main()
