"""Economies by name: what ``spillover new`` and ``spillover simulate`` draw from."""

from spillover.simulation.channels import Channels, Origins, PlantEffects, Research, Sectors
from spillover.simulation.economy import KYUSHU, Economy
from spillover.simulation.parameters import (
    LinkProcess,
    PatentProcess,
    Plant,
    Population,
    Production,
)

SUPPLY_CHAIN = Economy(
    firms=460,
    years=9,
    first_year=2015,
    spillover=0.15,
    sorting=1.0,
    population=Population(foreign=0.08),
    production=Production(forward=0.15, noise_sd=0.06),
    links=LinkProcess(customers=5.0),
    channels=Channels(outside=0.35, second_tier=0.20),
)
"""Foreign customers help suppliers outside the metropolitan areas more than others; foreign
suppliers and foreign firms in the second tier help as well."""

INVESTOR_ORIGIN = Economy(
    firms=460,
    years=9,
    first_year=2015,
    spillover=0.10,
    population=Population(foreign=0.12),
    production=Production(noise_sd=0.06),
    links=LinkProcess(customers=5.0),
    channels=Channels(origins=Origins(countries=("USA", "DEU", "FRA", "GBR"), effect=0.35)),
)
"""Customers owned from four countries do more for their suppliers than other foreign ones."""

REGIONAL_CLUSTER = Economy(
    firms=800,
    years=10,
    first_year=2015,
    spillover=0.20,
    population=Population(foreign=0.04, plant=Plant(suppliers_per_year=26)),
    production=Production(noise_sd=0.06),
    links=LinkProcess(customers=4.0, tail=2.0),
    channels=Channels(cluster=PlantEffects()),
)
"""A plant opens in Kumamoto; what it does travels along links that were there before."""

JOINT_RESEARCH = Economy(
    firms=520,
    years=12,
    first_year=2012,
    population=Population(foreign=0.10),
    links=LinkProcess(customers=1.5),
    patents=PatentProcess(
        per_firm=0.9, dispersion=0.8, joint=0.3, foreign_odds=3.0, sorting=0.7, from_foreign=0.20
    ),
)
"""Firms that file patents with foreign firms file more of their own later; domestic partners do
nothing."""

SECTOR_LINKAGES = Economy(
    firms=240,
    years=20,
    first_year=2004,
    spillover=0.0,
    population=Population(
        foreign=0.30, initial=0.75, exit=0.005, entry=0.005, industries="manufacturing"
    ),
    production=Production(noise_sd=0.25, year_sd=0.02, persistence=0.4, degree=0.0),
    links=LinkProcess(customers=1.5),
    channels=Channels(sectors=Sectors()),
)
"""Foreign firms help their own industry and the industries that supply them."""

FOREIGN_RND = Economy(
    firms=440,
    years=13,
    first_year=2008,
    spillover=0.0,
    population=Population(foreign=0.25, initial=0.3, industries="manufacturing"),
    production=Production(noise_sd=0.06, degree=0.0),
    links=LinkProcess(customers=1.5),
    patents=PatentProcess(per_firm=0.8, dispersion=0.6),
    channels=Channels(research=Research()),
)
"""Domestic firms learn from the R&D of near foreign firms, and not from their capital."""

PRESETS = {
    "default": Economy(),
    "kyushu": KYUSHU,
    "supply_chain": SUPPLY_CHAIN,
    "investor_origin": INVESTOR_ORIGIN,
    "regional_cluster": REGIONAL_CLUSTER,
    "joint_research": JOINT_RESEARCH,
    "sector_linkages": SECTOR_LINKAGES,
    "foreign_rnd": FOREIGN_RND,
}
"""Economies by name, for templates and the command line."""
