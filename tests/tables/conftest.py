"""A small valid set of tables that single tests spoil."""

from pathlib import Path

import pandas as pd
import pytest

Frames = dict[str, pd.DataFrame]


def text_frame(header: str, *rows: str) -> pd.DataFrame:
    """A frame of text from lines of comma-separated cells; empty cells are missing."""
    cells = [[cell or None for cell in row.split(",")] for row in rows]
    return pd.DataFrame(cells, columns=header.split(","), dtype=object)


@pytest.fixture
def frames() -> Frames:
    return {
        "firms": text_frame(
            "firm_id,corporate_number,entity_kind,industry,industry_revision,prefecture,location_kind",
            "01,4011001098993,firm,24,rev13,13,head_office",
            "02,7010705000725,firm,E,rev13,01,head_office",
            "03,,firm,,,43,head_office",
        ),
        "firm_years": text_frame(
            "firm_id,year,sales,exports",
            "01,2020,100.5,10",
            "01,2021,110,",
            "02,2020,50,50",
            "03,2021,,",
        ),
        "supply_links": text_frame(
            "supplier_id,customer_id,year,reporter", "01,02,2020,supplier", "01,02,2020,customer"
        ),
        "patents": text_frame("patent_id,filing_year,main_class", "P1,2020,H01L 21/336"),
        "applicants": text_frame(
            "patent_id,applicant_seq,applicant_kind,share,firm_id",
            "P1,1,firm,0.5,01",
            "P1,2,person,0.5,",
        ),
        "ownership": text_frame(
            "firm_id,year,owner_seq,owner_country,share", "01,2020,1,USA,0.6", "01,2020,2,JPN,0.4"
        ),
    }


@pytest.fixture
def folder(frames: Frames, tmp_path: Path) -> Path:
    """The same tables as CSV files."""
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False, encoding="utf-8")
    return tmp_path
