"""What all control-function estimators share: fields, first stage, and the value they return."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError, SpecificationError, first_cases
from spillover.numerics.control import Fitted
from spillover.numerics.polynomial import Scale, exponents, monomials
from spillover.numerics.scores import Influences
from spillover.productivity.block import Block, Parameters, Process
from spillover.productivity.inputs import Columns, Inputs, Pairs, Wanted, read_inputs
from spillover.productivity.law import LawOfMotion, Term
from spillover.productivity.productivity import Productivity
from spillover.specs import NonEmpty, Spec
from spillover.tables.panel import Panel
from spillover.typing import BoolVector, FloatMatrix, FloatVector

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
        return assemble(self, panel, [self.fit(data) for data in groups], groups[0])

    def fit(self, data: Inputs) -> "Estimated":
        """One production function on the rows of one industry."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """A block with what it says about each of its rows."""

    block: Block
    """The estimated production function."""

    with_shock: FloatVector
    """(m,) output minus technology, productivity with the shock."""

    innovation: FloatVector
    """(m,) innovation of productivity; NaN without a lag."""

    elasticities: FloatMatrix
    """(m, q) output elasticities."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """Design of the first stage with the names of its columns."""

    H: FloatMatrix
    """(m, h) columns, constant first."""

    names: tuple[str, ...]
    """h names."""

    kept: BoolVector
    """(h,) columns whose fitted part is productivity."""


def first_stage_of(spec: ControlFunction, data: Inputs, *, free_inside: bool) -> FirstStage:
    """Design of the first stage: free inputs linear, or inside the polynomial.

    Parameters
    ----------
    spec : ControlFunction
        The specification.
    data : Inputs
        Logs.
    free_inside : bool
        Whether free inputs enter the polynomial, as in Ackerberg, Caves and Frazer.
    """
    inside = [data.state, data.proxy, data.shifters]
    inside = [data.free, *inside] if free_inside else inside
    x = np.column_stack([one.values for one in inside])
    names = tuple(name for one in inside for name in one.names)
    refuse_constant(x, names, data)
    refuse_constant(data.free.values, data.free.names, data)
    powers = exponents(x.shape[1], spec.degree)
    poly = monomials(Scale.of(x).apply(x), powers)
    outside = Columns((), np.zeros((len(x), 0))) if free_inside else data.free
    controls = data.controls
    design = np.column_stack([np.ones(len(x)), outside.values, controls.values, poly])
    labels = ("1", *outside.names, *controls.names, *(_monomial(names, power) for power in powers))
    kept = np.ones(design.shape[1], dtype=bool)
    kept[1 : 1 + len(outside.names)] = False
    if spec.controls_in == "technology":
        kept[1 + len(outside.names) :][: len(controls.names)] = False
    refuse_collinear(design, labels, data)
    return FirstStage(design, labels, kept)


def _monomial(names: tuple[str, ...], powers: Sequence[int]) -> str:
    parts = [n if p == 1 else f"{n}^{p}" for n, p in zip(names, powers, strict=True) if p]
    return "*".join(parts)


def refuse_constant(x: FloatMatrix, names: Sequence[str], data: Inputs) -> None:
    """Refuse inputs that never vary, by name."""
    flat = [name for name, column in zip(names, x.T, strict=True) if np.ptp(column) < 1e-12]
    if flat:
        raise IdentificationError(
            f"Expected inputs that vary{data.where}.",
            f"Found {', '.join(flat)} with one value in {len(x):,} rows.",
            "An input that never varies has no elasticity: leave it out.",
        )


def refuse_collinear(design: FloatMatrix, names: Sequence[str], data: Inputs) -> None:
    """Refuse first-stage columns that are functions of earlier ones, by name."""
    if len(design) <= design.shape[1]:
        raise IdentificationError(
            f"Expected more firm-years than first-stage columns{data.where}.",
            f"Found {len(design):,} rows and {design.shape[1]} columns.",
            "Lower the degree of the polynomial, or pool industries.",
        )
    scale = np.linalg.norm(design, axis=0)
    triangle = np.linalg.qr(design / np.where(scale > 0, scale, 1.0), mode="r")
    weak = np.abs(np.diag(triangle)) < 1e-9
    if weak.any():
        listed = first_cases(np.array(names, dtype=object)[weak])
        raise IdentificationError(
            f"Expected first-stage columns that are not collinear{data.where}.",
            f"Found {int(weak.sum())} that are functions of the columns before them ({listed}).",
            "A proxy that is a function of the states or of a control carries no information: "
            "use another proxy or drop the control.",
        )


def refuse_few_pairs(data: Inputs, pairs: Pairs, parameters: int) -> None:
    """Refuse a second stage with fewer firms than parameters."""
    firms = len(np.unique(data.panel.codes[data.rows[pairs.now]]))
    if firms <= parameters:
        raise IdentificationError(
            "Expected more firms with two consecutive calendar years than second-stage "
            f"parameters{data.where}.",
            f"Found {firms:,} firms ({len(pairs.now):,} pairs of years) and {parameters} "
            "parameters.",
            "Pool industries, lower the degree of the law of motion, or check gaps in the years.",
        )


def derivatives(
    fitted: Fitted, found: Influences, beta: FloatVector
) -> tuple[FloatMatrix, FloatMatrix]:
    """(m, P) derivatives of productivity, and of productivity with the shock."""
    p, blocks = fitted.problem, found.blocks
    gradient = p.technology.gradient(beta)
    alone, with_shock = np.zeros(found.psi.shape), np.zeros(found.psi.shape)
    alone[:, blocks.delta] = np.where(p.kept, p.H, 0.0)
    with_shock[:, blocks.delta] = np.where(p.kept, 0.0, -p.H)
    alone[:, blocks.beta] = with_shock[:, blocks.beta] = -gradient
    return alone, with_shock


def estimated(
    data: Inputs,
    stage: FirstStage,
    fitted: Fitted,
    found: Influences,
    parts: tuple[Block, FloatMatrix],
) -> Estimated:
    """A block with productivity, shock and innovation filled in from a solved problem."""
    template, elasticities = parts
    beta = found.theta[found.blocks.beta]
    alone, with_shock = derivatives(fitted, found, beta)
    pairs = fitted.problem
    omega = fitted.productivity(beta)
    innovation = np.full(len(omega), np.nan)
    residual = fitted.residual(beta).r
    lagged = fitted.error[pairs.now] if pairs.kind == "joint" else 0.0
    innovation[pairs.now] = residual - lagged
    names = (*stage.names, *template.parameters.names)
    parameters = Parameters(names, found.theta, found.psi, alone, with_shock)
    block = Block(
        data.label,
        data.rows,
        parameters,
        template.technology,
        omega,
        template.process,
        template.roots,
        template.statistics,
        template.notes,
    )
    return Estimated(block, omega + fitted.error, innovation, elasticities)


def process_of(fitted: Fitted, found: Influences, terms: tuple[Term, ...], pairs: Pairs) -> Process:
    """The law of motion with where its coefficients stand."""
    law = fitted.problem.law
    return Process(
        law, terms, found.blocks.gamma, pairs.now, pairs.before, pairs.exposures, pairs.capacity
    )


def assemble(
    spec: ControlFunction, panel: Panel, found: Sequence[Estimated], data: Inputs
) -> Productivity:
    """Productivity of all blocks on the rows of the panel."""
    n, q = len(panel), found[0].elasticities.shape[1]
    columns = {name: np.full(n, np.nan) for name in ("values", "with_shock", "innovation")}
    elasticities = np.full((n, q), np.nan)
    for one in found:
        rows = one.block.rows
        columns["values"][rows] = one.block.productivity
        columns["with_shock"][rows] = one.with_shock
        columns["innovation"][rows] = one.innovation
        elasticities[rows] = one.elasticities
    values = columns.pop("values")
    blocks = tuple(one.block for one in found)
    notes = tuple(dict.fromkeys(note for block in blocks for note in block.notes))
    return Productivity(
        "log_tfp",
        panel,
        values,
        spec,
        spec.inputs(),
        elasticities,
        companions=columns,
        blocks=blocks,
        statistics=_statistics(blocks, values),
        losses=data.losses,
        notes=(f"{type(spec).__name__}, {spec.concept.replace('_', ' ')}", *notes),
    )


def _statistics(blocks: Sequence[Block], values: FloatVector) -> dict[str, float]:
    total = {
        "rows": float(np.isfinite(values).sum()),
        "pairs": float(sum(block.statistics.get("pairs", 0.0) for block in blocks)),
        "blocks": float(len(blocks)),
    }
    return total | (dict(blocks[0].statistics) if len(blocks) == 1 else {})
