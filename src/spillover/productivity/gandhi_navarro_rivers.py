"""Gross-output production functions from a flexible input's share (Gandhi, Navarro, Rivers)."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.productivity.assemble import assemble
from spillover.productivity.gross_output import fit_gross_output
from spillover.productivity.inputs import Wanted, read_inputs
from spillover.productivity.law import LawOfMotion
from spillover.productivity.productivity import Productivity
from spillover.specs import NonEmpty, Spec
from spillover.tables.panel import Panel

Degree = Annotated[int, Field(ge=1, le=4)]


@dataclass(frozen=True, slots=True)
class GandhiNavarroRivers(Spec):
    """Gross output with a flexible input whose elasticity is read from its revenue share.

    The share of the flexible input equals its output elasticity times the mean of exp(shock);
    integrating that elasticity leaves a part of the technology in the other inputs, which the
    law of motion of productivity identifies.

    References
    ----------
    Gandhi, Navarro and Rivers (2020).

    Examples
    --------
    >>> spec = GandhiNavarroRivers("sales", ("capital", "employment"), "materials", "m / sales")
    >>> spec.share_degree
    3
    """

    output: NonEmpty
    """Gross output, in the prices in which the flexible input is bought."""

    predetermined: NonEmpty | tuple[NonEmpty, ...]
    """Other inputs, chosen before the news of the year unless named in ``free``."""

    flexible: NonEmpty
    """The flexible input: no adjustment cost, price taking in its market."""

    share: NonEmpty
    """Its cost over revenue, a column or an expression; the log of it with ``in_logs``."""

    free: tuple[NonEmpty, ...] = ()
    """Inputs among ``predetermined`` that react to the news: their lags are the instruments."""

    share_degree: Degree = 3
    """Degree of the polynomial of the elasticity."""

    constant_degree: Degree = 3
    """Degree of the polynomial in the other inputs; not below ``share_degree``, or the estimates
    would depend on the unit of the flexible input."""

    law: LawOfMotion = field(default_factory=LawOfMotion)
    """Law of motion of productivity."""

    divide_by_mean_exp_error: bool = True
    """Whether the elasticity is divided by the mean of exp(shock), as the theory asks."""

    by: NonEmpty | None = None
    """Column, or columns joined by ``^``: one production function each."""

    in_logs: bool = False
    """Whether output, inputs and share are natural logs already."""

    nonpositive: Literal["error", "drop"] = "error"
    """What happens to rows without a logarithm."""

    type: Literal["GandhiNavarroRivers"] = field(
        default="GandhiNavarroRivers", kw_only=True, repr=False
    )

    def rules(self) -> None:
        """Store inputs as a tuple; refuse degrees and roles that cannot be."""
        if isinstance(self.predetermined, str):
            object.__setattr__(self, "predetermined", (self.predetermined,))
        if self.constant_degree < self.share_degree:
            raise SpecificationError(
                "GandhiNavarroRivers: expected constant_degree of at least share_degree.",
                f"Found {self.constant_degree} and {self.share_degree}.",
                "A change of unit of the flexible input adds a polynomial of share_degree.",
            )
        unknown = sorted(set(self.free) - set(self.predetermined))
        if unknown or self.flexible in self.predetermined:
            raise SpecificationError(
                "GandhiNavarroRivers: expected free inputs among predetermined, and the flexible "
                "input outside.",
                f"Found {', '.join(unknown) or self.flexible}.",
                "List every input other than the flexible one under predetermined.",
            )

    def inputs(self) -> tuple[str, ...]:
        """Inputs of the technology, the flexible one last."""
        return (*self.predetermined, self.flexible)

    @property
    def concept(self) -> str:
        """What output is."""
        return "gross"

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity of the firm-years on which inputs and share are known.

        Raises
        ------
        DataError
            Values without a logarithm.
        IdentificationError
            Too few consecutive years, inputs without variation, no exact root.
        ConvergenceError
            The share equation did not settle.
        """
        drop, state = self.nonpositive == "drop", tuple(self.predetermined)
        proxy = (self.flexible, self.share)
        wanted = Wanted(self.output, (), state, proxy, (), (), self.in_logs, drop)
        groups = read_inputs(panel, wanted, self.by)
        lagged = [name in self.free for name in state]
        degrees = (self.share_degree, self.constant_degree)
        divide = self.divide_by_mean_exp_error
        found = [
            fit_gross_output(data, self.law, degrees, lagged, divide=divide) for data in groups
        ]
        return assemble(self, panel, self.inputs(), found, groups[0].losses)
