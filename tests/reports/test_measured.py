"""Shares are shown in percent, other exposures as they are."""

import numpy as np
import pytest

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.reports.measured import is_share, measured
from spillover.reports.words import Words


def exposure(values: list[float], by: str):
    network = assemble("supply", ["a", "b", "c"], [2019, 2020], src=[0, 1], dst=[1, 2])
    shock = Shock("g", network.firms, network.years, np.array(values)[:, None].repeat(2, axis=1))
    return expose(network, shock, Neighbors(isolates="zero", by=by, exclude="self"), name="x")


@pytest.mark.parametrize(
    ("values", "by", "share"),
    [
        ([0.0, 1.0, 1.0], "mean", True),
        ([0.0, 2.0, 1.0], "mean", False),
        ([-1.0, 1.0, 1.0], "mean", False),
        ([0.0, 1.0, 1.0], "sum", False),
    ],
)
def test_a_mean_of_something_between_zero_and_one_is_a_share(values, by, share) -> None:
    assert is_share(exposure(values, by)) is share


def test_a_share_is_shown_in_percent() -> None:
    shown = measured(exposure([0.0, 1.0, 1.0], "mean"), Words(given={"x": "Foreign customers"}))
    assert shown.axis == "Foreign customers, percent"
    assert shown.scale == 100.0
    assert measured(exposure([0.0, 1.0, 1.0], "sum"), Words()).scale == 1.0
