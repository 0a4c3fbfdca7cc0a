"""Numbers of fixest, csdid and the R package did."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.sun_abraham import SunAbraham
from spillover.estimation.estimate import estimate
from spillover.estimation.result import Estimate
from spillover.inference.cluster import Cluster
from spillover.sample import Sample
from spillover.tables.panel import Panel

pytestmark = pytest.mark.reference


def case_of(shared: Path, name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == name)
    return case, pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema


def counties(shared: Path, aggregate: str) -> tuple[dict[str, Any], Estimate]:
    case, frame = case_of(shared, "mpdta_callaway_santanna")
    frame = frame.rename(columns={"first.treat": "first"})
    design = CallawaySantAnna(
        "lemp", "first", controls="never", base="varying", aggregate=aggregate
    )
    sample = Sample.of(Panel.of(frame, "countyreal", "year"))
    return case, estimate(sample, design, Cluster("countyreal", small_sample="none"))


@pytest.mark.parametrize(
    ("peer", "aggregate"), [("fixest event", "dynamic"), ("fixest ATT", "simple")]
)
def test_saturated_regression_meets_fixest(shared: Path, peer: str, aggregate: str) -> None:
    # fixest 0.14.2, sunab(cohort, year), clustered by firm; shares of cohorts count as known.
    case, frame = case_of(shared, "R14_sunab")
    design = SunAbraham(
        "y", "cohort", ("x",), ("firm", "year"), aggregate=aggregate, shares="fixed"
    )
    fit = estimate(Sample.of(Panel.of(frame, "firm", "year")), design, Cluster("firm"))
    table, expected = fit.tidy(), case["peers"][peer]
    for name, value in expected["coef"].items():
        term = name.replace("year::", "event=").replace("ATT", "att")
        assert table.loc[term, "estimate"] == pytest.approx(value, rel=case["rtol"])
        assert table.loc[term, "std_error"] == pytest.approx(expected["se"][name], rel=case["rtol"])
        if "p" in expected:
            assert table.loc[term, "p_value"] == pytest.approx(
                expected["p"][name], rel=case["rtol"]
            )
    if "p" in expected:
        assert (fit.nobs, fit.covariance.df_t) == (expected["nobs"], expected["df_t"])
        assert fit.covariance.parameters == expected["df_k"]


def test_simple_average_meets_csdid(shared: Path) -> None:
    # csdid 0.4.3 and moderndid 0.2.0, analytic standard error without small-sample factor.
    case, frame = case_of(shared, "R17_cs_simple")
    design = CallawaySantAnna("y", "cohort", controls="never", aggregate="simple")
    sample = Sample.of(Panel.of(frame, "firm", "year"))
    fit = estimate(sample, design, Cluster("firm", small_sample="none"))
    assert fit.beta[0] == pytest.approx(case["peers"]["csdid"]["att"], rel=1e-9)
    assert fit.std_errors[0] == pytest.approx(case["peers"]["csdid"]["se"], rel=1e-9)


def test_teen_employment_meets_the_published_effects(shared: Path) -> None:
    # Callaway and Sant'Anna (2021); published to four digits, bootstrap errors within 10 %.
    case, fit = counties(shared, "group_time")
    table = fit.tidy()
    assert len(table) == len(case["att_gt"])
    for cell in case["att_gt"]:
        row = table.loc[f"cohort={cell['g']}, year={cell['t']}"]
        assert row["estimate"] == pytest.approx(cell["att"], rel=1e-9)
        if cell["published_att"] is not None:
            assert row["estimate"] == pytest.approx(cell["published_att"], abs=5e-5)
            assert row["std_error"] == pytest.approx(cell["published_se"], rel=0.1)
    before = [n for n in table.index if int(n[7:11]) > int(n[-4:])]
    assert fit.test([f"'{name}' = 0" for name in before]).p_value == pytest.approx(
        0.16812, abs=0.01
    )


@pytest.mark.parametrize(
    ("aggregate", "word", "overall"),
    [("dynamic", "event", "dynamic_overall"), ("group", "cohort", "group_overall")],
)
def test_averages_of_teen_employment_meet_did(
    shared: Path, aggregate: str, word: str, overall: str
) -> None:
    case, fit = counties(shared, aggregate)
    found = dict(zip(fit.names, fit.beta, strict=True))
    for key, value in case["aggregations"][aggregate].items():
        assert found[f"{word}={key}"] == pytest.approx(value, rel=1e-9)
    assert found["average"] == pytest.approx(case["aggregations"][overall], rel=1e-9)


def test_errors_of_the_dynamic_average_meet_did(shared: Path) -> None:
    # -0.0772 (0.0219) from a multiplier bootstrap, printed with the package.
    case, fit = counties(shared, "dynamic")
    value, error = case["aggregations"]["dynamic_overall_published"]
    assert fit.beta[-1] == pytest.approx(value, abs=5e-5)
    assert fit.std_errors[-1] == pytest.approx(error, rel=0.1)
    _, simple = counties(shared, "simple")
    np.testing.assert_allclose(simple.beta, case["aggregations"]["simple"], rtol=1e-9)
