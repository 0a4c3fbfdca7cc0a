"""Tables of a study that have other names."""

from pathlib import Path

import pytest

from spillover.errors import SpecificationError
from spillover.pipelines.begin import begin
from spillover.pipelines.check import check
from spillover.pipelines.toml import load_study


def test_entries_that_fell_into_the_section_of_tables_are_refused(tmp_path: Path) -> None:
    begin("supplier_link", tmp_path / "my_study")
    path = tmp_path / "my_study" / "study.toml"
    text = path.read_text("utf-8").replace('tables = "data"', "#", 1)
    text = text.replace(
        'foreign = "BOP_10"', '[tables]\nfirms = "data/firms.csv"\nforeign = "BOP_10"'
    )
    path.write_text(text, "utf-8")
    with pytest.raises(SpecificationError, match="names of tables") as caught:
        check(load_study(path))
    assert "Found foreign." in str(caught.value)
    assert "above [tables]" in str(caught.value)


def test_the_sections_of_the_blank_study_can_be_uncommented_where_they_stand(
    tmp_path: Path,
) -> None:
    begin("supplier_link", tmp_path / "my_study")
    path = tmp_path / "my_study" / "study.toml"
    lines = path.read_text("utf-8").splitlines()
    start = lines.index("# [tables]")
    lines[start : start + 5] = [line.removeprefix("# ") for line in lines[start : start + 5]]
    kept = [line for line in lines if not line.startswith('tables = "data"')]
    path.write_text("\n".join(kept), "utf-8")
    study = load_study(path)
    assert study.foreign == "BOP_10"
    assert sorted(study.tables) == ["firm_years", "firms", "ownership", "supply_links"]
