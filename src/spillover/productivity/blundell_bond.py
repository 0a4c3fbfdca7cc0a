"""Production functions as dynamic panels with firm effects (Blundell and Bond 2000)."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError
from spillover.numerics.minimum_distance import CommonFactor, common_factor
from spillover.numerics.system_gmm import Grid, SystemGmm, system_gmm
from spillover.productivity.assemble import Estimated, assemble
from spillover.productivity.block import Block, Parameters
from spillover.productivity.first_stage import refuse_constant
from spillover.productivity.inputs import Inputs, Wanted, read_inputs
from spillover.productivity.productivity import Productivity
from spillover.productivity.refusals import (
    refuse_alike,
    refuse_exact_output,
    refuse_few_firms,
    refuse_quantities,
)
from spillover.specs import NonEmpty, Spec
from spillover.tables.panel import Panel
from spillover.typing import BoolMatrix, FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class BlundellBond(Spec):
    """y = x'beta + year effect + firm effect + v + e, v_t = rho v_t-1 + news.

    Quasi-differencing gives output on inputs, lagged inputs and lagged output, with coefficients
    that obey common factors; system GMM estimates them freely, minimum distance imposes the
    factors and tests them. Productivity is output minus technology: firm effect, v and e.

    References
    ----------
    Blundell and Bond (2000).

    Examples
    --------
    >>> BlundellBond("sales", ("employment", "capital", "materials")).measurement_error
    True
    """

    output: NonEmpty
    """Output, a column or an expression."""

    quantities: tuple[NonEmpty, ...]
    """Inputs."""

    measurement_error: bool = True
    """Whether output has a measurement error e; instruments then start a year earlier."""

    last: Annotated[int, Field(ge=2)] = 6
    """Most distant lag that instruments."""

    steps: Literal[1, 2] = 1
    """One step, or efficient weights in a second one, with errors that know that the weights
    were estimated (Windmeijer 2005) and Hansen's test."""

    by: NonEmpty | None = None
    """Column, or columns joined by ``^``: one production function each."""

    in_logs: bool = False
    """Whether output and inputs are natural logs already."""

    nonpositive: Literal["error", "drop"] = "error"
    """What happens to rows without a logarithm."""

    type: Literal["BlundellBond"] = field(default="BlundellBond", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse an empty list of inputs, and repetitions."""
        refuse_quantities("BlundellBond", self.quantities)

    def inputs(self) -> tuple[str, ...]:
        """Inputs of the technology."""
        return self.quantities

    @property
    def concept(self) -> str:
        """What is estimated."""
        return "system GMM with common factors"

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity of the firm-years on which inputs are known.

        Raises
        ------
        DataError
            Values without a logarithm.
        IdentificationError
            Instruments are not fewer than firms, or identify nothing.
        """
        drop = self.nonpositive == "drop"
        wanted = Wanted(self.output, (), self.quantities, (), (), (), self.in_logs, drop)
        groups = read_inputs(panel, wanted, self.by)
        found = [_fit(self, data) for data in groups]
        return assemble(self, panel, self.inputs(), found, groups[0].losses)


def _fit(spec: BlundellBond, data: Inputs) -> Estimated:
    refuse_constant(data.state.values, data.state.names, data)
    refuse_alike(data.state.values, data.state.names, data)
    refuse_exact_output(data.y, data.state.values, data)
    refuse_few_firms(data, 2 * len(data.state.names) + 1)
    codes, firm = np.unique(data.panel.codes[data.rows], return_inverse=True)
    years = data.panel.years[data.rows]
    at = (firm, years - years.min())
    size = (len(codes), int(at[1].max()) + 1)
    logs = (one - one.mean() for one in (data.y, *data.state.values.T))
    y, *x = (_grid(values, at, size) for values in logs)
    regressors = (*(part for one in x for part in (one, _lag(one))), _lag(y))
    first = 3 if spec.measurement_error else 2
    _refuse_short(data, np.isfinite(y), first)
    free = system_gmm(Grid(y, regressors, (y, *x)), first, max(first, spec.last), spec.steps)
    restricted = common_factor(free.beta, _clustered(free))
    return _estimated(data, free, restricted, (at, size))


def _refuse_short(data: Inputs, known: BoolMatrix, first: int) -> None:
    """Refuse panels in which no difference of three years in a row has an instrument."""
    years = known.shape[1]
    rows = np.zeros(known.shape, dtype=bool)
    rows[:, 2:] = known[:, 2:] & known[:, 1:-1] & known[:, :-2]
    found = rows[:, first:] & known[:, : max(years - first, 0)]
    if not found.any():
        raise IdentificationError(
            f"Expected firms with three consecutive years and a row {first} years before the "
            f"last of them{data.where}.",
            f"Found none among {len(known):,} firms in {years} years.",
            "A lag is the year before, never the row before: check gaps in the years; "
            "measurement_error = false needs one year less.",
        )


def _grid(
    values: FloatVector, at: tuple[IntVector, IntVector], size: tuple[int, int]
) -> FloatMatrix:
    full = np.full(size, np.nan)
    full[at] = values
    return full


def _lag(values: FloatMatrix) -> FloatMatrix:
    out = np.full(values.shape, np.nan)
    out[:, 1:] = values[:, :-1]
    return out


def _clustered(free: SystemGmm) -> FloatMatrix:
    totals = np.zeros((int(free.firm.max()) + 1, free.psi.shape[1]))
    np.add.at(totals, free.firm, free.psi)
    return np.asarray(totals.T @ totals)


def _estimated(
    data: Inputs,
    free: SystemGmm,
    restricted: CommonFactor,
    place: tuple[tuple[IntVector, IntVector], tuple[int, int]],
) -> Estimated:
    from scipy.special import chdtrc

    (firm, year), size = place
    row_of = np.full(size, -1, dtype=np.int64)
    row_of[firm, year] = np.arange(len(firm))
    psi = np.zeros((len(firm), len(restricted.theta)))
    np.add.at(psi, row_of[free.firm, free.year], free.psi @ restricted.turn.T)
    beta, rho = restricted.theta[:-1], float(restricted.theta[-1])
    omega = data.y - data.state.values @ beta
    derivative = np.column_stack([-data.state.values, np.zeros(len(omega))])
    names = (*data.state.names, "rho")
    parameters = Parameters(names, restricted.theta, psi, derivative, derivative)
    statistics = {
        "rows": float(len(omega)),
        "pairs": float(len(np.unique(row_of[free.firm, free.year]))),
        "instruments": float(free.instruments),
        "common_factor": restricted.statistic,
        "common_factor_p": restricted.p_value,
        "persistence": rho,
        "returns_to_scale": float(beta.sum()),
    }
    hansen: tuple[str, ...] = ()
    if free.degrees:
        p = float(chdtrc(free.degrees, free.j))
        statistics |= {"j": free.j, "j_degrees": float(free.degrees), "j_p": p}
        hansen = (f"two steps; Hansen's J({free.degrees}) = {free.j:.2f}, p = {p:.3f}",)
    notes = (
        *hansen,
        f"common factors tested with p = {restricted.p_value:.3f}",
        "productivity holds the firm effect and the measurement error of output",
    )
    block = Block(
        data.label,
        data.rows,
        parameters,
        tuple(range(len(names))),
        omega,
        statistics=statistics,
        notes=notes,
    )
    unknown = np.full(len(omega), np.nan)
    return Estimated(block, omega, unknown, np.tile(beta, (len(omega), 1)))
