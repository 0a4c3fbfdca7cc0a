"""Shares are shown in percent, other exposures as they are."""

import numpy as np
import pytest

import spillover as sp
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.exposure_figures import Scene, exposure_figures
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


def test_sector_measures_and_pools_are_drawn_like_exposures() -> None:
    panel = sp.simulate(sp.Economy(firms=150, years=4), seed=2).tables.panel
    panel = panel.with_columns({"share": np.full(len(panel), 0.3)})
    share = Shock.of(panel, "share")
    presence = sp.Presence.of(
        panel.with_columns({"share": np.full(len(panel), 0.3)}), share, "sales"
    )
    linkage = expose(presence.network(), presence, sp.Horizontal(lag=0), name="h")
    sample = sp.Sample.of(panel, exposures=[linkage])
    scene = Scene(sample, Words(), DisclosureRule(minimum_units=3))
    figures, _ = exposure_figures(scene, (linkage,))
    names = [figure.name for figure in figures]
    assert names[0] == "h_over_time"
    assert names[-1] == "h_map"
    assert is_share(linkage)
