"""The firm bootstrap of production functions beside analytic errors, and draws in threads.

    python benchmarks/bootstrap.py errors --draws 400 --economies 8   # about 10 minutes
    python benchmarks/bootstrap.py threads                            # a minute

Errors: for each economy the deviation of draws, and their interquartile range over 1.349, is
divided by the analytic error clustered by firm; printed are the median and the range of these
ratios over economies. The last lines carry the same firm weights through a regression on
productivity. Threads: draws a second of one thread and of as many as processors, with whether all
draws are equal to the last byte.
"""

import argparse
import os
import time

import numpy as np

import spillover as sp
from spillover.estimation.joint import joint_bootstrap
from spillover.productivity.bootstrap import bootstrap
from spillover.simulation.known_technologies import price_takers

ROLES = ("y", "gross_leontief", "l", "k", "m")
LINEAR = {"degree": 1, "law": sp.LawOfMotion(degree=1), "in_logs": True}
GROSS = {"share_degree": 2, "constant_degree": 2, "law": LINEAR["law"], "in_logs": True}
ESTIMATORS = {
    "Levinsohn-Petrin": sp.LevinsohnPetrin(*ROLES, **LINEAR),
    "Ackerberg-Caves-Frazer": sp.AckerbergCavesFrazer(*ROLES, **LINEAR),
    "Wooldridge": sp.Wooldridge(*ROLES, **LINEAR),
    "Gandhi-Navarro-Rivers": sp.GandhiNavarroRivers("y", ("k", "l"), "m", "s", **GROSS),
}
REGRESSIONS = ("log_tfp_with_shock ~ l | year", "log_tfp ~ lag(k) | year")


def economy(name: str, seed: int, firms: int) -> sp.Panel:
    """Design 1 with a tenth of measurement error; takers of prices for gross output."""
    if name == "Gandhi-Navarro-Rivers":
        return sp.Panel.of(price_takers(seed, firms=firms))
    return sp.Panel.of(sp.TimingEconomy("DGP1", firms=firms, measurement_error=0.1).simulate(seed))


def line(name: str, term: str, rows: list[tuple[float, float, float]]) -> None:
    deviation, robust, share = np.array(rows).T
    print(f"{name:24s}{term:32s}{np.median(deviation):8.3f}{deviation.min():8.3f}"
          f"{deviation.max():8.3f}{np.median(robust):9.3f}{robust.min():8.3f}{robust.max():8.3f}"
          f"{share.min():9.3f}", flush=True)  # fmt: skip


def technologies(draws: int, economies: int, firms: int) -> None:
    for name, spec in ESTIMATORS.items():
        found: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(economies):
            made = sp.measure(economy(name, seed, firms), spec)
            drawn = bootstrap(made, draws, seed=seed)
            errors, table = made.coefficients()["std_error"].to_numpy(), drawn.table()
            for error, (term, row) in zip(errors, table.iterrows(), strict=True):
                pair = (row["std_error"] / error, row["iqr_error"] / error, drawn.share)
                found.setdefault(str(term), []).append(pair)
        for term, rows in found.items():
            line(name, term, rows)


def regressions(draws: int, economies: int, firms: int) -> None:
    name = "Ackerberg-Caves-Frazer"
    for formula in REGRESSIONS:
        rows = []
        for seed in range(economies):
            panel = economy(name, seed, firms)
            sample = sp.Sample.of(panel, sp.measure(panel, ESTIMATORS[name]))
            design = sp.FixedEffects.formula(formula)
            known = sp.estimate(sample, design, vcov=sp.Cluster("firm_id"))
            drawn = joint_bootstrap(known, draws, seed=seed)
            kept = drawn.draws[drawn.converged, 0]
            low, high = np.quantile(kept, (0.25, 0.75))
            error, share = float(known.std_errors[0]), float(drawn.converged.mean())
            rows.append((kept.std(ddof=1) / error, (high - low) / 1.349 / error, share))
        line("second stage on ACF", formula, rows)


def error_table(draws: int, economies: int, firms: int) -> None:
    print(f"{economies} economies of {firms} firms, {draws} draws each; a deviation of draws has a")
    print(f"relative error of {1 / np.sqrt(2 * draws):.3f} of its own in each economy")
    heads = ("median", "least", "greatest", "robust", "least", "greatest", "share")
    print(f"{'estimator':24s}{'term':32s}" + "".join(f"{head:>9s}" for head in heads))
    technologies(draws, economies, firms)
    regressions(draws, economies, firms)


def timed(made: object, draws: int, threads: int) -> tuple[bytes, float, float]:
    """Draws, and their seconds on the clock and of processors beyond those of one draw."""
    spent = []
    for r in (1, draws + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        found = bootstrap(made, r, seed=1, threads=threads).draws
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    return found.tobytes(), spent[1][0] - spent[0][0], spent[1][1] - spent[0][1]


def thread_table() -> None:
    law = sp.LawOfMotion(degree=3)
    specs = (
        sp.LevinsohnPetrin(*ROLES, degree=3, law=law, in_logs=True),
        sp.AckerbergCavesFrazer(*ROLES, degree=3, law=law, in_logs=True),
    )
    print(f"{'rows':>9s}  {'estimator':22s}{'threads':>8s}{'draws/s':>9s}{'per CPU s':>10s}  equal")
    for firms, draws in ((250, 400), (2500, 120), (12_500, 40), (50_000, 16)):
        simulated = sp.TimingEconomy("DGP3", firms=firms, years=8, measurement_error=0.1)
        panel = sp.Panel.of(simulated.simulate(1))
        for spec in specs:
            made = sp.measure(panel, spec)
            first = None
            for threads in (1, os.cpu_count() or 1):
                found, wall, spent = timed(made, draws, threads)
                first = found if first is None else first
                print(f"{len(panel):9,d}  {type(spec).__name__:22s}{threads:8d}{draws / wall:9.0f}"
                      f"{draws / spent:10.0f}  {found == first}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("errors", "threads"))
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--economies", type=int, default=8)
    parser.add_argument("--firms", type=int, default=250)
    options = parser.parse_args()
    if options.what == "errors":
        error_table(options.draws, options.economies, options.firms)
    else:
        thread_table()


if __name__ == "__main__":
    main()
