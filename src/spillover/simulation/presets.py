"""Economies by name: what ``spillover new`` and ``spillover simulate`` draw from."""

from spillover.simulation.channels import Channels
from spillover.simulation.economy import KYUSHU, Economy
from spillover.simulation.parameters import LinkProcess, Population, Production

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

PRESETS = {"default": Economy(), "kyushu": KYUSHU, "supply_chain": SUPPLY_CHAIN}
"""Economies by name, for templates and the command line."""
