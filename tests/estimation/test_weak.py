"""First-stage diagnostics and Anderson-Rubin sets against regressions written out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate
from spillover.estimation.weak import anderson_rubin, anderson_rubin_set, first_stage
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel


def frame_of(seed: int, strength: float = 1.0, n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    firm, year = np.arange(n) // 6, np.arange(n) % 6
    z = rng.normal(size=(n, 2))
    u = rng.normal(size=n)
    d = strength * z[:, 0] + 0.3 * strength * z[:, 1] + 0.7 * u + rng.normal(size=n)
    names = {"firm_id": [f"F{code:02d}" for code in firm], "year": 2000 + year}
    return pd.DataFrame(
        {**names, "y": 0.5 * d + u + 0.2 * firm, "d": d, "z1": z[:, 0], "z2": z[:, 1]}
    ).assign(x=rng.normal(size=n))


def sample_of(frame: pd.DataFrame) -> Sample:
    return Sample.of(Panel.of(frame))


VCOVS = [Homoskedastic(), Heteroskedastic("HC1"), Cluster("firm_id")]


@pytest.mark.parametrize("vcov", VCOVS)
def test_the_first_stage_f_is_the_wald_test_of_the_instruments(vcov: object) -> None:
    sample = sample_of(frame_of(1))
    found = estimate(
        sample, InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z2"), vcov=vcov
    )
    stage = estimate(sample, FixedEffects.formula("d ~ z1 + z2 + x | firm_id"), vcov=vcov)
    test = stage.test(["z1 = 0", "z2 = 0"])
    diagnostics = first_stage(found)
    assert diagnostics.table.loc["d", "f"] == pytest.approx(test.f, rel=1e-9)
    assert diagnostics.kleibergen_paap.statistic == pytest.approx(test.f, rel=1e-9)
    assert diagnostics.kleibergen_paap.p_value == pytest.approx(test.p_value, rel=1e-8)


@pytest.mark.parametrize("vcov", VCOVS)
def test_anderson_rubin_is_the_wald_test_of_the_reduced_form(vcov: object) -> None:
    sample = sample_of(frame_of(2).assign(r=lambda f: f["y"] - 0.3 * f["d"]))
    found = estimate(
        sample, InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z2"), vcov=vcov
    )
    reduced = estimate(sample, FixedEffects.formula("r ~ z1 + z2 + x | firm_id"), vcov=vcov)
    test = reduced.test(["z1 = 0", "z2 = 0"])
    assert anderson_rubin(found, [0.3]).statistic == pytest.approx(test.f, rel=1e-9)
    assert anderson_rubin(found, [0.3]).p_value == pytest.approx(test.p_value, rel=1e-8)


@pytest.mark.parametrize("instruments", ["z1", "z1 + z2"])
@pytest.mark.parametrize("strength", [1.0, 0.1, 0.03, 0.0])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_set_holds_exactly_the_values_that_the_test_accepts(
    instruments: str, strength: float, seed: int
) -> None:
    sample = sample_of(frame_of(seed, strength))
    design = InstrumentalVariables.formula(f"y ~ x | firm_id | d ~ {instruments}")
    found = estimate(sample, design, vcov=Cluster("firm_id"))
    accepted = anderson_rubin_set(found)
    for value in np.concatenate([np.linspace(-4, 5, 91), [-1e4, 1e4]]):
        p_value = anderson_rubin(found, [value]).p_value
        if abs(p_value - 0.05) > 1e-8:
            assert (value in accepted) == (p_value > 0.05)
    for low, high in accepted.intervals:
        for end in (low, high):
            if np.isfinite(end):
                assert anderson_rubin(found, [end]).p_value == pytest.approx(0.05, abs=1e-6)


def test_irrelevant_instruments_give_an_unbounded_set_that_says_so() -> None:
    kinds = set()
    for seed in range(12):
        design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1")
        found = estimate(sample_of(frame_of(seed, 0.0)), design, vcov=Heteroskedastic("HC1"))
        accepted = anderson_rubin_set(found)
        kinds.add(accepted.kind)
        assert float(found.beta[0]) in accepted
    assert kinds & {"line", "rays"}


def test_an_invalid_instrument_can_empty_the_set() -> None:
    frame = frame_of(6).assign(y=lambda f: f["y"] + 3 * f["z2"])
    design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z2")
    accepted = anderson_rubin_set(estimate(sample_of(frame), design, vcov=Homoskedastic()))
    assert accepted.kind == "empty"
    assert "every value is rejected" in str(accepted)


def test_one_instrument_makes_all_f_statistics_one() -> None:
    design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1")
    found = first_stage(estimate(sample_of(frame_of(7)), design, vcov=Cluster("firm_id")))
    f = found.table.loc["d", "f"]
    assert found.effective_f == pytest.approx(f, rel=1e-10)
    assert found.kleibergen_paap.statistic == pytest.approx(f, rel=1e-10)
    assert found.table.loc["d", "conditional_f"] == pytest.approx(f, rel=1e-10)
    # Montiel Olea and Pflueger (2013), Table 1: 23.1 for one instrument and a bias of 10 %.
    assert found.effective_f_critical == pytest.approx(23.1, abs=0.05)
    assert found.over_identification is None


def test_rotating_the_instruments_changes_nothing() -> None:
    frame = frame_of(8).assign(a=lambda f: f["z1"] + f["z2"], b=lambda f: f["z1"] - 2 * f["z2"])
    found = [
        first_stage(
            estimate(
                sample_of(frame),
                InstrumentalVariables.formula(f"y ~ x | firm_id | d ~ {z}"),
                vcov=Cluster("firm_id"),
            )
        )
        for z in ("z1 + z2", "a + b")
    ]
    for name in ("effective_f", "cragg_donald", "effective_f_critical"):
        assert getattr(found[0], name) == pytest.approx(getattr(found[1], name), rel=1e-9)
    for name in ("kleibergen_paap", "kleibergen_paap_lm", "over_identification", "endogeneity"):
        first, second = (getattr(one, name).statistic for one in found)
        assert first == pytest.approx(second, rel=1e-8)


def test_included_regressors_among_the_instruments_do_not_inflate_the_effective_f() -> None:
    """A peer that leaves controls in Z'Z reports a multiple of the right value."""
    frame = frame_of(9).assign(x=lambda f: f["x"] + 5.0)
    shifted = frame.assign(z1=frame["z1"] + 10 * frame["x"], z2=frame["z2"] - 7 * frame["x"])
    values = [
        first_stage(
            estimate(
                sample_of(one),
                InstrumentalVariables.formula("y ~ x | d ~ z1 + z2"),
                vcov=Heteroskedastic("HC1"),
            )
        ).effective_f
        for one in (frame, shifted)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-8)


