"""The parts of an economy: firms, links, patents, production and what a data provider sees."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.simulation.places import CODES
from spillover.specs import Count, NonNegative, Positive, Share, Spec

Prefecture = Annotated[str, Field(pattern=r"^\d\d$")]


@dataclass(frozen=True, slots=True)
class Plant(Spec):
    """A large foreign plant that opens in one prefecture and gathers suppliers around it."""

    prefecture: Prefecture = "43"
    """JIS X 0401 code of the site; 43 is Kumamoto, where a large semiconductor plant was announced
    in October 2021 (Kyushu Bureau of Economy, Trade and Industry)."""

    opening: int = 2021
    """Calendar year in which the plant starts to buy; same source."""

    suppliers_per_year: Count = 25
    """Suppliers the plant finds in each year from the opening on; choice."""

    local_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Share of domestic firms with a head office in the plant's prefecture; choice."""

    region_share: Annotated[float, Field(gt=0, lt=1)] = 0.55
    """Share of domestic firms with a head office in the plant's region, its prefecture included;
    choice."""

    owner_country: str = "TWN"
    """ISO 3166-1 alpha-3 code of the parent's country; public announcement of 2021."""

    owner_share: Annotated[float, Field(ge=0.1, le=1)] = 0.7
    """Share of the foreign parent; choice near the announced majority."""

    type: Literal["Plant"] = field(default="Plant", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse a prefecture that does not exist and shares that contradict each other."""
        if self.local_share >= self.region_share:
            raise SpecificationError(
                "Expected local_share below region_share, which includes the prefecture.",
                f"Found {self.local_share} and {self.region_share}.",
                "Raise region_share or lower local_share.",
            )
        if self.prefecture not in CODES:
            raise SpecificationError(
                "Expected a prefecture of JIS X 0401, 01 to 47.",
                f"Found {self.prefecture!r}.",
                "Use two digits, such as '43' for Kumamoto.",
            )


@dataclass(frozen=True, slots=True)
class Population(Spec):
    """Which firms there are, who owns them, and when they come and go."""

    foreign: Share = 0.05
    """Share of firms that are foreign in some year; modelling choice within 1 to 10 %."""

    initial: Share = 0.4
    """Share of foreign firms that are foreign before the first year; choice."""

    acquired: Share = 0.5
    """Share of later foreign firms that are domestic firms bought up, the rest being greenfield
    entries; choice."""

    joint_ventures: Share = 0.15
    """Share of foreign firms that are joint ventures with a domestic business group; choice."""

    grouped: Share = 0.15
    """Share of domestic firms in business groups of two to five members; choice."""

    minority: Share = 0.03
    """Share of domestic firms with a foreign stake below 10 %; choice."""

    exit: Share = 0.02
    """Yearly probability that a domestic firm of median size closes; it falls with size; choice."""

    entry: Share = 0.02
    """Share of domestic firms that are born in each year; choice."""

    plant: Plant | None = None
    """A single large foreign plant, or none."""

    industries: Literal["divisions", "manufacturing"] = "divisions"
    """Six divisions of the economy, or the 24 major groups of manufacturing."""

    type: Literal["Population"] = field(default="Population", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class LinkProcess(Spec):
    """How the true supply network is drawn and how it changes."""

    customers: Positive = 6.0
    """Mean number of customers of a supplier; order of 919,982 links among 157,537 manufacturers
    (Inoue and Todo, arXiv 2410.05595)."""

    dispersion: NonNegative = 0.6
    """Standard deviation of the log number of customers; choice."""

    tail: Positive = 1.0
    """Tail exponent of the number of suppliers per customer, counter-cumulative (Mizuno, Souma and
    Watanabe, RIETI 15-E-056)."""

    survival: Share = 0.925
    """Probability that a link between two living firms is there a year later (same source, 92 to
    93 %; 0.45 resembles transaction data, arXiv 2503.20594)."""

    foreign_odds: Positive = 3.0
    """Odds of choosing a foreign customer against a domestic one of the same size; choice."""

    same_prefecture: Positive = 4.0
    """Odds of a customer in the same prefecture against one far away; choice."""

    same_region: Positive = 2.0
    """Odds of a customer elsewhere in the same region against one far away; choice."""

    same_industry: Positive = 1.5
    """Odds of a customer in the same industry; choice."""

    same_group: Positive = 20.0
    """Odds of a customer in the same business group; choice."""

    type: Literal["LinkProcess"] = field(default="LinkProcess", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class PatentProcess(Spec):
    """How patents and their applicants are drawn."""

    per_firm: NonNegative = 0.5
    """Mean number of patents of a firm in a year; choice."""

    dispersion: NonNegative = 1.2
    """Standard deviation of the log patent rate of firms; choice."""

    joint: Share = 0.2
    """Share of patents with more than one applicant; choice (mostly one applicant in Japan)."""

    tail: Positive = 2.0
    """Tail exponent of the team size of joint patents; choice."""

    universities: Share = 0.25
    """Probability that a further applicant is a university or public institute; choice."""

    persons: Share = 0.15
    """Probability that a further applicant is a person; choice."""

    foreign_odds: Positive = 1.5
    """Odds of a foreign firm as a partner; 21 % of foreign firms collaborate (JETRO 2024)."""

    sorting: float = 0.0
    """Log odds of a foreign partner for one standard deviation of the log patent rate; choice."""

    from_foreign: NonNegative = 0.0
    """Log points by which each foreign partner in joint filings of the last ``memory`` years raises
    the rate of patents that a firm files alone."""

    from_domestic: NonNegative = 0.0
    """The same for each domestic partner."""

    memory: Annotated[int, Field(ge=1)] = 5
    """Filing years in which a partner counts, the current one not among them."""

    type: Literal["PatentProcess"] = field(default="PatentProcess", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Production(Spec):
    """How firms produce: Cobb-Douglas with constant returns, and log productivity."""

    labour: Share = 0.25
    """Output elasticity of labour; choice near the cost share in Japanese manufacturing."""

    capital: Share = 0.15
    """Output elasticity of capital; materials have the rest; choice."""

    user_cost: Positive = 0.12
    """Yearly cost of a unit of capital; choice."""

    firm_sd: NonNegative = 0.20
    """Standard deviation of the firm effect, log points; choice."""

    year_sd: NonNegative = 0.05
    """Standard deviation of the industry-year effect, log points; choice."""

    noise_sd: NonNegative = 0.08
    """Standard deviation of the firm's own productivity noise, log points; choice."""

    persistence: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Yearly autocorrelation of that noise, so that rows of a firm are dependent; choice."""

    output_sd: NonNegative = 0.02
    """Standard deviation of noise in measured output, not in productivity, log points; choice."""

    degree: float = 0.02
    """Effect of log(1 + number of customers a year earlier) on log productivity; choice."""

    forward: float = 0.0
    """Effect of the share of foreign suppliers a year earlier; none, so that it is a placebo."""

    type: Literal["Production"] = field(default="Production", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse shares that leave nothing for materials."""
        if not 0.0 < self.labour + self.capital < 1.0 or not self.labour * self.capital > 0.0:
            raise SpecificationError(
                "Expected positive elasticities of labour and capital with a sum below one.",
                f"Found labour = {self.labour} and capital = {self.capital}.",
                "Materials have what is left under constant returns.",
            )


@dataclass(frozen=True, slots=True)
class Observation(Spec):
    """What a data provider sees of the true economy, and what it gets wrong."""

    partner_cap: Annotated[int, Field(ge=1)] = 24
    """Greatest number of partners a firm lists on each side (Tokyo Shoko Research); the strongest
    links are listed."""

    supplier_reports: Share = 1.0
    """Probability that a supplier lists a link within its cap; choice."""

    customer_reports: Share = 0.7
    """Probability that a customer lists a link within its cap; choice."""

    hidden_foreign: Share = 0.0
    """Planted failure: probability that nobody lists a link to a foreign customer."""

    sorting_on_noise: float = 0.0
    """Planted failure: log odds of a new foreign customer for one standard deviation of the
    supplier's productivity noise, which firm effects do not remove."""

    customer_noise: NonNegative = 0.0
    """Planted failure: standard deviation of yearly customer noise that reaches suppliers, so
    that rows of different firms are dependent."""

    min_employees: Count = 0
    """Least employment at which a firm-year is surveyed; 50 is the rule of the Basic Survey of
    Japanese Business Structure and Activities."""

    unpadded_codes: Share = 0.0
    """Planted failure: share of prefecture codes that lost their leading zero."""

    name_variants: Share = 0.0
    """Planted failure: share of applicants whose name is written in another way."""

    type: Literal["Observation"] = field(default="Observation", kw_only=True, repr=False)

    def planted(self) -> dict[str, float]:
        """The failures that are switched on, by name."""
        names = (
            "hidden_foreign",
            "sorting_on_noise",
            "customer_noise",
            "unpadded_codes",
            "name_variants",
        )
        return {name: getattr(self, name) for name in names if getattr(self, name)}
