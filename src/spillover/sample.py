"""Sample: panel, exposures and networks on common rows, with a reason for every lost row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from spillover.errors import IdentificationError, SpecificationError, unknown_name
from spillover.expressions import names_in, parse
from spillover.networks.network import Network
from spillover.numerics.degrees import dense_codes
from spillover.tables.evaluate import categories, condition, numbers
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import BoolVector, FloatVector, IntVector


class Carrier(Protocol):
    """Something that brings columns to a panel: productivity, an exposure, a treatment."""

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Columns aligned to the rows of the panel, NaN where unknown."""
        ...


class NamedCarrier(Carrier, Protocol):
    """A carrier known by name, such as an exposure."""

    @property
    def name(self) -> str:
        """Name of the main column; companions carry it as a prefix."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of a panel with everything that an estimate needs to know about them."""

    panel: Panel
    """All rows, with the columns of productivity and exposures added; lags look here."""

    rows: IntVector
    """Rows of the panel that are in the sample, ascending."""

    measures: tuple[Any, ...] = ()
    """Carriers without a network, such as estimated productivity."""

    exposures: tuple[Any, ...] = ()
    """Exposures, each with the network and the shock that made it."""

    networks: tuple[Network, ...] = ()
    """Networks that dependences may refer to by name."""

    losses: tuple[Loss, ...] = ()
    """The ledger, from all rows of the panel to the rows of the sample."""

    @classmethod
    def of(
        cls,
        panel: Panel,
        *measures: Carrier,
        exposures: Sequence[NamedCarrier] = (),
        networks: Sequence[Network] = (),
    ) -> Self:
        """A sample of all rows of a panel.

        Parameters
        ----------
        panel : Panel
            Firm-years.
        *measures : Productivity
            Carriers of columns, for example the result of ``measure``.
        exposures : sequence of Exposure
            Their values become columns under their names.
        networks : sequence of Network
            Networks that dependences refer to by name.

        Raises
        ------
        SpecificationError
            Two carriers bring a column of the same name.
        """
        columns: dict[str, FloatVector] = {}
        for carrier in (*measures, *exposures):
            for name, values in carrier.columns(panel).items():
                _refuse_taken(name, columns, panel)
                columns[name] = values
        rows = np.arange(len(panel), dtype=np.int32)
        rows.setflags(write=False)
        start = Loss("rows of the panel", 0, len(panel))
        return cls(
            panel.with_columns(columns), rows, measures, tuple(exposures), tuple(networks), (start,)
        )

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, filter: str, reason: str | None = None) -> "Sample":  # noqa: A002 - the word users know
        """The rows for which a filter holds.

        Parameters
        ----------
        filter : str
            An expression such as ``"foreign == 0 and year >= 2005"``; comparisons with missing
            values are false.
        reason : str, optional
            Words for the ledger; the default is the filter itself.

        Raises
        ------
        IdentificationError
            No row is left.
        """
        return self.keep(condition(filter, self.panel)[self.rows], reason or f"not {filter}")

    def keep(self, mask: BoolVector, reason: str) -> "Sample":
        """The rows where ``mask`` (one value per row of the sample) is true."""
        kept = self.rows[mask]
        if not len(kept):
            raise IdentificationError(
                "Expected at least one row in the sample.",
                f"Found none of {len(self):,} after the step {reason!r}.",
                "Check the filter against the values in the data.",
            )
        kept.setflags(write=False)
        loss = Loss(reason, len(self) - len(kept), len(kept))
        return replace(self, rows=kept, losses=(*self.losses, loss))

    def take(self, rows: IntVector) -> "Sample":
        """The sample restricted to some of its rows, without an entry in the ledger.

        Parameters
        ----------
        rows : (m,)
            Positions in this sample, ascending: for example ``Solution.rows``.
        """
        return replace(self, rows=self.rows[rows])

    @property
    def frame(self) -> pd.DataFrame:
        """A copy of the rows of the sample with every column, in the order of ``rows``.

        ``panel.frame`` holds all rows of the panel; positions in ``Solution.rows`` are positions
        in this frame.
        """
        return self.panel.frame.iloc[self.rows].reset_index(drop=True)

    def column(self, text: str) -> FloatVector:
        """An expression on the rows of the sample as float64, NaN where missing."""
        return numbers(text, self.panel)[self.rows]

    def codes(self, text: str) -> tuple[IntVector, int]:
        """Codes 0..G-1 of a column or of columns joined by ``^``, and G; -1 where missing."""
        codes, _ = categories(text, self.panel)
        return dense_codes(codes[self.rows])

    def text(self, name: str) -> np.ndarray:
        """A column as it stands, on the rows of the sample."""
        if name not in self.panel.frame.columns:
            raise unknown_name("column", name, self.panel.columns)
        return self.panel.frame[name].to_numpy(dtype=object)[self.rows]

    @property
    def units(self) -> IntVector:
        """(n,) position of each row's unit in ``panel.units``."""
        return self.panel.codes[self.rows]

    @property
    def years(self) -> IntVector:
        """(n,) calendar year of each row."""
        return self.panel.years[self.rows]

    def network(self, name: str) -> Network:
        """The network of that name."""
        known = {network.name: network for network in self.networks}
        if name not in known:
            raise unknown_name("network", name, sorted(known))
        return known[name]

    def exposure(self, name: str) -> Any:  # noqa: ANN401 - a protocol below this layer
        """The exposure of that name."""
        known = {exposure.name: exposure for exposure in self.exposures}
        if name not in known:
            raise unknown_name("exposure", name, sorted(known))
        return known[name]

    def complete(
        self, expressions: Sequence[str], effects: Sequence[str] = ()
    ) -> tuple[BoolVector, tuple[tuple[str, int], ...]]:
        """Rows on which every expression and effect is known, with reasons for the others.

        Parameters
        ----------
        expressions : sequence of str
            Outcome, regressors, instruments, weights.
        effects : sequence of str
            Fixed effects and cluster variables.

        Returns
        -------
        mask : (n,)
            True where nothing is missing.
        dropped : tuple of (reason, count)
            Each lost row once, under the first reason that applies.
        """
        known = np.ones(len(self), dtype=bool)
        dropped: list[tuple[str, int]] = []
        for text in (*expressions, *effects):
            missing = (self.codes(text)[0] < 0) if text in effects else np.isnan(self.column(text))
            for reason, rows in self._reasons(text, missing):
                lost = int(np.sum(known & rows))
                if lost:
                    dropped.append((reason, lost))
                known &= ~rows
        return known, tuple(dropped)

    def _reasons(self, text: str, missing: BoolVector) -> list[tuple[str, BoolVector]]:
        """Why an expression is missing: isolated firms first, everything else after."""
        found = []
        for name in sorted(names_in(parse(text))):
            flag = f"{name}_isolated"
            if flag in self.panel.frame.columns:
                isolated = missing & (self.column(flag) == 1.0)
                found.append((f"no partners in {name}", isolated))
        return [*found, (f"missing {text}", missing)]


def _refuse_taken(name: str, columns: dict[str, FloatVector], panel: Panel) -> None:
    if name in columns or name in panel.frame.columns:
        raise SpecificationError(
            "Expected each column name once.",
            f"Found {name!r} twice.",
            "Give the exposure or the measure another name.",
        )
