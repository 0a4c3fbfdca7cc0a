"""Columns that a study derives: from expressions, from rules, from conditions on exposures."""

from typing import Any

from spillover.errors import SpecificationError
from spillover.exposures.adoption import Adoption, adoption
from spillover.exposures.inventory import accumulate
from spillover.pipelines.kinds import FirstYear
from spillover.pipelines.study import Study
from spillover.sample import Sample
from spillover.tables.panel import Panel
from spillover.tables.patent_output import PatentOutput
from spillover.tables.tables import Tables


def with_columns(panel: Panel, columns: Any) -> Panel:  # noqa: ANN401 - mapping of expressions
    """The panel with derived columns, each computed after those before it.

    Raises
    ------
    SpecificationError
        A column of that name is already there.
    """
    from spillover.tables.evaluate import numbers

    for name, expression in columns.items():
        _refuse_taken("columns", name, panel)
        panel = panel.with_columns({name: numbers(expression, panel)})
    return panel


def with_measures(panel: Panel, tables: Tables, measures: Any) -> Panel:  # noqa: ANN401 - mapping of specifications
    """The panel with the columns that rules compute from tables.

    Raises
    ------
    SpecificationError
        A column of that name is already there.
    """
    for name, spec in measures.items():
        if isinstance(spec, FirstYear):
            continue
        _refuse_taken("measures", name, panel)
        if isinstance(spec, PatentOutput):
            found = spec.on(tables, panel)
        else:
            found = accumulate(panel, spec, name).columns(panel)[name]
        panel = panel.with_columns({name: found})
    return panel


def adoptions(sample: Sample, study: Study) -> tuple[Adoption, ...]:
    """First years of conditions, which may name exposures and thus come after them.

    Parameters
    ----------
    sample : Sample
        Rows with the columns of exposures.
    study : Study
        Its measures.
    """
    rules = {k: m for k, m in study.measures.items() if isinstance(m, FirstYear)}
    for name in rules:
        _refuse_taken("measures", name, sample.panel)
    return tuple(
        adoption(sample.panel, rule.when, name, rule.switching) for name, rule in rules.items()
    )


def _refuse_taken(where: str, name: str, panel: Panel) -> None:
    if name in panel.frame.columns:
        raise SpecificationError(
            f"{where}.{name}: expected a new name.",
            f"Found {name!r} among the columns of the panel.",
            "Choose another name; tables are never changed.",
        )
