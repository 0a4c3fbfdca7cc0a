"""Both stages of a gross-output production function with a flexible input."""

from collections.abc import Sequence

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.control import Fitted, Problem, Side
from spillover.numerics.least_squares import Stationary, all_stationary
from spillover.numerics.share import ShareEquation, fit_share, share_shock
from spillover.numerics.stacked import Score, complex_step, influence
from spillover.numerics.technology import LinearTechnology, times
from spillover.productivity.assemble import Estimated
from spillover.productivity.block import Block, Parameters, Process, Root
from spillover.productivity.first_stage import refuse_constant, refuse_few_pairs
from spillover.productivity.gross_stages import Constant, Stages
from spillover.productivity.inputs import Inputs, read_pairs
from spillover.productivity.law import LawOfMotion, Term, build_law, law_terms
from spillover.productivity.refusals import refuse_alike, refuse_exact_output, refuse_few_firms
from spillover.typing import FloatMatrix, FloatVector

SOLVED = 1e-10
"""Greatest scaled moment of an exact root."""


def fit_gross_output(
    data: Inputs,
    law: LawOfMotion,
    degrees: tuple[int, int],
    lagged: Sequence[bool],
    *,
    divide: bool,
) -> Estimated:
    """Share stage, integration and law of motion, with influence through all of them.

    Parameters
    ----------
    data : Inputs
        ``state`` holds the other inputs, ``proxy`` the flexible input and its log share.
    law : LawOfMotion
        Law of motion of productivity.
    degrees : tuple of int
        Degrees of the elasticity and of the rest.
    lagged : sequence of bool
        Which other inputs are instrumented by their lag.
    divide : bool
        Whether the elasticity is divided by the mean of exp(shock).

    Raises
    ------
    IdentificationError
        No exact root, too few firms, or inputs that never vary.
    """
    x = np.column_stack([data.state.values, data.proxy.values[:, 0]])
    names = (*data.state.names, data.proxy.names[0])
    refuse_constant(
        np.column_stack([x, data.proxy.values[:, 1]]), (*names, data.proxy.names[1]), data
    )
    refuse_alike(x, names, data)
    refuse_exact_output(data.y, x, data)
    refuse_few_firms(data, len(names))
    pairs, terms = read_pairs(data, law), law_terms(law)
    constant = Constant.of(data.state.values, degrees[1])
    dated = constant.x[pairs.now].copy()
    dated[:, lagged] = constant.x[pairs.before][:, lagged]
    instruments = np.linalg.qr(constant.at(dated))[0]
    equation = ShareEquation.of(x, degrees[0])
    stages = Stages(data, equation, constant, pairs, instruments, divide)
    gamma = fit_share(equation.basis, stages.log_share)
    mean = float(np.exp(share_shock(equation.basis, stages.log_share, gamma)).mean())
    first = np.append(gamma, mean)
    fitted, start = _second_stage(stages, terms, stages.rest(first))
    multiples = [factor * start for factor in (1.0, 0.75, 0.5, 0.25, 0.0, 1.25)]
    found = all_stationary(fitted.system(), multiples)
    roots = [(_root(fitted, one), one.point) for one in found]
    exact = [pair for pair in roots if pair[0].exact]
    if not exact:
        raise IdentificationError(
            f"Expected an exact root of the moments{data.where}.",
            f"Found {len(roots)} points at which they are not zero.",
            "Lower constant_degree, or pool industries.",
        )
    point = max(exact, key=lambda pair: pair[0].persistence)[1]
    return _estimated(stages, fitted, terms, (first, point), tuple(root for root, _ in roots))


def _second_stage(
    stages: Stages, terms: tuple[Term, ...], rest: FloatVector
) -> tuple[Fitted, FloatVector]:
    """The law-of-motion problem, and least-squares coefficients to start from."""
    pairs, columns = stages.pairs, stages.constant.terms
    law = build_law(terms, pairs.exposures, pairs.capacity, pairs.dummies, pairs.dummy_names)
    refuse_few_pairs(stages.data, pairs, len(law.names) + columns.shape[1])
    design = np.column_stack([np.ones(len(rest)), columns])
    start = np.linalg.lstsq(design, rest, rcond=None)[0][1:]
    law = law.scaled((rest - columns @ start)[pairs.before])
    technology, none = LinearTechnology(columns), np.zeros(0)
    problem = Problem(
        rest,
        np.zeros((len(rest), 0)),
        np.zeros(0, dtype=bool),
        technology,
        pairs.now,
        pairs.before,
        law,
        "root",
        stages.instruments,
    )
    now, before = (Side(rest[at], technology.at(at)) for at in (pairs.now, pairs.before))
    return Fitted(problem, none, rest, np.zeros(len(rest)), now, before), np.asarray(start)


def _root(fitted: Fitted, one: Stationary) -> Root:
    p = fitted.problem
    omega = fitted.productivity(one.point)
    fit = fitted.residual(one.point)
    scaled = float(np.sqrt(one.objective) / np.linalg.norm(fit.r))
    persistence = float(np.corrcoef(omega[p.now], omega[p.before])[0, 1])
    coefficients = tuple(float(value) for value in one.point)
    exact = scaled < SOLVED
    return Root(coefficients, exact, scaled, one.condition, persistence, (), float(omega.std()))


