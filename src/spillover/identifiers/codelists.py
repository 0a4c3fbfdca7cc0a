"""Codelists: permitted values of a field, with the years in which each was in use."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from spillover.errors import unknown_name
from spillover.identifiers.verdict import Verdict, as_text
from spillover.typing import FloatVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Codelist:
    """Codes of one classification with all their columns."""

    name: str
    """Name of the codelist: the stem of its file."""

    rows: Mapping[str, Mapping[str, str]]
    """Columns of each code, such as ``name_en`` or ``valid_to``."""

    def __contains__(self, code: object) -> bool:
        return code in self.rows

    def check(self, codes: TextVector, years: FloatVector | None = None) -> Verdict:
        """Which codes are in the list, and in use in their year.

        Parameters
        ----------
        codes : (n,)
            Codes as strings.
        years : (n,), optional
            Years at which the codes have to be in use; NaN asks for none.
        """
        text = as_text(codes)
        asked = np.full(len(text), np.nan) if years is None else years
        reasons = np.empty(len(text), dtype=object)
        reasons[:] = [self._reason(c, y) for c, y in zip(text, asked, strict=True)]
        return Verdict(reasons)

    def _reason(self, code: str, year: float) -> str:
        row = self.rows.get(code)
        if row is None:
            return self._near(code)
        start, end = row.get("valid_from", ""), row.get("valid_to", "")
        if start and year < float(start[:4]):
            return f"in use only from {start[:4]}"
        if end and year > float(end[:4]):
            return f"in use only until {end[:4]}"
        return ""

    def _near(self, code: str) -> str:
        width = max((len(known) for known in self.rows), default=0)
        if code.isdigit() and code.zfill(width) in self.rows:
            return "has lost its leading zero"
        if code.strip().upper() in self.rows:
            return "differs by blanks or small letters"
        return f"not in {self.name}"


@cache
def schema_folder() -> Path:
    """Folder of schemas and codelists: inside the installed package, or in a checkout's root."""
    package = Path(__file__).parents[1]
    installed = package / "data_schemas"
    return installed if installed.is_dir() else package.parents[1] / "data_schemas"


@cache
def codelist(name: str) -> Codelist:
    """A codelist by name.

    Parameters
    ----------
    name : str
        For example ``"jis_x_0401"`` or ``"iso_3166_1"``.

    Raises
    ------
    UnknownNameError
        There is no such codelist.
    """
    folder = schema_folder() / "codelists"
    path = folder / f"{name}.csv"
    known = sorted(each.stem for each in folder.glob("*.csv"))
    if name not in known:
        raise unknown_name("codelist", name, known)
    rows: dict[str, Mapping[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["code"], MappingProxyType(row))
    return Codelist(name, MappingProxyType(rows))
