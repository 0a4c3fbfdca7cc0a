"""How each kind of design is drawn by the wild cluster bootstrap."""

from spillover.errors import SpecificationError
from spillover.numerics.inversion import Drawn
from spillover.numerics.pairs import Groups
from spillover.numerics.solution import Linear, Solution
from spillover.numerics.wild import WildScores, draw, score_draws
from spillover.numerics.wild_effects import EffectTerms, effect_terms
from spillover.numerics.wild_iv import Blocks, InstrumentedDraws, instrumented_scores


def kind_of_draws(solution: Solution) -> str:
    """What a label adds for designs other than least squares."""
    if solution.linear is None:
        return ", one step on scores"
    return "" if solution.linear.Z is None else ", restricted efficient (WRE)"


def testable(solution: Solution) -> tuple[int, ...]:
    """Coefficients that can be drawn: all, or those of instrumented regressors."""
    linear = solution.linear
    if linear is None or linear.Z is None:
        return tuple(range(len(solution.names)))
    return linear.endogenous


def drawn_coefficients(
    solution: Solution, clusters: Groups, chosen: tuple[int, ...], blocks: Blocks
) -> tuple[Drawn, ...]:
    """Draws of the chosen coefficients, in their order.

    Parameters
    ----------
    solution : Solution
        Least squares and two-stage least squares are drawn exactly, other designs by one step.
    clusters : Groups
        Cluster of each row in use.
    chosen : tuple of int
        Coefficients by position, among those of :func:`testable`.
    blocks : callable
        Weights by cluster.

    Raises
    ------
    SpecificationError
        Several regressors are instrumented, or not by two-stage least squares.
    """
    linear = solution.linear
    if linear is None:
        return tuple(
            score_draws(solution.psi[:, j], float(solution.beta[j]), clusters, blocks())
            for j in chosen
        )
    if linear.Z is None:
        return draw(wild_scores(solution, clusters).directions(chosen), blocks())
    return (_instrumented(solution, linear, clusters, blocks),) * len(chosen)


def _instrumented(
    solution: Solution, linear: Linear, clusters: Groups, blocks: Blocks
) -> InstrumentedDraws:
    if len(linear.endogenous) != 1:
        raise SpecificationError(
            "Expected one instrumented regressor for WildCluster.",
            f"Found {len(linear.endogenous)}.",
            "Use Cluster(...) and Anderson-Rubin tests.",
        )
    at = linear.endogenous[0]
    effects = _effects(solution, linear, clusters)
    beta = float(solution.beta[at])
    scores = instrumented_scores(linear, solution.psi[:, at], beta, clusters, effects)
    if abs(scores.two_stage - beta) > 1e-7 * max(abs(beta), scores.std_error):
        raise SpecificationError(
            "Expected two-stage least squares for WildCluster.",
            f"Found a coefficient of {beta:.6g} where it gives {scores.two_stage:.6g}.",
            'Use method = "2sls", or Cluster(...) for LIML and GMM.',
        )
    return InstrumentedDraws(scores, blocks)


def wild_scores(solution: Solution, clusters: Groups) -> WildScores:
    """A least-squares solution by cluster, ready for draws.

    Parameters
    ----------
    solution : Solution
        A linear solution without instruments.
    clusters : Groups
        Cluster of each row in use.

    Raises
    ------
    SpecificationError
        The design is not least squares.
    """
    linear = solution.linear
    if linear is None or linear.Z is not None:
        raise SpecificationError(
            "Expected least squares for draws that are common to several models.",
            "Found instruments." if linear else "Found a design that is not linear.",
            "Leave this design out of the family.",
        )
    if solution.first_stage is not None:
        raise SpecificationError(
            "Expected variables that are data for the wild bootstrap.",
            "Found one that was itself estimated, which draws do not repeat.",
            'Use Cluster(...), or estimate(..., first_stage="ignore").',
        )
    effects = _effects(solution, linear, clusters)
    return WildScores(linear, solution.residuals, solution.beta, clusters, effects)


def _effects(solution: Solution, linear: Linear, clusters: Groups) -> EffectTerms:
    effects = solution.effects
    return effect_terms(
        effects.codes, effects.levels, linear.weights, clusters.codes, clusters.levels
    )
