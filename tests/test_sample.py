from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spillover.errors import (
    DataError,
    IdentificationError,
    SpecificationError,
    UnknownNameError,
)
from spillover.sample import Sample
from spillover.tables.panel import Panel


@dataclass(frozen=True)
class FakeExposure:
    name: str = "backward"

    def columns(self, panel: Panel) -> dict[str, np.ndarray]:
        isolated = (panel.codes == 0).astype(float)
        values = np.where(isolated == 1.0, np.nan, panel.years - 2000.0)
        return {self.name: values, f"{self.name}_isolated": isolated}


@pytest.fixture
def sample() -> Sample:
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(["a", "b", "c"], 3),
            "year": np.tile([2000, 2001, 2002], 3),
            "y": [1.0, 2, 3, 4, np.nan, 6, 7, 8, 9],
        }
    )
    return Sample.of(Panel.of(frame), exposures=[FakeExposure()])


def test_every_lost_row_has_a_reason(sample: Sample) -> None:
    filtered = sample.where("year >= 2001", reason="before 2001")
    mask, dropped = filtered.complete(["y", "backward"])
    assert [(loss.reason, loss.rows, loss.remaining) for loss in filtered.losses] == [
        ("rows of the panel", 0, 9),
        ("before 2001", 3, 6),
    ]
    assert dropped == (("missing y", 1), ("no partners in backward", 2))
    assert mask.sum() + sum(count for _, count in dropped) == len(filtered)


def test_a_lag_looks_at_rows_that_a_filter_removed(sample: Sample) -> None:
    filtered = sample.where("year == 2001")
    np.testing.assert_array_equal(filtered.column("lag(y)"), [1.0, 4.0, 7.0])


def test_an_empty_sample_is_refused_at_the_filter(sample: Sample) -> None:
    with pytest.raises(IdentificationError, match="Found none of 9"):
        sample.where("year > 2050")


def test_codes_are_dense_on_the_sample(sample: Sample) -> None:
    codes, levels = sample.where("firm_id in ['a', 'c']").codes("firm_id^year")
    assert levels == 6
    assert sorted(codes) == list(range(6))


def test_a_second_column_of_the_same_name_is_refused(sample: Sample) -> None:
    with pytest.raises(SpecificationError, match="twice"):
        Sample.of(sample.panel, exposures=[FakeExposure()])


def test_unknown_networks_and_exposures_are_named(sample: Sample) -> None:
    with pytest.raises(UnknownNameError, match="backward"):
        sample.exposure("backwards")
    with pytest.raises(UnknownNameError, match="network"):
        sample.network("supply")


def test_the_frame_of_a_sample_has_its_rows_only(sample: Sample) -> None:
    later = sample.where("year >= 2001")
    assert later.frame["year"].tolist() == [2001, 2002] * 3
    np.testing.assert_array_equal(later.frame["y"], later.column("y"))


@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_blank_text_is_a_missing_category_and_no_firm(kind: Any) -> None:
    frame = pd.DataFrame(
        {
            "firm_id": ["a", "b", "c", "d", "e"],
            "year": 2000,
            "industry": pd.Series(["x", "", None, " ", "y"]).astype(kind),
        }
    )
    codes, levels = Sample.of(Panel.of(frame)).codes("industry")
    assert (codes.tolist(), levels) == ([0, -1, -1, -1, 1], 2)
    with pytest.raises(DataError, match="in every row"):
        Panel.of(frame.assign(firm_id=["a", "b", "", "d", "e"]))
