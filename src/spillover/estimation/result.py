"""Estimate: coefficients with a covariance, frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError
from spillover.estimation.hypotheses import WaldTest, wald
from spillover.estimation.text import Facts, html_page, text_page
from spillover.inference.covariance import Covariance
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.solution import Solution
from spillover.numerics.tails import critical, two_sided
from spillover.sample import Sample
from spillover.tables.provenance import Loss
from spillover.typing import FloatVector

LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate:
    """A design met with a dependence: coefficients, their covariance and the rows in use."""

    solution: Solution
    """What the design returned."""

    covariance: Covariance
    """Covariance of the coefficients under ``vcov``."""

    sample: Sample
    """The sample as given to ``estimate``; ``solution.rows`` are the rows in use."""

    design: Any
    """The comparison."""

    vcov: Any
    """Which rows may be dependent."""

    label: str = ""
    """Heading of the column in a table."""

    warnings: tuple[str, ...] = ()
    """Reasons to doubt the result; printed in every summary and table note."""

    def __post_init__(self) -> None:
        for name in ("beta", "psi", "residuals", "rows"):
            getattr(self.solution, name).setflags(write=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.solution.names

    @property
    def beta(self) -> FloatVector:
        """(k,) coefficients."""
        return self.solution.beta

    @property
    def std_errors(self) -> FloatVector:
        """(k,) standard errors."""
        return np.sqrt(np.maximum(np.diag(self.covariance.matrix), 0.0))

    @property
    def nobs(self) -> int:
        """Number of rows in use."""
        return len(self.solution.rows)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Every step from the rows of the panel to the rows in use."""
        remaining = len(self.sample)
        steps = list(self.sample.losses)
        for reason, rows in self.solution.dropped:
            remaining -= rows
            steps.append(Loss(reason, rows, remaining))
        return tuple(steps)

    def tidy(self, level: float | None = None) -> pd.DataFrame:
        """One row per coefficient: estimate, std_error, statistic, p_value, conf_low, conf_high.

        Parameters
        ----------
        level : float, optional
            Confidence level; the default is 0.95, or that of the method when it inverts a test.
        """
        errors = self.std_errors
        t = np.divide(self.beta, errors, out=np.full(len(errors), np.nan), where=errors > 0)
        p = self.covariance.p_values
        interval = self.confint(level)
        columns = {
            "estimate": self.beta,
            "std_error": errors,
            "statistic": t,
            "p_value": two_sided(t, self.covariance.df_t) if p is None else p,
            "conf_low": interval["low"].to_numpy(),
            "conf_high": interval["high"].to_numpy(),
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))

    def confint(self, level: float | None = None) -> pd.DataFrame:
        """Confidence intervals, one row per coefficient with columns low and high.

        A confidence set of several pieces is enclosed; ``covariance.intervals`` has the pieces.

        Parameters
        ----------
        level : float, optional
            Confidence level; the default is 0.95, or that of the method when it inverts a test.

        Raises
        ------
        SpecificationError
            The method inverted a test at another level.
        """
        sets = self.covariance.intervals
        if sets is None:
            quantile = critical(LEVEL if level is None else level, self.covariance.df_t)
            reach = quantile * self.std_errors
            low, high = self.beta - reach, self.beta + reach
        else:
            ends = [_enclose(one, level) for one in sets]
            low, high = (np.array([end[side] for end in ends]) for side in (0, 1))
        return pd.DataFrame({"low": low, "high": high}, index=pd.Index(self.names, name="term"))

    def glance(self) -> pd.Series:
        """Numbers of the fit as one series: nobs, the design's statistics, df_t, clusters."""
        numbers: dict[str, float] = {"nobs": self.nobs, **self.solution.statistics}
        for name in ("df_t", "parameters", "clusters"):
            value = getattr(self.covariance, name)
            if value is not None:
                numbers[name] = value
        return pd.Series(numbers, dtype=np.float64, name=self.label or self.solution.outcome)

    def test(self, restrictions: str | Sequence[str]) -> WaldTest:
        """A Wald test of restrictions such as ``"backward = forward"`` or a list of them.

        Parameters
        ----------
        restrictions : str or sequence of str
            Equations between coefficients; a bare name means that it is zero.
        """
        return wald(self, restrictions)

    @property
    def facts(self) -> Facts:
        """Pairs of words and values that describe the estimate, as a summary prints them."""
        rows = f"{self.nobs:,} of {len(self.sample):,} in the sample"
        effects = self.solution.effects
        absorbed = [
            f"{name} ({levels:,})"
            for name, levels in zip(effects.names, effects.levels, strict=True)
        ]
        numbers = [(name, f"{value:.4g}") for name, value in self.solution.statistics.items()]
        return (
            ("Outcome", self.solution.outcome),
            ("Design", type(self.design).__name__),
            ("Rows in use", rows),
            ("Absorbed effects", ", ".join(absorbed) or "none"),
            ("Standard errors", self.covariance.label),
            ("Small sample", self._small_sample()),
            *numbers,
        )

    def _small_sample(self) -> str:
        found = self.covariance
        rule = getattr(self.vcov, "small_sample", "")
        reference = "normal distribution" if np.isinf(found.df_t) else f"t({found.df_t:,.0f})"
        words = [reference]
        if found.factors:
            words.append(f"variance times {', '.join(f'{f:.6g}' for f in found.factors)}")
        if found.parameters is not None:
            words.append(f"K = {found.parameters:,}")
        if found.clusters is not None:
            words.append(f"G = {found.clusters:,}")
        return "; ".join(words) + (f" ({rule})" if rule else "")

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything a reader must know, in the order of design, dependence, repair, warnings."""
        repaired = self.covariance.repaired
        repair = (f"covariance repaired: {repaired}",) if repaired else ()
        warnings = tuple(f"warning: {text}" for text in self.warnings)
        return (*self.solution.notes, *self.covariance.notes, *repair, *warnings)

    def summary(self, level: float | None = None) -> str:
        """The estimate as plain text.

        Parameters
        ----------
        level : float, optional
            Confidence level of the intervals.
        """
        return text_page(self.label, self.facts, self.tidy(level), self.notes)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_page(self.label, self.facts, self.tidy(), self.notes)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        words = {"estimate": "b", "std_error": "se", "statistic": "t", "p_value": "p"}
        return self.tidy()[list(words)].rename(columns=words).rename_axis("Coefficient")

    def __maketables_stat__(self, key: str) -> Any:  # noqa: ANN401 - protocol of maketables
        if key == "se_type":
            return self.covariance.label
        return self.nobs if key == "N" else self.solution.statistics.get(key)

    @property
    def __maketables_depvar__(self) -> str:
        return self.solution.outcome

    @property
    def __maketables_fixef_string__(self) -> str | None:
        return "+".join(self.solution.effects.names) or None

    @property
    def __maketables_vcov_info__(self) -> dict[str, str]:
        return {"vcov_type": self.covariance.label, "se_type": self.covariance.label}


def _enclose(one: ConfidenceSet, level: float | None) -> tuple[float, float]:
    if level is not None and level != one.level:
        raise SpecificationError(
            f"Expected level {one.level}, at which the test was inverted.",
            f"Found {level}.",
            "Give the level to the method in vcov and call infer again.",
        )
    if not one.intervals:
        return np.nan, np.nan
    return one.intervals[0][0], one.intervals[-1][1]
