"""Tables: the validated inputs of a study, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from spillover.errors import unknown_name
from spillover.tables.panel import Panel
from spillover.tables.provenance import Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Validated frames by table name, with where each came from."""

    frames: Mapping[str, pd.DataFrame]
    """Frames cast to their schema; identifiers are strings."""

    provenance: tuple[Provenance, ...] = ()
    """One record per table."""

    warnings: tuple[str, ...] = ()
    """Findings of the validation that do not stop a study."""

    declared: Mapping[str, object] = field(default_factory=dict)
    """Facts a mapping declares about its source, such as ``partner_cap`` or ``weight_kind``."""

    def __contains__(self, name: object) -> bool:
        return name in self.frames

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.frames:
            raise unknown_name("table", name, sorted(self.frames))
        return self.frames[name]

    @property
    def firms(self) -> pd.DataFrame:
        """One row per firm."""
        return self["firms"]

    @property
    def ownership(self) -> pd.DataFrame:
        """Stakes of owners in firms by year."""
        return self["ownership"]

    @property
    def panel(self) -> Panel:
        """The firm-year table as a panel, with time-constant firm columns beside it.

        Columns of ``firms`` are added when ``firm_years`` does not have a column of that name.
        """
        frame = self["firm_years"]
        if "firms" in self.frames:
            firms = self["firms"]
            extra = [name for name in firms.columns if name not in frame.columns]
            keyed = firms.set_index("firm_id")[extra]
            frame = frame.join(keyed, on="firm_id")
        return Panel.of(frame, "firm_id", "year")
