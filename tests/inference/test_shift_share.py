"""Shift-share inference: brute force over shocks, limits, equivalences, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.designs.shift_share import ShiftShareIV
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate, infer
from spillover.exposures.expose import expose
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.inference.shift_share import AKM, AKM0
from spillover.inference.shock_level import ShockLevel
from spillover.sample import Sample
from spillover.tables.panel import Panel

YEARS = [2000, 2001]


def world(
    seed: int = 0,
    n: int = 60,
    kinds: int = 12,
    *,
    complete: bool = False,
    incomplete: str = "control",
    whole: bool = False,
) -> Sample:
    """Units with shares in a few kinds, two shocks per kind and year, endogenous treatment."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(kinds + 1, 0.4), n)
    share = share[:, :kinds] / (share[:, :kinds].sum(1, keepdims=True) if complete else 1.0)
    if whole:
        share = np.eye(kinds)[np.arange(n) % kinds]
    units, names = np.array([f"u{i:03d}" for i in range(n)]), [f"k{j:02d}" for j in range(kinds)]
    table = pd.DataFrame(
        {"firm_id": np.repeat(units, kinds), "industry": names * n, "share": share.ravel()}
    )
    groups = pd.DataFrame({"industry": names, "sector": [f"s{j % 6}" for j in range(kinds)]})
    shares = Shares.of(table, categories=groups)
    years = np.array(YEARS, np.int32)
    g, h = rng.normal(size=(2, kinds, 2))
    spec = ShiftShare(incomplete=incomplete)
    x = expose(shares, Shock("g", shares.categories, years, g), spec, "x")
    z = expose(shares, Shock("h", shares.categories, years, h), spec, "z")
    noise = share @ rng.normal(size=(kinds, 2))
    d = x.values + noise + 0.5 * rng.normal(size=(n, 2))
    y = 2 * d + 3 * noise + rng.normal(size=(n, 2)) + 2 * share.sum(1, keepdims=True)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(units, 2),
            "year": np.tile(YEARS, n),
            "y": y.ravel(),
            "d": d.ravel(),
            "c": rng.normal(size=2 * n),
            "w": rng.random(2 * n) + 0.5,
        }
    )
    return Sample.of(Panel.of(frame), exposures=(x, z))


def dense(sample: Sample, name: str = "x") -> np.ndarray:
    return sample.exposure(name).stacked(sample.panel, sample.rows).matrix.toarray()


def test_variance_is_the_sum_over_shocks_by_hand() -> None:
    sample = world()
    design = FixedEffects(
        "y", ("x", "c", "x_share_sum"), absorb=("year",), weights="w", singletons="keep"
    )
    found = estimate(sample, design, AKM("x"))
    share, w = dense(sample), sample.column("w")
    dummies = (sample.years[:, None] == YEARS).astype(float)
    controls = np.column_stack([dummies, sample.column("c"), sample.column("x_share_sum")])
    root = np.sqrt(w)[:, None]

    def left(v: np.ndarray, on: np.ndarray) -> np.ndarray:
        return v - on @ np.linalg.lstsq(on * root, v * root[:, 0], rcond=None)[0]

    x, y = left(sample.column("x"), controls), left(sample.column("y"), controls)
    beta = (w * x) @ y / ((w * x) @ x)
    residual = y - beta * x
    load = np.linalg.lstsq(share * root, x * root[:, 0], rcond=None)[0]
    total = 0.0
    for s in range(share.shape[1]):
        total += (load[s] * sum(w * share[:, s] * residual)) ** 2
    assert found.beta[0] == pytest.approx(beta, rel=1e-10)
    assert found.std_errors[0] == pytest.approx(np.sqrt(total) / ((w * x) @ x), rel=1e-9)
    assert np.isnan(found.std_errors[1:]).all()
    assert "standard errors for x only" in found.notes


