"""Rows are independent: one variance for all, or one for each."""

from dataclasses import dataclass, field
from typing import Literal

from spillover.inference.dependence import Dependence, Part
from spillover.numerics.pairs import Diagonal
from spillover.sample import Sample
from spillover.specs import Spec
from spillover.typing import SmallSample


@dataclass(frozen=True, slots=True)
class Heteroskedastic(Dependence):
    """Rows are independent with variances of their own (White 1980; MacKinnon and White 1985)."""

    kind: Literal["HC0", "HC1", "HC2", "HC3"] = "HC1"
    """HC0 without correction, HC1 times N/(N-K), HC2 and HC3 by leverage in the full model."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched; HC0, HC2 and HC3 use none."""

    type: Literal["Heteroskedastic"] = field(default="Heteroskedastic", kw_only=True, repr=False)

    def bind(self, sample: Sample) -> Part:
        """Every row on its own."""
        factor: Literal["independent", "none"] = "independent" if self.kind == "HC1" else "none"
        return Part(Diagonal(len(sample)), factor, label=self.kind)


@dataclass(frozen=True, slots=True)
class Homoskedastic(Spec):
    """Rows are independent with one common variance; defined for linear designs only."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    type: Literal["Homoskedastic"] = field(default="Homoskedastic", kw_only=True, repr=False)
