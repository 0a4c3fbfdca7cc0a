"""Who finds the planted effect? An economy whose truth is known, and three ways to look at it.

    python examples/student_known_truth.py

Firms that are good anyway sell more often to foreign firms. Comparing firms confuses the two;
following the same firm over time, with a lag, does not.
"""

import spillover as sp

world = sp.simulate(sp.Economy(firms=400, years=8, spillover=0.30, sorting=1.0), seed=1)
tables = world.tables

supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
rule = sp.Neighbors(by="mean", lag=1, isolates="missing")
backward = sp.expose(supply.customers(), foreign, rule, name="backward")
tfp = sp.measure(tables.panel, sp.SolowResidual())
sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
sample = sample.where("foreign == 0", reason="foreign firms")

by_firm = sp.Cluster("firm_id")
formulas = {
    "pooled": "log_tfp ~ backward + log1p(backward_degree)",
    "same industry and year": "log_tfp ~ backward + log1p(backward_degree) | industry^year",
    "same firm": "log_tfp ~ backward + log1p(backward_degree) | firm_id + industry^year",
}
estimates = {
    label: sp.estimate(sample, sp.FixedEffects.formula(formula), vcov=by_firm)
    for label, formula in formulas.items()
}

print(sp.tabulate(list(estimates.values())).to_text())
truth = world.truth.effects["backward"]
print(f"\nPlanted effect of backward: {truth:.2f}")
for label, estimate in estimates.items():
    low, high = estimate.confint().loc["backward"]
    verdict = "holds the truth" if low <= truth <= high else "misses it"
    print(f"{label:24s} 95 % interval {low:.3f} to {high:.3f}: {verdict}")
