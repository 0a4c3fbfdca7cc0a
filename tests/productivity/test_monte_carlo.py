"""Monte Carlo tables: stored means and deviations of independent implementations.

reference/productivity.json holds them too (acf_monte_carlo, endogenous_process_monte_carlo); the
few cells below are copied so that the checks run everywhere.
"""

import numpy as np
import pytest

import spillover as sp
from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.law import LawOfMotion
from spillover.productivity.levinsohn_petrin import LevinsohnPetrin
from spillover.productivity.measure import measure
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

ROLES = ("y", "gross_leontief", "l", "k", "m")
PLAIN = LawOfMotion(degree=1)
INSIDE = LawOfMotion(degree=1, exposures=("s",), shifters=(), interactions=False)
ACF = {"degree": 1, "in_logs": True}
STORED = {
    ("DGP1", 0.1): ((0.5964, 0.0099), (0.4259, 0.0156), (0.4184, 0.0083), (0.6658, 0.0194)),
    ("DGP1", 0.5): ((0.6284, 0.0109), (0.4042, 0.0156), (0.7543, 0.0064), (0.2916, 0.0107)),
    ("DGP2", 0.0): ((0.6002, 0.0091), (0.3993, 0.0154), (0.5999, 0.0027), (0.3993, 0.0128)),
    ("DGP3", 0.2): ((0.6009, 0.0065), (0.4280, 0.0139), (0.5919, 0.0042), (0.4744, 0.0134)),
}
"""Mean and deviation over 400 replications: ACF labor and capital, LP labor and capital."""


def near(found: np.ndarray, stored: tuple[float, float], reference: int) -> bool:
    mean, sd = stored
    tolerance = 3 * sd / np.sqrt(len(found)) + 3 * sd / np.sqrt(reference) + 0.0005
    return bool(abs(found.mean() - mean) < tolerance)


@pytest.mark.slow
@pytest.mark.parametrize(("design", "error"), sorted(STORED))
def test_means_are_within_three_monte_carlo_errors_of_the_stored_ones(
    design: str, error: float
) -> None:
    draws = []
    for seed in range(60):
        panel = Panel.of(TimingEconomy(design, measurement_error=error).simulate(seed))
        acf = measure(panel, AckerbergCavesFrazer(*ROLES, **ACF, law=PLAIN))
        lp = measure(panel, LevinsohnPetrin(*ROLES, **ACF, law=PLAIN))
        draws.append([*acf.coefficients()["estimate"], *lp.coefficients()["estimate"]])
    table = np.array(draws)
    for column, stored in zip(table.T, STORED[design, error], strict=True):
        assert near(column, stored, 400)


@pytest.mark.slow
def test_the_false_root_is_listed_and_flagged_in_every_sample() -> None:
    for seed in range(30):
        panel = Panel.of(TimingEconomy("DGP2").simulate(seed))
        roots = measure(panel, AckerbergCavesFrazer(*ROLES, **ACF, law=PLAIN)).blocks[0].roots
        false = [
            r for r in roots if r.exact and np.abs(np.subtract(r.coefficients, (1, 0))).max() < 0.1
        ]
        assert len(false) == 1
        assert "low_persistence" in false[0].flags


@pytest.mark.slow
def test_the_exposure_inside_the_law_of_motion_is_found_and_covered() -> None:
    # endogenous_process_monte_carlo, DGP1, gamma 0.1: inside 0.1003 (0.0028), two-step 0.1133
    found, covered, errors, naive = [], [], [], []
    for seed in range(200):
        panel = Panel.of(TimingEconomy("DGP1", spillover=0.1).simulate(seed))
        made = measure(panel, AckerbergCavesFrazer(*ROLES, **ACF, law=INSIDE))
        row = sp.estimate(
            sp.Sample.of(panel, made), EndogenousProductivity(), vcov=sp.Cluster("firm_id")
        )
        low, high = row.confint().loc["s"]
        found.append(row.tidy().loc["s", "estimate"])
        errors.append(row.tidy().loc["s", "std_error"])
        covered.append(low <= 0.1 <= high)
        if seed < 40:
            apart = measure(panel, AckerbergCavesFrazer(*ROLES, **ACF, law=PLAIN))
            two = sp.FixedEffects.formula("log_tfp ~ lag(log_tfp) + lag(s)")
            naive.append(two.solve(sp.Sample.of(panel, apart)).beta[1])
    assert near(np.array(found), (0.1003, 0.0028), 60)
    assert near(np.array(naive), (0.1133, 0.0032), 60)
    assert 0.92 <= np.mean(covered) <= 0.97
    assert np.mean(errors) == pytest.approx(np.std(found, ddof=1), rel=0.15)


@pytest.mark.slow
def test_the_corrected_second_stage_covers_and_the_uncorrected_one_does_not() -> None:
    # productivity with the shock on labor: its slope moves one for one with the elasticities
    design = sp.FixedEffects.formula("log_tfp_with_shock ~ l | year")
    spec = AckerbergCavesFrazer(*ROLES, **ACF, law=PLAIN)
    economy = TimingEconomy("DGP1", firms=250, years=8)
    draws = []
    for seed in range(200):
        panel = Panel.of(economy.simulate(seed))
        sample = sp.Sample.of(panel, measure(panel, spec))
        rows = [
            sp.estimate(sample, design, vcov=sp.Cluster("firm_id"), first_stage=rule)
            for rule in ("correct", "ignore")
        ]
        draws.append([rows[0].beta[0], *(row.std_errors[0] for row in rows)])
    beta, known, ignored = np.array(draws).T
    middle = beta.mean()
    coverage = [np.mean(np.abs(beta - middle) <= 1.97 * error) for error in (known, ignored)]
    assert 0.91 <= coverage[0] <= 0.985
    assert coverage[1] < 0.85
