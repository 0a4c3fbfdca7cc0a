"""Production functions: Monte Carlo tables of known economies, and speed beside a peer.

    python benchmarks/productivity.py tables --draws 200      # three tables, about 15 minutes
    python benchmarks/productivity.py errors --draws 1000     # standard errors beside deviations
    python benchmarks/productivity.py speed                   # seconds and draws a second
    python benchmarks/productivity.py large                   # one million firm-years

The economies are those of Ackerberg, Caves and Frazer (2015), section 5. In the second table an
exposure moves productivity: the usual two steps are compared with the exposure inside the law of
motion. The peer, StatsPAI, is timed in the same process where it is installed; seconds are of all
cores together, so that other work on the machine matters little.
"""

import argparse
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

import spillover as sp
from spillover.numerics.redraw import firm_weights
from spillover.productivity.bootstrap import Redraws
from spillover.simulation.known_technologies import investors, price_takers, slow_adjusters

ROLES = ("y", "gross_leontief", "l", "k", "m")
LINEAR = sp.LawOfMotion(degree=1)
INSIDE = sp.LawOfMotion(degree=1, exposures=("s",), shifters=(), interactions=False)
FIRM = sp.Cluster("firm_id")


def acf(law: sp.LawOfMotion = LINEAR, degree: int = 1) -> sp.AckerbergCavesFrazer:
    return sp.AckerbergCavesFrazer(*ROLES, degree=degree, law=law, in_logs=True)


def lp(degree: int = 1) -> sp.LevinsohnPetrin:
    return sp.LevinsohnPetrin(*ROLES, degree=degree, law=LINEAR, in_logs=True)


def line(values: list[np.ndarray]) -> str:
    table = np.array(values)
    mean, sd = table.mean(axis=0), table.std(axis=0, ddof=1)
    return "  ".join(f"{m:7.4f} ({s:.4f})" for m, s in zip(mean, sd, strict=True))


def timing_table(draws: int) -> None:
    print(f"Mean (deviation) over {draws} economies; elasticities are 0.6 and 0.4")
    heads = "  ".join(f"{h:16s}" for h in ("ACF labor", "ACF capital", "LP labor", "LP capital"))
    print(f"{'design':7s}{'error':>6s}  {heads}  mean error / deviation")
    for design in ("DGP1", "DGP2", "DGP3"):
        for error in (0.0, 0.1, 0.2, 0.5):
            found, errors = [], []
            for seed in range(draws):
                economy = sp.TimingEconomy(design, measurement_error=error)
                panel = sp.Panel.of(economy.simulate(seed))
                rows = [sp.measure(panel, spec).coefficients() for spec in (acf(), lp())]
                found.append(np.concatenate([row["estimate"].to_numpy() for row in rows]))
                errors.append(np.concatenate([row["std_error"].to_numpy() for row in rows]))
            ratio = np.mean(errors, axis=0) / np.std(found, axis=0, ddof=1)
            beside = " ".join(f"{one:5.2f}" for one in ratio)
            print(f"{design:7s}{error:6.1f}  {line(found)}  {beside}", flush=True)


def exposure_table(draws: int) -> None:
    print(f"\nEffect of an exposure on productivity, mean (deviation) over {draws} economies")
    heads = "  ".join(f"{h:16s}" for h in ("two steps", "inside", "coverage", "error/sd"))
    print(f"{'design':7s}{'effect':>7s}  {heads}")
    two = sp.FixedEffects.formula("log_tfp ~ lag(log_tfp) + lag(s)")
    for design in ("DGP1", "DGP2"):
        for effect in (0.0, 0.05, 0.10):
            found, covered, errors = [], [], []
            for seed in range(draws):
                panel = sp.Panel.of(sp.TimingEconomy(design, spillover=effect).simulate(seed))
                apart = sp.Sample.of(panel, sp.measure(panel, acf()))
                made = sp.Sample.of(panel, sp.measure(panel, acf(INSIDE)))
                inside = sp.estimate(made, sp.EndogenousProductivity(), vcov=FIRM)
                row, interval = inside.tidy().loc["s"], inside.confint().loc["s"]
                found.append(np.array([two.solve(apart).beta[1], row["estimate"]]))
                covered.append(interval["low"] <= effect <= interval["high"])
                errors.append(row["std_error"])
            ratio = np.mean(errors) / np.std([pair[1] for pair in found], ddof=1)
            share = np.mean(covered)
            print(
                f"{design:7s}{effect:7.2f}  {line(found)}  {share:8.3f}  {ratio:6.3f}", flush=True
            )


