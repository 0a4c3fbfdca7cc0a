"""What all control-function estimators of production functions have in common."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.productivity.assemble import Estimated, Prepared, assemble
from spillover.productivity.inputs import Inputs, Wanted, read_inputs
from spillover.productivity.law import LawOfMotion
from spillover.productivity.productivity import Productivity
from spillover.specs import NonEmpty, Spec
from spillover.tables.panel import Panel

Names = NonEmpty | tuple[NonEmpty, ...]


@dataclass(frozen=True, slots=True)
class ControlFunction(Spec):
    """Base of estimators that read productivity from the demand for a proxy."""

    output: NonEmpty
    """Output, a column or an expression such as ``"value_added / price_index"``."""

    concept: Literal["value_added", "gross_leontief", "gross"]
    """``value_added``: output is value added. ``gross_leontief``: output is gross and materials,
    in fixed proportion to it, stay out of the technology. ``gross`` has materials inside the
    technology, which no proxy method identifies."""

    free: Names
    """Inputs that may react to the news of the year, such as employment."""

    state: Names
    """Inputs chosen a year earlier, such as capital."""

    proxy: Names
    """Inputs whose demand rises strictly with productivity, such as materials or investment."""

    controls: tuple[NonEmpty, ...] = ()
    """Further columns, linear in the first stage; ``i(year)`` for dummies."""

    controls_in: Literal["technology", "productivity"] | None = None
    """Whether controls are part of the technology, and so leave productivity, or shift the
    demand for the proxy, and so stay inside. There is no default."""

    degree: Annotated[int, Field(ge=1, le=5)] = 3
    """Total degree of the polynomial that stands for the control function."""

    law: LawOfMotion = field(default_factory=LawOfMotion)
    """Law of motion of productivity."""

    by: NonEmpty | None = None
    """Column, or columns joined by ``^``, such as ``"industry"``: one production function each."""

    in_logs: bool = False
    """Whether output, inputs and proxies are natural logs already."""

    nonpositive: Literal["error", "drop"] = "error"
    """What happens to rows without a logarithm; dropped rows are counted."""

    def rules(self) -> None:
        """Store roles as tuples; refuse gross output and roles that overlap."""
        for role in ("free", "state", "proxy"):
            value = getattr(self, role)
            object.__setattr__(self, role, (value,) if isinstance(value, str) else value)
        name = type(self).__name__
        if self.concept == "gross":
            raise SpecificationError(
                f"{name}: expected output without materials in the technology.",
                "Found concept = 'gross': the elasticity of a flexible input is not identified "
                "from its own demand (Bond and Soderbom 2005).",
                "Use GandhiNavarroRivers for gross output, value added, or concept = "
                "'gross_leontief' when materials are in fixed proportion to output.",
            )
        roles = [*self.free, *self.state, *self.proxy, *self.controls]
        twice = sorted({role for role in roles if roles.count(role) > 1})
        if twice or not (self.free and self.state and self.proxy):
            raise SpecificationError(
                f"{name}: expected free, state and proxy inputs that are different columns.",
                f"Found {', '.join(twice)} twice." if twice else "Found an empty list.",
                "A proxy that is itself a free input or a control leaves nothing to identify.",
            )
        if self.controls and self.controls_in is None:
            raise SpecificationError(
                f"{name}: expected controls_in beside controls.",
                "Found none.",
                "Write 'technology' to take them out of productivity, 'productivity' to leave "
                "them inside.",
            )

    def wanted(self) -> Wanted:
        """Expressions by role."""
        return Wanted(
            self.output,
            tuple(self.free),
            tuple(self.state),
            tuple(self.proxy),
            self.controls,
            self.law.shifters or (),
            self.in_logs,
            self.nonpositive == "drop",
        )

    def inputs(self) -> tuple[str, ...]:
        """Inputs of the technology: free ones first."""
        return (*self.free, *self.state)

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity of the firm-years on which inputs are known.

        Raises
        ------
        DataError
            Values without a logarithm.
        IdentificationError
            Too few consecutive years or firms, inputs without variation, collinear columns.
        ConvergenceError
            A solver stopped short.
        """
        groups = read_inputs(panel, self.wanted(), self.by)
        found = [self.fit(data) for data in groups]
        return assemble(self, panel, self.inputs(), found, groups[0].losses)

    def fit(self, data: Inputs) -> Estimated:
        """One production function on the rows of one industry."""
        raise NotImplementedError

    def prepare(self, data: Inputs) -> Prepared:
        """The arrays of all stages with the first one solved, before the second."""
        raise NotImplementedError
