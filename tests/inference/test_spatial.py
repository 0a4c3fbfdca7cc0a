"""Dependence in space: stored values, limits and refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import (
    DataError,
    IdentificationError,
    SpecificationError,
    UnknownNameError,
)
from spillover.estimation.estimate import estimate
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic
from spillover.inference.serial import NeweyWest
from spillover.inference.spatial import Conley, places
from spillover.sample import Sample
from spillover.tables.panel import Panel

SHAPES = ("uniform", "bartlett", "spherical", "wendland")


def at_places(latitude: list[float], longitude: list[float], years: int = 1) -> Sample:
    n = len(latitude)
    frame = pd.DataFrame(
        {
            "firm_id": np.tile([f"F{i:03d}" for i in range(n)], years),
            "year": np.repeat(np.arange(2001, 2001 + years), n),
            "latitude": np.tile(latitude, years),
            "longitude": np.tile(longitude, years),
        }
    )
    return Sample.of(Panel.of(frame))


def weight(one: tuple[float, float], two: tuple[float, float], vcov: Conley) -> float:
    sample = at_places([one[0], two[0]], [one[1], two[1]])
    return float(vcov.bind(sample).kernel.entries(np.array([0]), np.array([1]))[0])


@pytest.mark.reference
@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_stored_values_of_conleyreg_are_met(shared: Path, lag: int, kernel: str) -> None:
    """conley_panel_sim: R conleyreg 0.1.8, 300 km, no small-sample factor."""
    stored = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    case = stored["conley_panel_sim"]
    frame = pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema
    sample = Sample.of(Panel.of(frame, "id", "t"))
    vcov = Conley(300, "lags", kernel, lags=lag, latitude="lat", longitude="lon")
    result = estimate(sample, FixedEffects.formula("y ~ x"), vcov)
    expected = case["values"][f"panel_300_lag{lag}_{kernel}"]
    order = [1, 0]  # the stored matrix has the constant first
    V = result.covariance.matrix[np.ix_(order, order)]
    np.testing.assert_allclose(V, expected["vcov"], rtol=case["tolerance"])
    np.testing.assert_allclose(result.beta[order], case["coef"], rtol=1e-10)


@pytest.mark.parametrize("kernel", SHAPES)
def test_a_cut_off_of_zero_leaves_places_on_their_own(world, scores, meat, kernel: str) -> None:
    places_by_year = world.panel.with_columns({})
    frame = places_by_year.frame
    place = frame["latitude"].astype(str) + frame["longitude"].astype(str)
    unknown = frame["latitude"].isna() | frame["longitude"].isna()
    frame["place"] = np.where(unknown, frame["firm_id"] + frame["year"].astype(str), place)
    sample = Sample.of(places_by_year)
    found = meat(Conley(0, "same_period", kernel), sample, scores)
    np.testing.assert_allclose(found, meat(Cluster("place^year"), sample, scores), atol=1e-12)
    tiny = meat(Conley(1e-6, "same_period", kernel), sample, scores)
    np.testing.assert_allclose(tiny, found, atol=1e-12)


def test_a_cut_off_of_zero_is_hc0_when_every_firm_has_a_place_of_its_own(rng, meat) -> None:
    sample = at_places(list(rng.uniform(30, 40, 40)), list(rng.uniform(130, 140, 40)), years=2)
    a = rng.normal(size=(80, 2))
    independent = meat(Heteroskedastic("HC0"), sample, a)
    np.testing.assert_allclose(meat(Conley(0, "same_period"), sample, a), independent)
    by_firm = meat(Cluster("firm_id"), sample, a)
    np.testing.assert_allclose(meat(Conley(0, "all"), sample, a), by_firm)


def test_lags_are_the_union_with_newey_west(world, scores, meat) -> None:
    union = Conley(120, "same_period") | NeweyWest(2)
    found = meat(Conley(120, "lags", lags=2), world, scores)
    np.testing.assert_allclose(found, meat(union, world, scores), rtol=1e-11)


@pytest.mark.parametrize("kernel", SHAPES)
def test_distance_crosses_the_date_line_and_the_poles(kernel: str) -> None:
    vcov = Conley(200, "all", kernel)
    across = weight((10.0, 179.6), (10.0, -179.6), vcov)
    assert across == pytest.approx(weight((10.0, 0.4), (10.0, -0.4), vcov), abs=1e-12)
    over = weight((89.7, 0.0), (89.7, 180.0), vcov)
    assert over == pytest.approx(weight((0.3, 50.0), (-0.3, 50.0), vcov), abs=1e-12)
    assert weight((5.0, 180.0), (5.0, -180.0), vcov) == 1.0


def test_a_point_exactly_at_the_cut_off_is_within_a_uniform_kernel() -> None:
    degree = 6371.01 * np.pi / 180
    for latitude in (1.0, 2.0, 5.0, 30.0):
        vcov = Conley(latitude * degree, "all", "uniform")
        assert weight((0.0, 0.0), (latitude, 0.0), vcov) == 1.0
        assert weight((0.0, 0.0), (latitude + 1e-9, 0.0), vcov) == 0.0


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    # R = 6371.01 km: one degree is 111.1951 km, so a Bartlett weight at 222.3902 km is one half.
    assert weight((35.0, 135.0), (36.0, 135.0), Conley(222.390222, "all")) == pytest.approx(
        0.5, abs=1e-7
    )


def test_rows_without_a_place_are_counted_and_left_on_their_own() -> None:
    sample = at_places([35.0, np.nan, 35.0, np.nan], [135.0, 135.0, np.nan, np.nan], years=2)
    part = Conley(100, "all").bind(sample)
    expected = np.eye(8)
    expected[0, 1] = expected[1, 0] = 1.0  # the one firm with a place, in two years
    np.testing.assert_array_equal(part.kernel.stored().toarray(), expected)
    assert part.notes[1] == "6 rows without coordinates depend on themselves only"


def test_the_note_counts_neighbours() -> None:
    latitude = [0.0, 0.1, 0.2, 40.0]
    part = Conley(30, "same_period").bind(at_places(latitude, [0.0] * 4))
    # Places within 30 km (0.27 degrees): 2, 2, 2 and 0 others.
    assert part.notes == ("on average 1.5 other places within 30 km",)
    assert part.label == "Conley, 30 km, bartlett, same period"


@given(seed=st.integers(0, 10**6), across=st.sampled_from(["same_period", "all"]))
def test_names_of_firms_do_not_matter(seed: int, across: str) -> None:
    rng = np.random.default_rng(seed)
    latitude, longitude = rng.uniform(30, 33, 20), rng.uniform(130, 133, 20)
    a, order = rng.normal(size=(20, 2)), rng.permutation(20)
    vcov = Conley(80, across, "spherical")
    one = vcov.bind(at_places(list(latitude), list(longitude))).kernel.sum(a)
    moved = at_places(list(latitude[order]), list(longitude[order]))
    two = vcov.bind(moved).kernel.sum(a[order])
    np.testing.assert_allclose(two, one, rtol=1e-11, atol=1e-11)


@given(seed=st.integers(0, 10**6), kernel=st.sampled_from(["spherical", "wendland"]))
def test_spherical_and_wendland_are_positive_semidefinite(seed: int, kernel: str) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    sample = at_places(list(rng.uniform(-90, 90, n)), list(rng.uniform(-180, 180, n)))
    K = Conley(rng.uniform(500, 8000), "all", kernel).bind(sample).kernel.stored().toarray()
    assert np.linalg.eigvalsh(K).min() > -1e-10


def test_a_uniform_kernel_over_the_whole_earth_is_refused(world) -> None:
    with pytest.raises(IdentificationError, match="shrink to nothing"):
        Conley(20_000, "all", "uniform").bind(world)


@pytest.mark.parametrize("kernel", ["bartlett", "spherical", "wendland"])
def test_a_declining_kernel_that_takes_in_the_sample_warns_and_then_is_refused(
    world: Sample, kernel: Any
) -> None:
    assert Conley(100, "all", kernel).bind(world).warnings == ()
    (text,) = Conley(1_500, "all", kernel).bind(world).warnings
    assert "of the sample within half of 1500 km" in text
    with pytest.raises(IdentificationError, match=r"within 0\.1 of the cut-off"):
        Conley(15_000, "all", kernel).bind(world)


@pytest.mark.parametrize("cutoff", [20_017, 30_000])
def test_a_cut_off_beyond_the_antipodes_is_refused(cutoff: float) -> None:
    with pytest.raises(SpecificationError, match="no two places on earth are farther apart"):
        Conley(cutoff, "all")


def test_an_endless_cut_off_is_refused() -> None:
    with pytest.raises(SpecificationError, match="finite number"):
        Conley(np.inf, "all")


def test_coordinates_out_of_range_are_named() -> None:
    with pytest.raises(DataError, match=r"latitude between -90 and 90.*1 rows.*139\.7"):
        Conley(10, "all").bind(at_places([35.0, 139.7], [139.7, 35.0]))
    with pytest.raises(DataError, match=r"longitude between -180 and 180.*inf"):
        Conley(10, "all").bind(at_places([35.0, 36.0], [np.inf, 35.0]))


def test_a_sample_without_any_place_is_refused() -> None:
    with pytest.raises(IdentificationError, match="none in 2 rows"):
        Conley(10, "all").bind(at_places([np.nan] * 2, [1.0, 2.0]))


def test_columns_of_coordinates_can_be_named_and_must_exist(world) -> None:
    with pytest.raises(UnknownNameError, match="latitude"):
        Conley(10, "all", latitude="latitud").bind(world)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cutoff": -1, "across": "all"}, "cutoff"),
        ({"cutoff": 1, "across": "lags"}, "lags exactly when"),
        ({"cutoff": 1, "across": "all", "lags": 1}, "lags exactly when"),
        ({"cutoff": 1, "across": "everywhere"}, "across"),
        ({"cutoff": 1, "across": "all", "kernel": "gaussian"}, "kernel"),
    ],
)
def test_fields_that_do_not_fit_are_refused(fields: dict, words: str) -> None:
    with pytest.raises(SpecificationError, match=words):
        Conley(**fields)


def test_rows_at_one_place_share_a_point() -> None:
    nan = np.nan
    unit, points = places(np.array([1.0, nan, 1.0, 2.0, nan]), np.array([5.0, nan, 5.0, 5.0, nan]))
    assert unit.tolist() == [0, 2, 0, 1, 3]
    assert np.isnan(points).any(axis=1).tolist() == [False, False, True, True]