def test_units_in_one_category_each_are_clusters() -> None:
    sample = world(whole=True, complete=True)
    plain = FixedEffects("y", ("x",), absorb=("year",))
    akm = estimate(sample, plain, AKM("x", cluster="category"))
    kinds = np.argmax(sample.exposure("x").shares.matrices[0].toarray(), axis=1)
    frame = sample.panel.frame[["firm_id", "year", "y"]].assign(kind=kinds[sample.panel.codes])
    clustered = Sample.of(Panel.of(frame), exposures=sample.exposures)
    expected = estimate(clustered, plain, Cluster("kind", small_sample="none"))
    assert akm.std_errors[0] == pytest.approx(expected.std_errors[0], rel=1e-9)


def test_several_shift_shares_give_the_single_ones_with_the_other_partialled_out() -> None:
    sample = world(complete=True)
    design = FixedEffects("y", ("x", "z", "c"), absorb=("year",))
    both = estimate(sample, design, AKM(("x", "z")))
    for name, at in (("x", 0), ("z", 1)):
        single = infer(both, AKM(name))
        assert both.std_errors[at] == pytest.approx(single.std_errors[at], rel=1e-9)
    assert np.isfinite(both.covariance.matrix[:2, :2]).all()
    two = infer(both, AKM0(("x", "z")))
    one = infer(both, AKM0("z"))
    np.testing.assert_allclose(two.confint().loc["z"], one.confint().loc["z"], rtol=1e-9)
    assert two.tidy()["p_value"]["z"] == pytest.approx(one.tidy()["p_value"]["z"], rel=1e-9)


def test_clusters_of_single_shocks_change_nothing_and_coarser_ones_do() -> None:
    found = estimate(world(complete=True), FixedEffects("y", ("x",), ("year",)), AKM("x"))
    assert found.covariance.clusters == 24
    by_kind = infer(found, AKM("x", cluster="category"))
    by_sector = infer(found, AKM("x", cluster="sector"))
    assert (by_kind.covariance.clusters, by_sector.covariance.clusters) == (12, 6)
    assert by_kind.std_errors[0] != pytest.approx(by_sector.std_errors[0], rel=1e-3)


def test_sets_hold_the_estimate_and_their_ends_are_rejected_at_the_level() -> None:
    sample = world(3, n=120, kinds=30)
    design = ShiftShareIV("y", "x", treatment="d", absorb=("year",))
    found = estimate(sample, design, AKM0("x"))
    one = found.covariance.intervals[0]
    assert one.kind == "interval"
    assert found.beta[0] in one
    for end in one.intervals[0]:
        shifted = sample.panel.with_columns({"y": sample.column("y") - end * sample.column("d")})
        moved = Sample(shifted, sample.rows, exposures=sample.exposures)
        p = estimate(moved, design, AKM0("x")).tidy()["p_value"].iloc[0]
        assert p == pytest.approx(0.05, abs=1e-9)
    first = estimate(sample, ShiftShareIV("y", "x", absorb=("year",)), AKM0("x"))
    assert first.tidy()["p_value"].iloc[0] == pytest.approx(
        found.tidy()["p_value"].iloc[0], rel=1e-8
    )


def test_sets_of_irrelevant_instruments_are_not_intervals() -> None:
    sample = world(5)
    panel = sample.panel.with_columns({"d": np.random.default_rng(9).normal(size=len(sample))})
    weak = Sample(panel, sample.rows, exposures=sample.exposures)
    found = estimate(weak, ShiftShareIV("y", "x", treatment="d", absorb=("year",)), AKM0("x"))
    one = found.covariance.intervals[0]
    assert one.kind in ("rays", "line")
    assert np.isinf(found.std_errors[0])
    assert any(note.startswith("confidence set of d") for note in found.notes)