@pytest.mark.oracle
def test_common_variance_diagnostics_equal_those_of_linearmodels() -> None:
    from linearmodels.iv import IV2SLS

    frame = frame_of(10)
    design = InstrumentalVariables.formula("y ~ x | d ~ z1 + z2")
    found = first_stage(estimate(sample_of(frame), design, vcov=Homoskedastic()))
    exogenous, instruments = frame[["x"]].assign(one=1.0), frame[["z1", "z2"]]
    peer = IV2SLS(frame["y"], exogenous, frame[["d"]], instruments).fit(cov_type="unadjusted")
    assert found.over_identification is not None
    assert found.over_identification.statistic == pytest.approx(peer.sargan.stat, rel=1e-9)
    assert found.endogeneity.statistic == pytest.approx(peer.wu_hausman().stat, rel=1e-9)
    partial = peer.first_stage.diagnostics["partial.rsquared"].iloc[0]
    assert found.table.loc["d", "partial_r2"] == pytest.approx(partial, rel=1e-9)


@pytest.mark.reference
def test_sargan_and_hausman_on_the_card_data(shared: Path) -> None:
    """Values of linearmodels 7 on the data of Card (1995): 2.6508 and 3.8685."""
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    path = next(c for c in cases if c["id"] == "R09b_card_iv_iid")["data"]
    frame = pd.read_csv(shared / path)  # noqa: TID251 - reference data have no schema
    frame = frame.assign(firm_id=[f"{i:05d}" for i in range(len(frame))], year=1976)
    formula = "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc2 + nearc4"
    card = InstrumentalVariables.formula(formula)
    found = first_stage(estimate(sample_of(frame), card, vcov=Homoskedastic()))
    assert found.over_identification is not None
    assert found.over_identification.statistic == pytest.approx(2.6508, abs=5e-5)
    assert found.endogeneity.statistic == pytest.approx(3.8685, abs=5e-5)


