"""Read and check a million firm-years, beside frictionless on a slice of the same file.

    python benchmarks/tables.py

Prints seconds of one run on this machine, reading, casting and checking included.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import spillover as sp

FIRMS, YEARS, SLICE = 100_000, 10, 20_000


def write(folder: Path, firms: int) -> None:
    rng = np.random.default_rng(1)
    ids = [f"F{i:06d}" for i in range(firms)]
    register = pd.DataFrame(
        {
            "firm_id": ids,
            "entity_kind": "firm",
            "industry": rng.choice(["24", "26", "28"], firms),
            "industry_revision": "rev13",
            "prefecture": [f"{code:02d}" for code in rng.integers(1, 48, firms)],
            "location_kind": "head_office",
        }
    )
    register.to_csv(folder / "firms.csv", index=False)
    n = firms * YEARS
    sales = np.exp(rng.normal(6, 1, n)).round(2)
    accounts = pd.DataFrame(
        {
            "firm_id": np.repeat(ids, YEARS),
            "year": np.tile(np.arange(2011, 2011 + YEARS), firms),
            "sales": sales,
            "exports": (sales * rng.random(n) / 2).round(2),
            "value_added": (sales * 0.4).round(2),
            "materials": (sales * 0.6).round(2),
            "employment": rng.integers(5, 500, n),
            "capital": np.exp(rng.normal(5, 1, n)).round(2),
            "wages": (sales * 0.2).round(2),
        }
    )
    accounts.to_csv(folder / "firm_years.csv", index=False)


def ours(folder: Path) -> float:
    start = time.perf_counter()
    tables = sp.read(folder)
    seconds = time.perf_counter() - start
    print(f"spillover     {len(tables['firm_years']):>9,} firm-years  {seconds:6.2f} s")
    return seconds


def frictionless_of(folder: Path) -> None:
    try:
        from frictionless import Resource, Schema, validate
    except ImportError:
        print("frictionless is not installed")
        return
    schema = Path(__file__).parents[1] / "data_schemas" / "firm_years.schema.json"
    described = Schema.from_descriptor(str(schema))
    described.foreign_keys = []
    start = time.perf_counter()
    resource = Resource(path="firm_years.csv", basepath=str(folder), schema=described)
    report = validate(resource)
    seconds = time.perf_counter() - start
    rows = report.tasks[0].stats["rows"]
    print(f"frictionless  {rows:>9,} firm-years  {seconds:6.2f} s  (valid: {report.valid})")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name) / "large", Path(name) / "small"
        large.mkdir()
        small.mkdir()
        write(large, FIRMS)
        write(small, SLICE // YEARS)
        ours(small)
        ours(large)
        frictionless_of(small)


if __name__ == "__main__":
    main()
