"""The verb tabulate: estimates in, a table out."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import pandas as pd

from spillover.errors import SpecificationError, unknown_name
from spillover.estimation.result import Estimate
from spillover.reports.facts import facts_of
from spillover.reports.result_table import ResultTable
from spillover.reports.table_data import Cell, Line, TableLayout
from spillover.reports.words import Words


@runtime_checkable
class Planted(Protocol):
    """Something that knows planted effects, such as the truth of a simulated economy."""

    @property
    def effects(self) -> Mapping[str, float]:
        """Effects by term."""
        ...


def tabulate(
    estimates: Sequence[Estimate] | Mapping[str, Estimate] | Estimate,
    layout: TableLayout | None = None,
    *,
    words: Mapping[str, str] | Words | None = None,
    truth: Mapping[str, float] | Planted | None = None,
    caption: str = "",
    name: str = "results",
) -> ResultTable:
    """A table with one column per estimate.

    Parameters
    ----------
    estimates : Estimate, sequence or mapping of Estimate
        Columns; the keys of a mapping are headings, otherwise the labels of the estimates.
    layout : TableLayout, optional
        Terms, what stands below an estimate, stars, digits, rows of statistics.
    words : mapping of str to str, optional
        Terms, columns and fixed effects in words.
    truth : mapping of str to float, optional
        Planted effects by term, or the truth of a simulated economy; they get a column.
    caption, name : str
        Title, and a short name for files and references.

    Raises
    ------
    SpecificationError
        No estimate, or the layout leaves no term.
    UnknownNameError
        The layout names a term that no estimate has.
    """
    layout = layout or TableLayout()
    known = words if isinstance(words, Words) else Words(given=words or {})
    labelled = _labelled(estimates)
    frames = [
        one.tidy(layout.level) if layout.level is not None else one.tidy() for _, one in labelled
    ]
    planted = truth.effects if isinstance(truth, Planted) else dict(truth or {})
    terms = _terms(labelled, layout)
    lines = tuple(
        Line(
            term,
            known.of(term),
            tuple(_cell(frame, term) for frame in frames),
            planted.get(term),
        )
        for term in terms
    )
    statistics, notes = facts_of([one for _, one in labelled], layout, known)
    if any(line.truth is not None for line in lines):
        notes = (*notes, known.say("table.planted"))
    return ResultTable(
        columns=tuple(label for label, _ in labelled),
        outcomes=tuple(known.of(one.solution.outcome) for _, one in labelled),
        lines=lines,
        statistics=statistics,
        notes=notes,
        caption=caption,
        name=name,
        layout=layout,
        language=known.language,
    )


def _labelled(
    estimates: Sequence[Estimate] | Mapping[str, Estimate] | Estimate,
) -> list[tuple[str, Estimate]]:
    if isinstance(estimates, Mapping):
        found = list(estimates.items())
    else:
        listed = [estimates] if isinstance(estimates, Estimate) else list(estimates)
        found = [(one.label, one) for one in listed]
    if not found:
        raise SpecificationError("Expected at least one estimate.", "Found none.")
    return found


def _terms(labelled: list[tuple[str, Estimate]], layout: TableLayout) -> list[str]:
    """Terms to show: in the order of ``keep``, or of their first appearance."""
    known = list(dict.fromkeys(term for _, one in labelled for term in one.names))
    for term in (*layout.keep, *layout.drop):
        if term not in known:
            raise unknown_name("term", term, known)
    shown = [term for term in layout.keep or known if term not in layout.drop]
    if not shown:
        raise SpecificationError(
            "Expected at least one term in the table.",
            "Found none after keep and drop.",
            "Leave out fewer terms.",
        )
    return shown


def _cell(frame: pd.DataFrame, term: str) -> Cell | None:
    if term not in frame.index:
        return None
    names = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
    row = frame.index.get_loc(term)
    return Cell(*(float(frame[name].to_numpy()[row]) for name in names))
