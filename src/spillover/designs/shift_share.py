"""Shift-share regressions: the exposure as regressor or instrument, its shares complete."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.formula import expand, needs, read_terms
from spillover.designs.instruments import InstrumentalVariables
from spillover.designs.rows import Needs, RowsInUse, Singletons, rows_in_use
from spillover.errors import SpecificationError
from spillover.numerics.absorb import prepare
from spillover.numerics.regression import center, collinearity
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class ShiftShareIV(Spec):
    """Effect of a treatment instrumented by a shift-share, or of the shift-share itself.

    Shares that do not sum to one act like a further category with shock zero. Their sum, in a
    panel its product with every year, is added to the controls unless fixed effects take it up,
    which makes the coefficient equal to that of a regression with one row per shock.

    References
    ----------
    Borusyak, Hull and Jaravel (2022), Review of Economic Studies 89; Goldsmith-Pinkham, Sorkin
    and Swift (2020), American Economic Review 110.

    Examples
    --------
    >>> ShiftShareIV("log_tfp", "import_shock", treatment="imports").identification
    'shocks'
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    exposure: NonEmpty
    """Name of a shift-share exposure of the sample."""

    treatment: NonEmpty | None = None
    """Expression of the regressor that the exposure instruments; by default the exposure itself
    is the regressor."""

    regressors: tuple[NonEmpty, ...] = ()
    """Expressions of further regressors."""

    absorb: tuple[NonEmpty, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    weights: NonEmpty | None = None
    """Expression of observation weights."""

    identification: Literal["shocks", "shares"] = "shocks"
    """What is as good as random, for the notes: shocks given shares, or every share."""

    incomplete: Literal["control", "allow"] = "control"
    """Whether the sum of incomplete shares is controlled; ``allow`` leaves it out and says what
    the coefficient would be with it."""

    singletons: Singletons = "drop"
    """Whether rows that are alone in a level of an effect leave."""

    type: Literal["ShiftShareIV"] = field(default="ShiftShareIV", kw_only=True, repr=False)

    def solve(self, sample: Sample) -> Solution:
        """Coefficients with their influence function, the treatment first.

        Parameters
        ----------
        sample : Sample
            Rows to choose from, with the exposure.

        Raises
        ------
        SpecificationError
            The exposure is not a shift-share.
        IdentificationError
            A regressor is absorbed or collinear, or no row is left.
        """
        exposure = sample.exposure(self.exposure)
        if not callable(getattr(exposure, "stacked", None)):
            raise SpecificationError(
                "Expected a shift-share exposure.",
                f"Found {self.exposure!r}, whose shares are not kept.",
                "Build it with expose(shares, shock, ShiftShare()), or use FixedEffects.",
            )
        wider, sums = self._with_sums(sample)
        controlled = self._plain(sums).solve(wider)
        assumed = {"shocks": "shocks are as good as random", "shares": "shares are exogenous"}
        notes = (f"identification: {assumed[self.identification]}",)
        if not sums or self.incomplete == "control":
            added = (f"controls for incomplete shares: {', '.join(sums)}",) if sums else ()
            return replace(controlled, notes=(*controlled.notes, *notes, *added))
        bare = self._plain(()).solve(sample)
        both = (
            f"incomplete shares are not controlled: {bare.beta[0]:.6g}; with their sum "
            f"controlled it would be {controlled.beta[0]:.6g}"
        )
        return replace(bare, notes=(*bare.notes, *notes, both))

    def _plain(self, sums: tuple[str, ...]) -> FixedEffects | InstrumentalVariables:
        """The same regression as least squares or instrumental variables."""
        others = (*self.regressors, *sums)
        if self.treatment is None:
            regressors = (self.exposure, *others)
            return FixedEffects(
                self.outcome, regressors, self.absorb, self.weights, self.singletons
            )
        return InstrumentalVariables(
            self.outcome,
            (self.treatment,),
            (self.exposure,),
            others,
            self.absorb,
            self.weights,
            singletons=self.singletons,
        )

    def _with_sums(self, sample: Sample) -> tuple[Sample, tuple[str, ...]]:
        """The sample with the sum of shares, times year in a panel, as far as it varies."""
        total = f"{self.exposure}_share_sum"
        used = rows_in_use(sample, self._needs(total))
        kept = sample.take(used.rows)
        sums, years = kept.column(total), np.unique(kept.years)
        if np.allclose(sums, 1.0, rtol=0, atol=1e-8):
            return sample, ()
        names = [total] if len(years) == 1 else [f"{total}_{year}" for year in years]
        columns = (kept.years[:, None] == years) * sums[:, None]
        others = expand(kept, read_terms(self.regressors)).values
        spent = _explained(np.column_stack([others, columns]), used)
        chosen = [j for j in range(len(names)) if others.shape[1] + j not in spent]
        added = {names[j]: _everywhere(sample, columns[:, j], used.rows) for j in chosen}
        if len(years) == 1:
            added = {}
        panel = sample.panel.with_columns(added)
        return replace(sample, panel=panel), tuple(names[j] for j in chosen)

    def _needs(self, total: str) -> Needs:
        slopes, factors = needs(read_terms(self.regressors))
        treatment = () if self.treatment is None else (self.treatment,)
        numeric = (self.outcome, *treatment, self.exposure, total, *slopes)
        return Needs(numeric, factors, self.absorb, self.weights, self.singletons)


def _explained(columns: FloatMatrix, used: RowsInUse) -> set[int]:
    """Columns that effects or earlier columns explain."""
    around = center(columns, used.weights).values
    if used.effects.codes:
        around = prepare(used.effects.codes, weights=used.weights).remove(around).columns
    found = collinearity(around, np.sum(columns**2, axis=0), used.weights)
    return {*found.absorbed, *(group[0] for group in found.dependent)}


def _everywhere(sample: Sample, values: FloatVector, rows: IntVector) -> FloatVector:
    """Values of the rows in use on all rows of the panel; zero elsewhere."""
    column = np.zeros(len(sample.panel))
    column[sample.rows[rows]] = values
    return column
