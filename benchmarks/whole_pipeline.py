"""The whole pipeline at national scale: raw tables in, report out, with time and peak memory.

    python benchmarks/whole_pipeline.py --firms 100000 --years 10 --links 500000

Writes six CSV tables of a synthetic economy (heavy-tailed customers, 5 % foreign firms, links that
survive from year to year), runs ``spillover run`` on them as a process of its own and prints its
wall time, CPU time and peak memory, and the size of what it read.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

STUDY = """\
title = "National scale"
seed = 1
tables = "data"
foreign = "BOP_10"

[networks.supply]
type = "SupplyLinks"
weight = "binary"

[productivity]
type = "SolowResidual"

[exposures.backward]
network = "supply.customers"
shock = "foreign"
spec = { type = "Neighbors", isolates = "missing", exclude = "self" }

[[models]]
label = "Within firm"
where = "foreign == 0"
vcov = { type = "Cluster", by = "firm_id" }

[models.design]
type = "FixedEffects"
outcome = "log_tfp"
regressors = ["backward", "log1p(backward_degree)"]
absorb = ["firm_id", "industry^year"]

[[models]]
label = "Pooled"
where = "foreign == 0"
design = { type = "FixedEffects", outcome = "log_tfp", regressors = ["backward"] }
vcov = { type = "Cluster", by = "firm_id" }

[report.focus]
regressor = "backward"
step = 0.1
step_words = "10 percentage points more foreign customers"
outcome_words = "productivity"
"""


def write_data(folder: Path, firms: int, years: int, links: int, rng: np.random.Generator) -> None:
    """Tables of a synthetic economy with an effect of 0.3."""
    folder.mkdir(parents=True)
    ids = _write_firms(folder, firms, rng)
    foreign = rng.random(firms) < 0.05
    entry = np.where(rng.random(firms) < 0.5, 0, rng.integers(0, years, firms))
    effect = rng.standard_normal(firms)
    size = (np.arange(1, firms + 1.0) ** -0.8)[rng.permutation(firms)]
    chance = size / size.sum()
    supplier = rng.integers(0, firms, links)
    customer = rng.choice(firms, links, p=chance)
    previous = np.full(firms, np.nan)
    for t in range(years):
        renewed = rng.random(links) < 0.08
        supplier[renewed] = rng.integers(0, firms, int(renewed.sum()))
        customer[renewed] = rng.choice(firms, int(renewed.sum()), p=chance)
        keep = supplier != customer
        pairs = np.unique(supplier[keep].astype(np.int64) * firms + customer[keep])
        sells, buys = pairs // firms, pairs % firms
        _append(
            folder / "supply_links.csv",
            {"supplier_id": ids[sells], "customer_id": ids[buys], "year": 2010 + t},
            t,
        )
        status = foreign & (entry <= t)
        degree = np.bincount(sells, minlength=firms)
        share = np.bincount(sells, weights=status[buys], minlength=firms) / np.maximum(degree, 1)
        tfp = 0.3 * np.nan_to_num(previous) + effect + 0.02 * t + 0.1 * rng.standard_normal(firms)
        previous = share
        labour = np.exp(3 + 0.5 * rng.standard_normal(firms))
        capital = labour * np.exp(1 + 0.3 * rng.standard_normal(firms))
        added = np.exp(tfp) * labour**0.65 * capital**0.35
        _append(
            folder / "firm_years.csv",
            {
                "firm_id": ids,
                "year": 2010 + t,
                "sales": (2 * added).round(3),
                "value_added": added.round(3),
                "materials": added.round(3),
                "employment": labour.round(3),
                "capital": capital.round(3),
                "wages": (0.65 * added).round(3),
            },
            t,
        )
        held = np.flatnonzero(status)
        _append(
            folder / "ownership.csv",
            {
                "firm_id": ids[held],
                "year": 2010 + t,
                "owner_seq": 1,
                "owner_kind": "firm",
                "owner_country": "USA",
                "share": 1.0,
                "path": "direct",
                "scope": "single_owner",
            },
            t,
        )


def _write_firms(folder: Path, firms: int, rng: np.random.Generator) -> np.ndarray:
    ids = np.array([f"F{i:07d}" for i in range(firms)])
    columns = {
        "firm_id": ids,
        "entity_kind": "firm",
        "industry": rng.choice(list("DEFGHIJ"), firms),
        "industry_revision": "rev13",
        "prefecture": [f"{p:02d}" for p in rng.integers(1, 48, firms)],
        "location_kind": "head_office",
    }
    _append(folder / "firms.csv", columns, 0)
    return ids


def _append(path: Path, columns: dict[str, object], t: int) -> None:
    frame = pd.DataFrame(columns)
    frame.to_csv(path, index=False, header=t == 0, mode="w" if t == 0 else "a")


def main() -> None:
    """Write the data, run the study, print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--links", type=int, default=500_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        study = Path(place) / "study"
        rng = np.random.default_rng(20251205)
        write_data(study / "data", options.firms, options.years, options.links, rng)
        (study / "study.toml").write_text(STUDY, encoding="utf-8")
        megabytes = sum(file.stat().st_size for file in (study / "data").iterdir()) / 1e6
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "spillover", "run", str(study)], check=True)
        wall = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"{options.firms:,} firms x {options.years} years x {options.links:,} links a year, "
            f"{megabytes:,.0f} MB of CSV: wall {wall:.1f} s, "
            f"CPU {used.ru_utime + used.ru_stime:.1f} s, "
            f"peak memory {used.ru_maxrss / 1e6:.2f} GB, exit code {done.returncode}"
        )


if __name__ == "__main__":
    main()