def test_estimates_without_instruments_are_refused() -> None:
    found = estimate(sample_of(frame_of(1)), FixedEffects.formula("y ~ d | firm_id"))
    with pytest.raises(SpecificationError, match="with instruments"):
        first_stage(found)


def test_several_endogenous_regressors_have_a_joint_test_but_no_single_set() -> None:
    frame = frame_of(11).assign(e=lambda f: f["z2"] + 0.4 * f["x"] ** 2)
    design = InstrumentalVariables.formula("y ~ x | firm_id | d + e ~ z1 + z2")
    found = estimate(sample_of(frame), design, vcov=Heteroskedastic("HC1"))
    assert 0 <= anderson_rubin(found, [0.5, 0.0]).p_value <= 1
    assert list(first_stage(found).table.index) == ["d", "e"]
    with pytest.raises(SpecificationError, match="one endogenous"):
        anderson_rubin_set(found)
    with pytest.raises(SpecificationError, match="2 hypothesised"):
        anderson_rubin(found, [0.5])


def test_fewer_clusters_than_instruments_leave_strength_unknown_and_not_infinite() -> None:
    sample = sample_of(frame_of(6).assign(half=lambda f: f["x"] > 0))
    design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z2")
    found = estimate(sample, design, Cluster("half"))
    stage = first_stage(found)
    assert np.isnan(stage.table.loc["d", ["f", "conditional_f"]]).all()
    assert np.isnan(stage.kleibergen_paap.statistic)
    three = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z2 + square(z1)")
    assert np.isnan(
        first_stage(estimate(sample, three, Cluster("half"))).over_identification.p_value
    )
    for test in (anderson_rubin, anderson_rubin_set):
        with pytest.raises(IdentificationError, match=r"full rank\. Found a singular .* by half"):
            test(found)


@pytest.mark.parametrize("vcov", VCOVS)
@pytest.mark.parametrize("effects", ["", "| firm_id "])
def test_the_scale_of_weights_changes_no_diagnostic(vcov: object, effects: str) -> None:
    sample = sample_of(frame_of(7).assign(w=lambda f: 1 + f["z2"] ** 2, v=lambda f: 1e4 * f["w"]))
    one, other = (
        estimate(
            sample,
            InstrumentalVariables.formula(f"y ~ x {effects}| d ~ z1 + z2", weights=weights),
            vcov,
        )
        for weights in ("w", "v")
    )
    first, second = first_stage(one), first_stage(other)
    pd.testing.assert_frame_equal(first.table, second.table)
    for name in ("effective_f", "effective_f_critical", "cragg_donald"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-9)
    for name in ("kleibergen_paap", "kleibergen_paap_lm", "over_identification", "endogeneity"):
        pair = getattr(first, name).statistic, getattr(second, name).statistic
        assert pair[0] == pytest.approx(pair[1], rel=1e-8)
    ends = [np.array(anderson_rubin_set(each).intervals) for each in (one, other)]
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-8)


def test_first_stage_prints_every_diagnostic_once_and_leaves_out_those_it_lacks() -> None:
    design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1")
    found = first_stage(estimate(sample_of(frame_of(7)), design, vcov=Cluster("firm_id")))
    lines = str(found).splitlines()
    assert f"Effective F: {found.effective_f:.4g}, critical value 23.11" in lines
    assert f"Wu-Hausman: {found.endogeneity}" in lines
    assert not any(line.startswith("Over-identification") for line in lines)
    assert lines[-1] == "Dependence: clustered by firm_id"