@pytest.mark.parametrize("treatment", [None, "d"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_the_regression_over_shocks_has_the_coefficient_of_the_one_over_units(
    treatment: str | None, weights: str | None
) -> None:
    sample = world(2)
    design = ShiftShareIV("y", "x", treatment, ("c",), ("year",), weights)
    found = estimate(sample, design, ShockLevel("x"))
    assert np.isfinite(found.std_errors[0])
    assert any("coefficients differ by" in note for note in found.notes)
    added = [note for note in found.notes if note.startswith("controls for incomplete shares")]
    assert added == ["controls for incomplete shares: x_share_sum_2000, x_share_sum_2001"]


def test_shock_level_errors_by_hand() -> None:
    sample = world(4, complete=True)
    found = estimate(sample, ShiftShareIV("y", "x", "d", absorb=("year",)), ShockLevel("x"))
    share = dense(sample)
    g = sample.exposure("x").stacked(sample.panel, sample.rows).shock
    year = sample.exposure("x").stacked(sample.panel, sample.rows).year
    means = {t: sample.years == t for t in YEARS}
    y, d = sample.column("y").copy(), sample.column("d").copy()
    for inside in means.values():
        y[inside] -= y[inside].mean()
        d[inside] -= d[inside].mean()
    size = share.sum(0)
    ybar, dbar, weight = share.T @ y / size, share.T @ d / size, size / size.sum()
    q = (year[:, None] == YEARS).astype(float)
    root = np.sqrt(weight)[:, None]

    def left(v: np.ndarray) -> np.ndarray:
        return v - q @ np.linalg.lstsq(q * root, v * root[:, 0], rcond=None)[0]

    z = left(g)
    beta = (weight * z) @ ybar / ((weight * z) @ dbar)
    error = left(ybar - beta * dbar)
    spread = np.sqrt(np.sum((weight * z * error) ** 2)) / abs((weight * z) @ dbar)
    assert found.beta[0] == pytest.approx(beta, rel=1e-10)
    assert found.std_errors[0] == pytest.approx(spread, rel=1e-9)


def test_without_the_sum_of_shares_the_two_coefficients_differ_and_that_is_refused() -> None:
    plain = FixedEffects("y", ("x",), absorb=("year",))
    with pytest.raises(IdentificationError, match="x_share_sum"):
        estimate(world(2), plain, AKM("x"))
    sample = world(2, incomplete="allow")
    assert np.isfinite(estimate(sample, plain, AKM("x")).std_errors[0])
    with pytest.raises(IdentificationError, match="same coefficient at shocks and at units"):
        estimate(sample, plain, ShockLevel("x"))


def test_leaving_the_sum_out_on_purpose_prints_both_numbers() -> None:
    sample = world(2, incomplete="allow")
    bare = estimate(sample, ShiftShareIV("y", "x", absorb=("year",), incomplete="allow"), AKM("x"))
    full = estimate(sample, ShiftShareIV("y", "x", absorb=("year",)), AKM("x"))
    assert bare.beta[0] != pytest.approx(full.beta[0], rel=1e-3)
    note = next(note for note in bare.notes if "not controlled" in note)
    assert f"{bare.beta[0]:.6g}" in note
    assert f"{full.beta[0]:.6g}" in note


def test_collinear_shares_are_left_out_and_named() -> None:
    sample = world(complete=True)
    x = sample.exposure("x")
    half = [sparse.csr_array(sparse.hstack([m * 0.5, m[:, [0]] * 0.5])) for m in x.shares.matrices]
    rest = [sparse.csr_array(m) for m in half]
    names = np.append(x.shares.categories, "twin")
    twins = Shares("share", x.shares.units, names, x.shares.years, tuple(rest))
    values = np.vstack([x.shock.values, x.shock.values[[0]]])
    doubled = Shock("g", names, x.shock.years, values)
    twin = expose(twins, doubled, ShiftShare(incomplete="allow"), "q")
    panel = Panel.of(sample.panel.frame[["firm_id", "year", "y"]])
    wider = Sample.of(panel, exposures=(twin,))
    found = estimate(wider, FixedEffects("y", ("q",), ("year",)), AKM("q"))
    assert any(note.startswith("2 collinear shares left out") for note in found.notes)


def test_what_cannot_be_inferred_is_refused() -> None:
    sample = world(complete=True)
    plain = estimate(sample, FixedEffects("y", ("x", "c"), ("year",)))
    with pytest.raises(SpecificationError, match="no coefficient of z"):
        infer(plain, AKM("z"))
    with pytest.raises(IdentificationError, match="collapse to zero"):
        estimate(_few_dimensions(), FixedEffects("y", ("x",), ("year",)), AKM("x"))
    with pytest.raises(IdentificationError, match="fewer shocks than rows"):
        infer(estimate(world(n=11, kinds=12, complete=True), FixedEffects("y", ("x",))), AKM("x"))
    over = InstrumentalVariables("y", ("d",), ("x", "z"), absorb=("year",))
    with pytest.raises(SpecificationError, match="as many exposures as instruments"):
        estimate(sample, over, AKM("x"))
    other = InstrumentalVariables("y", ("d",), ("c",), absorb=("year",))
    with pytest.raises(SpecificationError, match="exposure itself as the instrument"):
        estimate(sample, other, AKM("x"))
    with pytest.raises(SpecificationError, match="kernel on both sides"):
        AKM("x") | Cluster("firm_id")


def _few_dimensions() -> Sample:
    """Six categories, of which only two ever differ between units."""
    sample = world(kinds=6, complete=True)
    x = sample.exposure("x")
    share = np.full((60, 6), 1 / 6)
    move = np.linspace(0, 1 / 6, 60)
    share[:, 0] += move
    share[:, 1] -= move
    flat = Shares(
        "share", x.shares.units, x.shares.categories, x.shares.years, (sparse.csr_array(share),)
    )
    again = expose(flat, x.shock, ShiftShare(), "x")
    panel = Panel.of(sample.panel.frame[["firm_id", "year", "y", "c"]])
    return Sample.of(panel, exposures=(again,))


@pytest.mark.reference
def test_stored_intervals_of_commuting_zones(shared: Path) -> None:
    """README case of ShiftShareSE (Adao, Kolesar and Morales 2019); tolerance 1e-9."""
    folder = shared / "data" / "adh_akm"
    rows = pd.read_csv(folder / "adh_reg.csv")  # noqa: TID251 - outside the project
    cells = pd.read_csv(folder / "adh_W_sparse.csv.gz")  # noqa: TID251 - outside the project
    kinds = pd.read_csv(folder / "adh_sic.csv")["sic"].astype(str).to_numpy()  # noqa: TID251
    rows = rows.assign(year=np.where(rows["t2"], 2000, 1990), czone=rows["czone"].astype(str))
    late = rows["year"].to_numpy()[cells["row"]]
    table = pd.DataFrame(
        {
            "czone": rows["czone"].to_numpy()[cells["row"]],
            "year": late,
            "sic": kinds[cells["col"]],
            "share": cells["share"],
        }
    )
    shares = Shares.of(table, unit="czone", category="sic", year="year")
    matrix = sparse.csr_array((cells["share"], (cells["row"], cells["col"])), shape=(1444, 770))
    g = np.linalg.lstsq(matrix.toarray(), rows["IV"].to_numpy(), rcond=None)[0]
    values = np.full((len(shares.categories), 2), np.nan)
    year = np.zeros(770, int)
    year[cells["col"]] = late == 2000
    values[np.searchsorted(shares.categories.astype(str), kinds), year] = g
    shock = Shock("g", shares.categories, shares.years, values)
    spec = ShiftShare(incomplete="allow", absent="zero")
    panel = Panel.of(rows.drop(columns="weights"), entity="czone")
    sample = Sample.of(panel, exposures=(expose(shares, shock, spec, "z"),))
    design = InstrumentalVariables("d_sh_empl", ("shock",), ("IV",))
    stored = json.loads((shared / "reference" / "network.json").read_text("utf-8"))["akm_adh"]
    akm = estimate(sample, design, AKM("z"))
    imposed = infer(akm, AKM0("z"))
    assert akm.beta[0] == pytest.approx(stored["beta"], abs=1e-12)
    for name, found in (("AKM", akm), ("AKM0", imposed)):
        assert found.std_errors[0] == pytest.approx(stored["se"][name], abs=1e-9)
        assert list(found.confint().loc["shock"]) == pytest.approx(stored["ci95"][name], abs=1e-9)
        assert found.tidy()["p_value"]["shock"] == pytest.approx(stored["p"][name], abs=1e-9)
