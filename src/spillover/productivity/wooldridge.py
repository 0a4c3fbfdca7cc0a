"""Both equations of a proxy estimator at once, by linear GMM (Wooldridge 2009)."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import SpecificationError
from spillover.numerics.two_equation import Equation, Gmm, partial, solve_equations
from spillover.productivity.assemble import Estimated
from spillover.productivity.block import Block, Parameters
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.first_stage import FirstStage, first_stage_of, refuse_few_pairs
from spillover.productivity.inputs import Inputs, Pairs, read_pairs
from spillover.productivity.refusals import refuse_without_own_variation
from spillover.typing import FloatMatrix, IntVector


@dataclass(frozen=True, slots=True)
class Wooldridge(ControlFunction):
    """Output on free inputs with the control function of this year, and of the year before.

    Equation 1 holds the polynomial of states and proxy of the year fixed; equation 2 that of the
    year before, and instruments free inputs by their lag. Because the law of motion is inside an
    unrestricted polynomial, both are linear.

    References
    ----------
    Wooldridge (2009); on equation 2 alone Petrin, Poi and Levinsohn.

    Examples
    --------
    >>> Wooldridge("va", "value_added", "employment", "capital", "materials").equations
    'two_equation'
    """

    equations: Literal["two_equation", "eq2_only"] = "two_equation"
    """Both equations, or the second alone, which stays valid when free inputs are functions of
    states and proxy."""

    steps: Literal[1, 2] = 2
    """One-step weights, or firm-clustered ones in a second step."""

    type: Literal["Wooldridge"] = field(default="Wooldridge", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse exposures, which an unrestricted polynomial cannot show."""
        ControlFunction.rules(self)
        if self.law.exposures or self.law.effects:
            raise SpecificationError(
                "Wooldridge: expected a law of motion without exposures or effects.",
                f"Found {', '.join((*self.law.exposures, *self.law.effects))}.",
                "The law of motion is inside an unrestricted polynomial here: use "
                "AckerbergCavesFrazer or LevinsohnPetrin.",
            )

    def fit(self, data: Inputs) -> Estimated:
        """Both equations, then productivity from the first."""
        controls_inside = self.controls_in == "productivity"
        stage = first_stage_of(
            data, self.degree, free_inside=False, controls_inside=controls_inside
        )
        pairs = read_pairs(data, self.law)
        refuse_few_pairs(data, pairs, len(self.inputs()) + stage.H.shape[1])
        equations: tuple[Equation, ...] = (_second(data, stage, pairs),)
        if self.equations == "two_equation":
            equations = (_first(data, stage), *equations)
        firm = np.unique(data.panel.codes[data.rows], return_inverse=True)[1]
        found = solve_equations(equations, firm, steps=self.steps)
        return _estimated(data, stage, pairs, found)


def _others(data: Inputs, stage: FirstStage) -> FloatMatrix:
    """(m, h) first-stage columns without free inputs."""
    return np.delete(stage.H, np.arange(1, 1 + len(data.free.names)), axis=1)


def _first(data: Inputs, stage: FirstStage) -> Equation:
    """Equation 1: the control function of the year is held fixed."""
    columns = np.column_stack([data.y, data.free.values])
    free = partial(_others(data, stage), columns)
    refuse_without_own_variation(free[:, 1:], data.free.values, data.free.names, data)
    absent = np.zeros((len(free), len(data.state.names)))
    return Equation(free[:, 0], np.hstack([free[:, 1:], absent]), free[:, 1:], np.arange(len(free)))


def _second(data: Inputs, stage: FirstStage, pairs: Pairs) -> Equation:
    """Equation 2: the control function of the year before is held fixed."""
    now, before = pairs.now, pairs.before
    own = [data.y[now][:, None], data.free.values[now], data.state.values[now]]
    columns = np.column_stack([*own, data.free.values[before]])
    controls = data.controls.values[now]
    nuisance = np.column_stack([_others(data, stage)[before], controls])
    kept = _independent(nuisance)
    clean = partial(nuisance[:, kept], columns)
    names = (*data.free.names, *data.state.names, *data.free.names)
    refuse_without_own_variation(clean[:, 1:], columns[:, 1:], names, data)
    p = len(data.free.names) + len(data.state.names)
    instruments = clean[:, 1 + len(data.free.names) :]
    return Equation(clean[:, 0], clean[:, 1 : 1 + p], instruments, now)


def _independent(columns: FloatMatrix) -> IntVector:
    """Columns that are not functions of earlier ones, such as a repeated control."""
    scale = np.linalg.norm(columns, axis=0)
    triangle = np.linalg.qr(columns / np.where(scale > 0, scale, 1.0), mode="r")
    return np.flatnonzero(np.abs(np.diag(triangle)) > 1e-9)


def _estimated(data: Inputs, stage: FirstStage, pairs: Pairs, found: Gmm) -> Estimated:
    """Productivity from equation 1 at the coefficients, with the influence of both."""
    a = len(data.free.names)
    others = _others(data, stage)
    kept = np.delete(stage.kept, np.arange(1, 1 + a))
    labour, states = found.beta[:a], found.beta[a:]
    gram = others.T @ others
    left = data.y - data.free.values @ labour
    slopes = np.linalg.solve(gram, others.T @ left)
    error = left - others @ slopes
    own = (others * error[:, None]) @ np.linalg.inv(gram)
    through = np.linalg.solve(gram, others.T @ data.free.values)
    psi = np.hstack([own - found.psi[:, :a] @ through.T, found.psi])
    omega = others[:, kept] @ slopes[kept] - data.state.values @ states
    zeros = np.zeros_like(data.free.values)
    alone = np.hstack([np.where(kept, others, 0.0), zeros, -data.state.values])
    with_shock = np.hstack([np.where(kept, 0.0, -others), -data.free.values, -data.state.values])
    h = others.shape[1]
    labels = tuple(np.delete(np.array(stage.names, dtype=object), np.arange(1, 1 + a)))
    names = (*labels, *data.free.names, *data.state.names)
    parameters = Parameters(names, np.concatenate([slopes, found.beta]), psi, alone, with_shock)
    statistics = {
        "rows": float(len(data.rows)),
        "pairs": float(len(pairs.now)),
        "j": found.j,
        "j_degrees": float(found.degrees),
        "returns_to_scale": float(found.beta.sum()),
    }
    block = Block(
        data.label,
        data.rows,
        parameters,
        tuple(range(h, h + len(found.beta))),
        omega,
        statistics=statistics,
    )
    return Estimated(
        block, omega + error, np.full(len(omega), np.nan), np.tile(found.beta, (len(omega), 1))
    )
