"""Evidence that a study asks for beside its models: tests by draws, placebos, other link lists."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.estimation.placebo import PlaceboLadder
from spillover.exposures.assignment import Assignment
from spillover.expressions import parse
from spillover.networks.rewiring import Rewiring
from spillover.specs import Count, NonEmpty, Spec

MOST_DRAWS = 20_000
"""Most draws of a test that a study file may ask for."""

MOST_NETWORKS = 1_000
"""Most redrawn networks of a placebo or of one cut, and most attempted swaps for each link."""

OpenShare = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomizationTest(Spec):
    """The estimate among those that redrawn shocks or rewired links would have given."""

    exposure: NonEmpty
    """Name of the exposure, which stands untransformed in the model."""

    rule: Annotated[Assignment | Rewiring, Field(discriminator="type")]
    """Strata within which shocks change firms (``Assignment``), or links change ends
    (``Rewiring``)."""

    model: NonEmpty | None = None
    """Label of the model; the first main one by default."""

    statistic: Literal["score", "t"] = "score"
    """The score around its mean, or the score over its standard error: dearer, and valid
    approximately when effects differ between firms."""

    focal: OpenShare | None = None
    """Share of the firms in use that keep their own shock and are the only rows of the test."""

    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """Level of the confidence set."""

    type: Literal["RandomizationTest"] = "RandomizationTest"

    def rules(self) -> None:
        """Refuse work without end, and focal firms where no shock is drawn."""
        bounded("rule.draws", self.rule.draws, MOST_DRAWS)
        if isinstance(self.rule, Rewiring):
            bounded("rule.attempts", self.rule.attempts, MOST_NETWORKS)
            if self.focal is not None:
                raise SpecificationError(
                    "Expected focal firms beside an Assignment only.",
                    "Found them beside a Rewiring.",
                    "Leave focal out; rewired links leave own shocks where they are.",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboTest(Spec):
    """The ladder of placebos: exposures that should not matter, each beside the main one."""

    exposure: NonEmpty
    """Name of the exposure, which stands untransformed in the model."""

    model: NonEmpty | None = None
    """Label of the model; the first main one by default."""

    size: NonEmpty | None = None
    """Expression of the size of firms, such as ``sales``; without it the two rungs about small
    and leading partners say why they are missing."""

    ladder: PlaceboLadder = field(default_factory=PlaceboLadder)
    """Quantiles of size, years ahead, strata and number of rewired networks."""

    type: Literal["PlaceboTest"] = "PlaceboTest"

    def rules(self) -> None:
        """Read the size once, and refuse work without end."""
        if self.size is not None:
            parse(self.size)
        bounded("ladder.rewired", self.ladder.rewired, MOST_NETWORKS)
        bounded("ladder.rewiring.attempts", self.ladder.rewiring.attempts, MOST_NETWORKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSensitivity(Spec):
    """The estimate with shorter lists of partners, and with links lost at random."""

    exposure: NonEmpty
    """Name of the exposure, which stands untransformed in the model."""

    model: NonEmpty | None = None
    """Label of the model; the first main one by default."""

    caps: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=20)] = (5, 10, 15, 20)
    """Most partners on a list; an empty list leaves lists as they are."""

    lost: Annotated[tuple[OpenShare, ...], Field(max_length=20)] = (0.05, 0.1, 0.2)
    """Shares of pairs of firms that are lost; an empty list loses none."""

    draws: Annotated[int, Field(ge=1, le=MOST_NETWORKS)] = 20
    """Redrawn networks for each cut and each share."""

    seed: Count = 0
    """Seed of the draws; that of the study when it is left out."""

    type: Literal["LinkSensitivity"] = "LinkSensitivity"

    def rules(self) -> None:
        """Refuse to change nothing."""
        if not self.caps and not self.lost:
            raise SpecificationError(
                "Expected caps, lost, or both.",
                "Found two empty lists.",
                "Write for example caps = [5, 10, 15, 20].",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceTest(Spec):
    """Whether luck in an exposure, or the shocks behind it, predict what they cannot have caused.

    For an exposure to neighbours covariates are regressed on it, on its expectation and on luck;
    for a shift-share exposure on its shocks, one row for each.
    """

    exposure: NonEmpty
    """Name of the exposure of the model."""

    covariates: Annotated[tuple[NonEmpty, ...], Field(min_length=1, max_length=40)]
    """Expressions determined before the shock, past growth among them."""

    model: NonEmpty | None = None
    """Label of the model; the first main one by default."""

    rule: Assignment | None = None
    """How the shock might have fallen; by default as ``recenter`` of the exposure says."""

    cluster: NonEmpty | None = None
    """For a shift-share: column of categories whose values cluster shocks, or ``"category"``."""

    type: Literal["BalanceTest"] = "BalanceTest"

    def rules(self) -> None:
        """Read the covariates once, and refuse work without end."""
        for text in self.covariates:
            parse(text)
        if self.rule is not None:
            bounded("rule.draws", self.rule.draws, MOST_DRAWS)


def bounded(name: str, value: int, most: int) -> None:
    """Refuse a number that would keep a machine busy without end.

    Parameters
    ----------
    name : str
        Key of the study file.
    value, most : int
        What it says, and the largest number accepted.

    Raises
    ------
    SpecificationError
        The value is larger.
    """
    if value > most:
        raise SpecificationError(
            f"{name}: expected at most {most:,}.",
            f"Found {value:,}.",
            "Fewer draws say the same with a larger simulation error.",
        )


def refuse_absent(item: Any, design: Any) -> None:  # noqa: ANN401 - any evidence, any design
    """Refuse evidence about an exposure that is not in its model as it is.

    Parameters
    ----------
    item : RandomizationTest, PlaceboTest, LinkSensitivity or BalanceTest
        The evidence.
    design : design
        Design of its model.

    Raises
    ------
    SpecificationError
        The exposure has no coefficient of its own, or the design cannot be redone.
    """
    if isinstance(item, BalanceTest) and getattr(design, "exposure", None) == item.exposure:
        return
    parts = ("regressors", "instruments")
    terms = [term for part in parts for term in getattr(design, part, ())]
    if not {item.exposure, f"{item.exposure}_recentered"} & set(terms):
        raise SpecificationError(
            f"{item.type}: expected {item.exposure!r} as it is among the regressors of its model.",
            f"Found {', '.join(terms) or 'no regressors'}.",
            "Name another model, or add one with the exposure untransformed.",
        )
    drawn = isinstance(item, RandomizationTest | BalanceTest)
    if drawn and type(design).__name__ not in LINEAR:
        raise SpecificationError(
            f"{item.type}: expected a linear model.",
            f"Found {type(design).__name__}.",
            f"Name a model with {' or '.join(LINEAR)}.",
        )


LINEAR = ("FixedEffects", "InstrumentalVariables")
"""Designs whose score a test by draws can compute again."""
