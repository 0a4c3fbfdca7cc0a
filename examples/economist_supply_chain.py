"""Backward and forward exposure of domestic firms, with four kinds of standard errors.

    python examples/economist_supply_chain.py

The data are the six tables of examples/kyushu_semiconductor/data: a simulated economy in which a
large foreign plant opens in Kumamoto in 2021.
"""

from pathlib import Path

import spillover as sp

tables = sp.read(Path(__file__).parent / "kyushu_semiconductor" / "data")
supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
tfp = sp.measure(tables.panel, sp.SolowResidual())
foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)

rule = sp.Neighbors(by="mean", lag=1, isolates="missing")
backward = sp.expose(supply.customers(), foreign, rule, name="backward")
forward = sp.expose(
    supply.suppliers(), foreign, sp.Neighbors(by="mean", lag=1, isolates="zero"), name="forward"
)

sample = sp.Sample.of(
    tables.panel, tfp, foreign, exposures=[backward, forward], networks=[supply]
).where("foreign == 0", reason="foreign firms")

design = sp.FixedEffects.formula(
    "log_tfp ~ backward + forward + forward_isolated + log1p(backward_degree)"
    " + log1p(forward_degree) | firm_id + industry^year"
)
by_firm = sp.estimate(sample, design, vcov=sp.Cluster("firm_id"))
others = [
    sp.infer(by_firm, vcov=sp.Heteroskedastic("HC1")),
    sp.infer(by_firm, vcov=sp.Cluster("industry^year")),
    sp.infer(by_firm, vcov=sp.Cluster("firm_id") | sp.Cluster("prefecture^year")),
]

print(sp.tabulate([by_firm, *others]).to_text())
print()
for loss in by_firm.losses:
    print(f"{loss.reason:40s} {loss.rows:8,d} rows lost {loss.remaining:8,d} left")
