"""Effects by cohort and year from comparisons of changes."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.designs.averages import OVERALL, Aggregate, Averages, Cells, averages
from spillover.designs.checks import respell
from spillover.designs.cohorts import NEVER, Cohorts, cohorts_of
from spillover.designs.formula import expand, needs, read_terms
from spillover.errors import IdentificationError, first_cases
from spillover.numerics.comparisons import Method, compare
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

FEW_UNITS = 5
"""Units of a cohort below which its variance is hardly seen."""


@dataclass(frozen=True, slots=True)
class CallawaySantAnna(Spec):
    """Effects of a treatment that units adopt in different years, by cohort and year.

    The change of a cohort since its base year is compared with the change of units that are not
    treated. ATT(g, t) is the mean effect in year t on units first treated in year g. Effects need
    not be equal across cohorts and years, which two-way fixed effects silently assume.

    The influence of a unit stands on its first row in use: cluster by unit or by something that
    does not change over time.

    References
    ----------
    Callaway and Sant'Anna (2021), equations 2.2-2.6 and theorem 2; Sant'Anna and Zhao (2020).

    Examples
    --------
    >>> CallawaySantAnna("log_tfp", cohort="first_link").aggregate
    'dynamic'
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    cohort: NonEmpty
    """Year of first treatment; 0, or a year after the last of the panel, means never."""

    covariates: tuple[NonEmpty, ...] = ()
    """Expressions taken in the base year, on which trends may depend."""

    aggregate: Aggregate = "dynamic"
    """Averages to report: by event time, cohort, calendar year, all, or each cell."""

    controls: Literal["not_yet", "never"] = "not_yet"
    """Units treated later or never, or only the latter."""

    method: Method = "dr"
    """Doubly robust, outcome regression or inverse probability weighting."""

    base: Literal["universal", "varying"] = "universal"
    """One base year for all years of a cohort, or the year before for years before treatment."""

    anticipation: Count = 0
    """Years before treatment in which it may already act."""

    balanced: Count | None = None
    """Event time up to which all cohorts of a dynamic average must be observed."""

    type: Literal["CallawaySantAnna"] = field(default="CallawaySantAnna", kw_only=True, repr=False)

    def rules(self) -> None:
        """Spell the outcome in one way."""
        respell(self, self.outcome)

    def solve(self, sample: Sample) -> Solution:
        """Averages of effects with the influence of every unit.

        Raises
        ------
        DataError
            A year of first treatment is missing or differs within a unit.
        IdentificationError
            No cohort can be compared with controls.
        ConvergenceError
            Covariates predict treatment perfectly.
        """
        terms = read_terms(self.covariates)
        slopes, factors = needs(terms)
        used = cohorts_of(sample, self.cohort, (self.outcome, *slopes), factors, self.anticipation)
        kept = sample.take(used.rows)
        constant = np.ones((len(used.rows), 1))
        columns = np.hstack([constant, expand(kept, terms).values]) if terms else constant
        y = kept.column(self.outcome)
        found = _Comparisons(self, used, y, columns)
        cells, psi, missing = found.all()
        result = averages(cells, self.aggregate, self.balanced)
        members, lead = used.of_units()
        influence = psi @ result.weights + _of_members(cells, result.shares, members)
        names, values, influence = _with_overall(self.aggregate, cells, result, influence, members)
        rows_psi = np.zeros((len(used.rows), len(names)))
        rows_psi[lead] = influence
        return Solution(
            names=names,
            beta=values,
            psi=rows_psi,
            residuals=np.zeros(len(used.rows)),
            rows=used.rows,
            outcome=self.outcome,
            statistics=_statistics(members, y),
            dropped=used.dropped,
            by_unit=True,
            notes=_notes(self, used, members, missing),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Comparisons:
    """A design on its rows, ready to compare cohorts year by year."""

    design: CallawaySantAnna
    """What is compared with what."""

    used: Cohorts
    """Rows in use."""

    y: FloatVector
    """(n,) outcome."""

    columns: FloatMatrix
    """(n, p) covariates with a constant."""

    def all(self) -> tuple[Cells, FloatMatrix, tuple[str, ...]]:
        """Cells that can be compared, the influence of units (N, K), and cells that cannot."""
        members, _ = self.used.of_units()
        at = np.full((len(members), len(self.used.calendar)), -1)
        at[self.used.units, np.searchsorted(self.used.calendar, self.used.years)] = np.arange(
            len(self.y)
        )
        keys, effects, psi, missing = [], [], [], []
        for g in self.used.treated:
            for t in self.used.calendar:
                base = self._base(int(g), int(t))
                if base is None or base == t:
                    continue
                found = self._cell(at, members, (int(g), int(t), base))
                if found is None:
                    missing.append(f"cohort {g} in {t}")
                    continue
                keys.append((g, t))
                effects.append(found[0])
                psi.append(found[1])
        if not keys:
            raise IdentificationError(
                "Expected at least one cohort with controls that are observed in the same years.",
                f"Found none ({first_cases(missing)}).",
                'Add units that are never treated, or use controls="not_yet".',
            )
        cohorts, years = (np.array(column, dtype=np.int64) for column in zip(*keys, strict=True))
        mass = np.array([float((members == g).sum()) for g in cohorts])
        return Cells(cohorts, years, np.array(effects), mass), np.column_stack(psi), tuple(missing)

    def _base(self, g: int, t: int) -> int | None:
        """The year with which year t of cohort g is compared."""
        early = t < g - self.used.anticipation
        if early and self.design.base == "varying":
            before = self.used.calendar[self.used.calendar < t]
            return int(before[-1]) if len(before) else None
        return self.used.base(g)

    def _cell(
        self, at: IntVector, members: IntVector, key: tuple[int, int, int]
    ) -> tuple[float, FloatVector] | None:
        """Effect of cohort g in year t with the influence of all units, or nothing to compare."""
        g, t, base = key
        now, then = (at[:, np.searchsorted(self.used.calendar, year)] for year in (t, base))
        treated = members == g
        seen = (now >= 0) & (then >= 0) & (treated | self._controls(members, g, max(t, base)))
        if not (seen & treated).any() or not (seen & ~treated).any():
            return None
        change = self.y[now[seen]] - self.y[then[seen]]
        where = f"cohort {g} in {t}"
        method = self.design.method
        effect, psi = compare(change, treated[seen], self.columns[then[seen]], method, where)
        all_units = np.zeros(len(members))
        all_units[seen] = psi
        return effect, all_units

    def _controls(self, members: IntVector, g: int, last: int) -> BoolVector:
        if self.design.controls == "never":
            return np.asarray(members == NEVER)
        late = (members != NEVER) & (members > last + self.used.anticipation)
        return np.asarray((members != g) & (late | (members == NEVER)))


def _of_members(cells: Cells, shares: FloatMatrix, members: IntVector) -> FloatMatrix:
    """(N, m) influence of units through the estimated sizes of cohorts."""
    total = np.zeros((len(members), shares.shape[1]))
    for g in np.unique(cells.cohorts):
        total[members == g] = shares[cells.cohorts == g].sum(axis=0)
    return total


def _with_overall(
    aggregate: Aggregate,
    cells: Cells,
    result: Averages,
    influence: FloatMatrix,
    members: IntVector,
) -> tuple[tuple[str, ...], FloatVector, FloatMatrix]:
    """The averages followed by their own average: over cohorts by size, over time equally."""
    if aggregate != "group":
        return result.with_mean(influence)
    sizes = np.array([cells.mass[w > 0][0] for w in result.weights.T])
    weights = sizes / sizes.sum()
    overall = float(weights @ result.values)
    psi = influence @ weights
    for j, w in enumerate(result.weights.T):
        own = members == cells.cohorts[w > 0][0]
        psi[own] += (result.values[j] - overall) / sizes.sum()
    names = (*result.names, OVERALL)
    return names, np.append(result.values, overall), np.column_stack([influence, psi])


def _statistics(members: IntVector, y: FloatVector) -> dict[str, float]:
    treated = members != NEVER
    return {
        "units": float(len(members)),
        "treated units": float(treated.sum()),
        "cohorts": float(len(np.unique(members[treated]))),
        "mean_outcome": float(y.mean()),
    }


def _notes(
    design: CallawaySantAnna, used: Cohorts, members: IntVector, missing: tuple[str, ...]
) -> tuple[str, ...]:
    group = "never treated" if design.controls == "never" else "not yet treated"
    notes = [f"controls: units {group}; base year: {design.base}"]
    if missing:
        notes.append(f"{len(missing)} cells without a comparison: {first_cases(missing)}")
    small = [str(g) for g in used.treated if (members == g).sum() < FEW_UNITS]
    if small:
        notes.append(f"cohorts of fewer than {FEW_UNITS} units: {first_cases(small)}")
    return tuple(notes)
