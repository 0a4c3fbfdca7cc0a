"""Rows of one cluster may be dependent."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError, first_cases
from spillover.inference.dependence import Dependence, Part
from spillover.numerics.pairs import Groups
from spillover.sample import Sample
from spillover.specs import NonEmpty
from spillover.typing import SmallSample

FEW_CLUSTERS = 10
"""Fewer clusters than this bring a warning."""


@dataclass(frozen=True, slots=True)
class Cluster(Dependence):
    """Rows may be dependent when they belong to the same cluster (Liang and Zeger 1986).

    ``Cluster("firm_id") | Cluster("year")`` clusters both ways.
    """

    by: NonEmpty
    """Column, or columns joined by ``^``, that names the cluster."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    type: Literal["Cluster"] = field(default="Cluster", kw_only=True, repr=False)

    def columns(self) -> tuple[str, ...]:
        """The cluster variable."""
        return (self.by,)

    def bind(self, sample: Sample) -> Part:
        """Groups of rows with the same cluster."""
        codes, levels = sample.codes(self.by)
        if (codes < 0).any():
            raise IdentificationError(
                f"Expected a value of {self.by} in every row.",
                f"Found {int((codes < 0).sum()):,} rows without "
                f"(rows {first_cases(np.flatnonzero(codes < 0))}).",
                "Fill the variable or filter these rows, so that the sample flow counts them.",
            )
        if levels < 2:
            raise IdentificationError(
                f"Expected at least two clusters of {self.by}.",
                f"Found {levels}.",
                "Cluster by a variable with more values, or use Heteroskedastic().",
            )
        return Part(
            kernel=Groups(codes, levels),
            factor="cluster",
            clusters=(codes,),
            groups=levels,
            label=f"clustered by {self.by}",
            warnings=_few(levels, self.by),
        )


def _few(levels: int, by: str) -> tuple[str, ...]:
    if levels >= FEW_CLUSTERS:
        return ()
    advice = "clustered errors are too small; compare with WildCluster"
    return (f"only {levels} clusters of {by}: {advice}",)