def second_stage_table(draws: int) -> None:
    print(f"\nRegression of productivity with the shock on labor, {draws} economies of 250 firms")
    design = sp.FixedEffects.formula("log_tfp_with_shock ~ l | year")
    found = []
    for seed in range(draws):
        panel = sp.Panel.of(sp.TimingEconomy("DGP1", firms=250, years=8).simulate(seed))
        sample = sp.Sample.of(panel, sp.measure(panel, acf()))
        rows = [
            sp.estimate(sample, design, vcov=FIRM, first_stage=rule)
            for rule in ("correct", "ignore")
        ]
        found.append([rows[0].beta[0], *(row.std_errors[0] for row in rows)])
    beta, known, ignored = np.array(found).T
    print(f"deviation of the coefficient {beta.std(ddof=1):.4f}")
    for name, errors in (("corrected", known), ("first stage ignored", ignored)):
        share = np.mean(np.abs(beta - beta.mean()) <= 1.97 * errors)
        print(f"{name:20s} mean error {errors.mean():.4f}  coverage of 95 % intervals {share:.3f}")


def technology(spec: object) -> Callable[[sp.Panel], pd.DataFrame]:
    """Estimates and errors of the technology that a specification finds."""
    return lambda panel: sp.measure(panel, spec).coefficients().droplevel("block")


def exposed(panel: sp.Panel) -> pd.DataFrame:
    """The effect of an exposure inside the law of motion."""
    sample = sp.Sample.of(panel, sp.measure(panel, acf(INSIDE)))
    return sp.estimate(sample, sp.EndogenousProductivity(), vcov=FIRM).tidy()


Economy = tuple[Callable[[int], pd.DataFrame], dict[str, Callable[[sp.Panel], pd.DataFrame]]]


def cases() -> dict[str, Economy]:
    """Economies, and what is estimated on each."""
    linear = {"degree": 1, "law": LINEAR, "in_logs": True}
    flexible = {"share_degree": 2, "constant_degree": 2, "law": LINEAR, "in_logs": True}
    olley = sp.OlleyPakes("y", "gross_leontief", "l", "k", "i", **linear)
    gross = sp.GandhiNavarroRivers("y", ("k", "l"), "m", "s", **flexible)
    dynamic = sp.BlundellBond("y", ("l", "k"), in_logs=True)
    return {
        "slow": (lambda s: slow_adjusters(s, firms=1500), {"Blundell-Bond": technology(dynamic)}),
        "investors": (investors, {"Olley-Pakes": technology(olley)}),
        "DGP2": (
            sp.TimingEconomy("DGP2").simulate,
            {
                "Levinsohn-Petrin": technology(lp()),
                "Wooldridge": technology(sp.Wooldridge(*ROLES, **linear)),
            },
        ),
        "DGP1": (sp.TimingEconomy("DGP1").simulate, {"Ackerberg-Caves-Frazer": technology(acf())}),
        "exposed": (
            sp.TimingEconomy("DGP1", spillover=0.10).simulate,
            {"exposure in the process": exposed},
        ),
        "takers": (
            lambda s: price_takers(s, firms=1000),
            {"Gandhi-Navarro-Rivers": technology(gross)},
        ),
    }


def error_table(draws: int, only: str) -> None:
    print(f"Standard errors over {draws} economies, clustered by firm; relative error of a ratio")
    print(f"about {1 / np.sqrt(2 * draws):.3f}; the robust ratio divides by IQR / 1.349, coverage")
    print("is that of 95 % intervals about the mean of all economies")
    heads = ("mean", "sd", "error/sd", "robust", "coverage")
    print(f"{'estimator':24s}{'term':>16s}" + "".join(f"{head:>10s}" for head in heads))
    for economy, (simulate, estimators) in cases().items():
        if only not in ("", economy):
            continue
        found: dict[str, list[pd.DataFrame]] = {name: [] for name in estimators}
        for seed in range(draws):
            panel = sp.Panel.of(simulate(seed))
            for name, estimator in estimators.items():
                found[name].append(estimator(panel)[["estimate", "std_error"]])
        for name, tables in found.items():
            ratios(name, tables)


def ratios(name: str, tables: list[pd.DataFrame]) -> None:
    """One line for each term: errors beside the spread of estimates."""
    cube = np.array(tables)
    for j, term in enumerate(tables[0].index):
        values, errors = cube[:, j].T
        middle, sd = values.mean(), values.std(ddof=1)
        low, high = np.quantile(values, (0.25, 0.75))
        error, robust = np.sqrt((errors**2).mean()), np.median(errors) / ((high - low) / 1.349)
        covered = np.mean(np.abs(values - middle) <= 1.96 * errors)
        print(f"{name:24s}{term:>16s}{middle:10.4f}{sd:10.4f}{error / sd:10.3f}{robust:10.3f}"
              f"{covered:10.3f}", flush=True)  # fmt: skip