def _estimated(
    stages: Stages,
    fitted: Fitted,
    terms: tuple[Term, ...],
    solved: tuple[FloatVector, FloatVector],
    roots: tuple[Root, ...],
) -> Estimated:
    first, point = solved
    data, pairs, law = stages.data, stages.pairs, fitted.problem.law
    fit = fitted.residual(point)
    theta = np.concatenate([first, fit.coefficients, point])
    ends = np.cumsum([len(first), len(fit.coefficients), len(point)])
    blocks = (slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], ends[2]))

    def omega_at(at: FloatVector) -> FloatVector:
        return np.asarray(stages.rest(at[blocks[0]]) - times(stages.constant.terms, at[blocks[2]]))

    def stack(at: FloatVector) -> list[Score]:
        return _scores(stages, fitted, blocks, at, omega_at(at))

    psi = influence(stack, theta, len(data.y))
    alone = complex_step(omega_at, theta)
    shock_moves = complex_step(lambda at: stages.shock(at[blocks[0]]), theta)
    elasticities = _elasticities(stages, first, point)
    means, of_means = _means(stages, blocks, theta, elasticities)
    inputs = (*data.state.names, data.proxy.names[0])
    psi = np.column_stack([psi, psi @ of_means.T + (elasticities - means) / len(data.y)])
    alone, shock_moves = (
        np.column_stack([part, np.zeros((len(part), len(means)))]) for part in (alone, shock_moves)
    )
    names = (
        *(f"share: {power.tolist()}" for power in stages.equation.powers),
        "mean exp shock",
        *(f"law: {name}" for name in law.names),
        *(f"constant {j + 1}" for j in range(len(point))),
        *inputs,
    )
    process = Process(
        law, terms, blocks[1], pairs.now, pairs.before, pairs.exposures, pairs.capacity
    )
    block = Block(
        data.label,
        data.rows,
        Parameters(names, np.append(theta, means), psi, alone, alone + shock_moves),
        tuple(range(len(theta), len(names))),
        fitted.productivity(point),
        process,
        roots,
        _statistics(stages, first, elasticities, fit.slope),
        _notes(stages, first, roots),
    )
    innovation = np.full(len(data.y), np.nan)
    innovation[pairs.now] = fit.r
    return Estimated(block, block.productivity + stages.shock(first), innovation, elasticities)


def _scores(
    stages: Stages,
    fitted: Fitted,
    blocks: tuple[slice, slice, slice],
    theta: FloatVector,
    omega: FloatVector,
) -> list[Score]:
    """Scores of the share equation, of the mean shock, of the law and of the moments."""
    p, rows = fitted.problem, np.arange(len(stages.data.y))
    first, gamma = theta[blocks[0]], theta[blocks[1]]
    share, shock = times(stages.equation.basis, first[:-1]), stages.shock(first)
    mean = slice(blocks[0].stop - 1, blocks[0].stop)
    columns, _ = p.law.columns(omega[p.before])
    r = omega[p.now] - columns @ gamma
    ones = np.ones((len(rows), 1))
    return [
        Score(slice(0, mean.start), rows, stages.equation.basis, -shock / share),
        Score(mean, rows, ones, np.exp(shock) - first[-1]),
        Score(blocks[1], p.now, columns, r),
        Score(blocks[2], p.now, stages.instruments, r),
    ]


def _elasticities(stages: Stages, first: FloatVector, point: FloatVector) -> FloatMatrix:
    gamma = stages.elasticity(first)
    others = [
        stages.equation.integral_slopes(j) @ gamma + stages.constant.slope(point, j)
        for j in range(stages.constant.x.shape[1])
    ]
    return np.column_stack([*others, stages.equation.basis @ gamma])


def _means(
    stages: Stages,
    blocks: tuple[slice, slice, slice],
    theta: FloatVector,
    elasticities: FloatMatrix,
) -> tuple[FloatVector, FloatMatrix]:
    """(q,) mean elasticities and their derivative (q, P) with respect to all parameters."""

    def at(moved: FloatVector) -> FloatVector:
        found = _elasticities(stages, moved[blocks[0]], moved[blocks[2]])
        return np.asarray(found.mean(axis=0))

    return elasticities.mean(axis=0), complex_step(at, theta)


def _statistics(
    stages: Stages, first: FloatVector, elasticities: FloatMatrix, slope: FloatVector
) -> dict[str, float]:
    data, shock = stages.data, stages.shock(first)
    names = (*data.state.names, data.proxy.names[0])
    means = {
        f"elasticity of {name}": float(mean)
        for name, mean in zip(names, elasticities.mean(axis=0), strict=True)
    }
    return {
        "rows": float(len(data.rows)),
        "pairs": float(len(stages.pairs.now)),
        "pairs without exposure": float(stages.pairs.lost),
        "share_ssr": float(shock @ shock),
        "mean_exp_error": float(first[-1]),
        "returns_to_scale": float(elasticities.sum(axis=1).mean()),
        "persistence": float(slope.mean()),
        **means,
    }


def _notes(stages: Stages, first: FloatVector, roots: tuple[Root, ...]) -> tuple[str, ...]:
    shock = stages.shock(first)
    skew = float(np.mean((shock - shock.mean()) ** 3) / shock.std() ** 3)
    fitted = stages.equation.basis @ first[:-1]
    exact = sum(root.exact for root in roots)
    warnings = {
        f"{np.mean(stages.log_share > 0):.1%} of shares of the flexible input exceed one": bool(
            (stages.log_share > 0).any()
        ),
        "fitted shares leave (0, 1)": bool((fitted >= 1).any()),
        f"the shock is skewed ({skew:.1f}): check the shares": abs(skew) > 1,
    }
    divided = "divided by" if stages.divide else "not divided by"
    name = stages.data.proxy.names[0]
    return (
        f"elasticity of {name} {divided} the mean of exp(shock), {first[-1]:.4f}",
        f"{exact} exact root{'s' * (exact != 1)}, taken: the one of highest persistence",
        *(text for text, wrong in warnings.items() if wrong),
    )
