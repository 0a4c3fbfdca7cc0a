"""Technology spillovers from foreign to domestic firms.

An exposure is a network carrying a shock; an estimate is a design meeting a dependence.
Names are loaded on first use, so that ``import spillover`` costs almost nothing.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "EndogenousProductivity": "designs.endogenous_productivity",
    "FixedEffects": "designs.fixed_effects",
    "InstrumentalVariables": "designs.instruments",
    "ProductionFunction": "designs.production_function",
    "PoissonFixedEffects": "designs.poisson",
    "ShiftShareIV": "designs.shift_share",
    "SpilloverError": "errors",
    "estimate": "estimation.estimate",
    "infer": "estimation.estimate",
    "benjamini_hochberg": "estimation.families",
    "romano_wolf": "estimation.families",
    "combine": "estimation.hypotheses",
    "simultaneous": "estimation.hypotheses",
    "wald": "estimation.hypotheses",
    "joint_bootstrap": "estimation.joint",
    "Estimate": "estimation.result",
    "rotemberg": "estimation.shift_share",
    "shock_balance": "estimation.shift_share",
    "shock_level": "estimation.shift_share",
    "shocks": "estimation.shift_share",
    "anderson_rubin": "estimation.weak",
    "anderson_rubin_set": "estimation.weak",
    "first_stage": "estimation.weak",
    "expose": "exposures.expose",
    "Exposure": "exposures.exposure",
    "Assignment": "exposures.assignment",
    "Backward": "exposures.linkages",
    "Forward": "exposures.linkages",
    "Horizontal": "exposures.linkages",
    "SupplyBackward": "exposures.linkages",
    "Neighbors": "exposures.neighbors",
    "split": "exposures.origins",
    "Presence": "exposures.presence",
    "Contributions": "exposures.contributions",
    "Shares": "exposures.shares",
    "ShiftShare": "exposures.shift_share",
    "PerpetualInventory": "exposures.inventory",
    "accumulate": "exposures.inventory",
    "KnowledgePool": "exposures.knowledge",
    "recenter": "exposures.recenter",
    "Shock": "exposures.shock",
    "Cluster": "inference.cluster",
    "Dyadic": "inference.dyadic",
    "Heteroskedastic": "inference.independent",
    "Homoskedastic": "inference.independent",
    "NetworkHAC": "inference.network",
    "DriscollKraay": "inference.serial",
    "AKM": "inference.shift_share",
    "AKM0": "inference.shift_share",
    "ShockLevel": "inference.shock_level",
    "NeweyWest": "inference.serial",
    "Conley": "inference.spatial",
    "WildCluster": "inference.wild",
    "brokerage": "networks.brokerage",
    "connect": "networks.connect",
    "from_networkx": "networks.convert",
    "to_networkx": "networks.convert",
    "JointPatents": "networks.copatent",
    "describe": "networks.describe",
    "IndustryFlows": "networks.industries",
    "Network": "networks.network",
    "GeographicProximity": "networks.geography",
    "normalize": "networks.normalize",
    "PatentClasses": "networks.portfolio",
    "Portfolio": "networks.portfolio",
    "portfolio": "networks.portfolio",
    "TechnologicalProximity": "networks.proximity",
    "near": "networks.proximity",
    "proximity": "networks.proximity",
    "downstreamness": "networks.propagate",
    "katz": "networks.propagate",
    "upstreamness": "networks.propagate",
    "summarize": "networks.summary",
    "SupplyLinks": "networks.supply",
    "check": "pipelines.check",
    "RunResult": "pipelines.run",
    "run": "pipelines.run",
    "Study": "pipelines.study",
    "load_study": "pipelines.toml",
    "save_study": "pipelines.toml",
    "AckerbergCavesFrazer": "productivity.ackerberg_caves_frazer",
    "bootstrap": "productivity.bootstrap",
    "MultilateralIndex": "productivity.index_number",
    "Wooldridge": "productivity.wooldridge",
    "s_set": "productivity.s_set",
    "SolowResidual": "productivity.index_number",
    "GandhiNavarroRivers": "productivity.gandhi_navarro_rivers",
    "StochasticFrontier": "productivity.stochastic_frontier",
    "LawOfMotion": "productivity.law",
    "LevinsohnPetrin": "productivity.levinsohn_petrin",
    "markups": "productivity.markups",
    "measure": "productivity.measure",
    "OlleyPakes": "productivity.olley_pakes",
    "Productivity": "productivity.productivity",
    "RootRule": "productivity.roots",
    "ResultTable": "reports.result_table",
    "TableLayout": "reports.table_data",
    "tabulate": "reports.tabulate",
    "Sample": "sample",
    "Economy": "simulation.economy",
    "KYUSHU": "simulation.economy",
    "MonteCarloTable": "simulation.monte_carlo",
    "monte_carlo": "simulation.monte_carlo",
    "SimulatedEconomy": "simulation.simulate",
    "simulate": "simulation.simulate",
    "TimingEconomy": "simulation.timing",
    "write_tables": "simulation.write",
    "BOP_10": "tables.foreign",
    "FULL": "tables.foreign",
    "ForeignDefinition": "tables.foreign",
    "JETRO_ANY": "tables.foreign",
    "MAJORITY": "tables.foreign",
    "METI_THIRD": "tables.foreign",
    "Panel": "tables.panel",
    "read": "tables.read",
    "Tables": "tables.tables",
    "validate": "tables.validate",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name not in _HOMES:
        raise AttributeError(f"module 'spillover' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"spillover.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def home(name: str) -> str:
    """The module, below ``spillover``, that defines a public name."""
    return _HOMES[name]


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