def cpu(function: Callable[[], object], least: float = 1.0) -> float:
    """Processor seconds of one call, mean over at least ``least`` seconds."""
    function()
    start, calls = time.process_time(), 0
    while time.process_time() - start < least:
        function()
        calls += 1
    return (time.process_time() - start) / calls


def draws_per_second(panel: sp.Panel, spec: object, draws: int = 300) -> float:
    redraws = Redraws.of(sp.measure(panel, spec))
    rng, firms = np.random.default_rng(1), len(panel.units)
    start = time.process_time()
    for _ in range(draws):
        redraws.at(firm_weights(rng, firms, "multinomial"))
    return draws / (time.process_time() - start)


def peer_draws(name: str, panel: sp.Panel, draws: int = 60) -> tuple[float, float] | None:
    """Seconds of a point estimate and bootstrap draws a second of the peer."""
    try:
        from statspai.structural import production
    except ImportError:
        return None
    estimator = getattr(production, name)
    options = {
        "output": "y", "free": "l", "state": "k", "proxy": "m", "panel_id": "firm_id",
        "time": "year", "polynomial_degree": 3, "productivity_degree": 3,
    }  # fmt: skip
    frame = panel.frame
    warnings.simplefilter("ignore")

    def point() -> object:
        return estimator(frame, **options, boot_reps=0)

    seconds = cpu(point)
    start = time.process_time()
    estimator(frame, **options, boot_reps=draws, seed=1)
    return seconds, draws / (time.process_time() - start - seconds)


def speed() -> None:
    panel = sp.Panel.of(
        sp.TimingEconomy("DGP3", firms=250, years=8, measurement_error=0.1).simulate(1)
    )
    law = sp.LawOfMotion(degree=3)
    specs = {
        "levinsohn_petrin": sp.LevinsohnPetrin(*ROLES, degree=3, law=law, in_logs=True),
        "ackerberg_caves_frazer": sp.AckerbergCavesFrazer(*ROLES, degree=3, law=law, in_logs=True),
    }
    print(f"{len(panel):,} firm-years; point estimates here include all starts and standard errors")
    print(f"{'':24s}{'point, s':>10s}{'draws/s':>10s}{'peer, s':>10s}{'peer draws/s':>14s}")
    for name, spec in specs.items():
        point, draws = cpu(lambda s=spec: sp.measure(panel, s)), draws_per_second(panel, spec)
        peer = peer_draws(name, panel)
        beside = "" if peer is None else f"{peer[0]:10.4f}{peer[1]:14.1f}"
        print(f"{name:24s}{point:10.4f}{draws:10.0f}{beside}", flush=True)
    takers = sp.Panel.of(price_takers(1, firms=500, years=12))
    gross = sp.GandhiNavarroRivers("y", ("k", "l"), "m", "s", in_logs=True)
    made, point = sp.measure(takers, gross), cpu(lambda: sp.measure(takers, gross))
    residual = min(root.objective for root in made.blocks[0].roots if root.exact)
    print(f"Gandhi-Navarro-Rivers, degrees 3, {len(takers):,} firm-years: {point:.3f} s, "
          f"greatest scaled moment at the root {residual:.1e}", flush=True)  # fmt: skip


def large() -> None:
    frame = sp.TimingEconomy("DGP3", firms=100_000, measurement_error=0.1).simulate(1)
    panel = sp.Panel.of(frame)
    start, used = time.perf_counter(), time.process_time()
    made = sp.measure(panel, sp.AckerbergCavesFrazer(*ROLES, degree=2, law=LINEAR, in_logs=True))
    seconds, spent = time.perf_counter() - start, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"ACF on {len(panel):,} firm-years: {seconds:.1f} s ({spent:.1f} s of processors), "
          f"{memory:.2f} GB at most")  # fmt: skip
    print(made.coefficients())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("tables", "errors", "speed", "large"))
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--economy", choices=tuple(cases()), default="", help="errors of one only")
    options = parser.parse_args()
    if options.what == "tables":
        timing_table(options.draws)
        exposure_table(options.draws)
        second_stage_table(options.draws)
    elif options.what == "errors":
        error_table(options.draws, options.economy)
    elif options.what == "speed":
        speed()
    else:
        large()


if __name__ == "__main__":
    main()
