"""Errors of a confidential study are useful and name no firm."""

from pathlib import Path

import pytest

import spillover as sp
from spillover.errors import DataError
from spillover.pipelines.begin import begin
from spillover.pipelines.discreet import veil

NAMES = frozenset({"001", "F0012", "株式会社 テスト", "Acme, Inc.", "Firm (A)", "A", "A.B", ""})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Found 1 rows (001 in 2019, 002 in 2019).", "Found 1 rows (a firm in 2019, 002 in 2019)."),
        ("Found F0012 more than once.", "Found a firm more than once."),
        ("Found '株式会社 テスト'.", "Found 'a firm'."),
        ("Found 株式会社 テスト and Acme, Inc. twice.", "Found a firm and a firm twice."),
        ("Found 1 link (Firm (A) in 2019).", "Found 1 link (a firm in 2019)."),
        ("Found A.B: [F0012] -> F0012=F0012.", "Found a firm: [a firm] -> a firm=a firm."),
        ("Found F00123 and XF0012.", "Found F00123 and XF0012."),
        ("Found 001 rows (rows 001, 7).", "Found 001 rows (rows 001, 7)."),
        ("Expected log1p(sales) of firm_id.", "Expected log1p(sales) of firm_id."),
    ],
)
def test_names_leave_a_message_and_counts_stay(text: str, told: str) -> None:
    assert veil(text, NAMES) == told


@pytest.mark.parametrize("confidential", ["true", "false"])
def test_an_account_without_a_logarithm_is_named_in_public_studies_only(
    tmp_path: Path, confidential: str
) -> None:
    begin("supply_chain", tmp_path / "study")
    accounts = tmp_path / "study" / "data" / "firm_years.csv"
    head, first, *rest = accounts.read_text("utf-8").splitlines()
    cells = first.split(",")
    cells[head.split(",").index("sales")] = "0"
    accounts.write_text("\n".join([head, ",".join(cells), *rest]), "utf-8")
    file = tmp_path / "study" / "study.toml"
    text = file.read_text("utf-8").replace("confidential = false", f"confidential = {confidential}")
    file.write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        sp.check(file)
    assert (cells[0] in str(caught.value)) is (confidential == "false")
    assert ("Identifiers are hidden" in caught.value.action) is (confidential == "true")
