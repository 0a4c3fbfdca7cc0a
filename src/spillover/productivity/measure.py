"""The verb ``measure``: productivity of the firm-years of a panel."""

from dataclasses import replace
from typing import Protocol

from spillover.productivity.productivity import Productivity
from spillover.tables.panel import Panel


class ProductivitySpec(Protocol):
    """A way to measure productivity."""

    def measure(self, panel: Panel) -> Productivity:
        """Productivity on the rows of the panel."""
        ...


def measure(panel: Panel, spec: ProductivitySpec, name: str = "log_tfp") -> Productivity:
    """Log productivity of the firm-years of a panel.

    Parameters
    ----------
    panel : Panel
        Firm-years with output, inputs and costs.
    spec : ProductivitySpec
        For example ``SolowResidual()``.
    name : str
        Name of the column that the measure brings to a sample.

    Examples
    --------
    >>> import pandas as pd
    >>> from spillover.productivity.index_number import SolowResidual
    >>> frame = pd.DataFrame(
    ...     {"firm_id": ["a", "b"], "year": 2020, "y": [8.0, 4.0], "l": [2.0, 1.0]}
    ...     | {"k": [2.0, 4.0], "wage_bill": [1.0, 1.0], "rent": [1.0, 1.0]}
    ... )
    >>> rule = SolowResidual("y", ("l", "k"), ("wage_bill", "rent"), within=None)
    >>> measure(Panel.of(frame), rule).values.round(3)
    array([1.386, 0.693])
    """
    return replace(spec.measure(panel), name=name)
