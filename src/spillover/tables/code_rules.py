"""Rules on codes and identifiers: codelists, their dates, check digits."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from spillover.identifiers import corporate_number, country, industry, patent_class, region
from spillover.identifiers.codelists import codelist
from spillover.identifiers.verdict import Verdict, as_text
from spillover.tables.columns import Columns
from spillover.tables.rule import Found, Rule
from spillover.tables.schema import Field
from spillover.typing import IntVector, TextVector

SHORT = 20
"""Codes up to which a message spells out a codelist."""


def code_rules(field: Field) -> Iterator[Rule]:
    """The rules on the codes of a field.

    Parameters
    ----------
    field : Field
        A field of type string.
    """
    if field.codelist:
        yield _codelist_rule(field)
    if field.codelist and field.dated_by:
        yield _codelist_date_rule(field)
    if field.check:
        yield _check_rule(field)


def _reasons(verdict: Verdict, codes: IntVector) -> Found:
    """Rows whose distinct value is not valid, with the reasons and how often each occurs."""
    reasons = np.append(verdict.reasons, "")[codes]
    mask = reasons != ""
    words = reasons[mask].astype(str)
    kinds = np.array([word.partition(": ")[0] for word in words], dtype=str)
    return Found(np.asarray(mask), detail=_most_frequent(words), kinds=_most_frequent(kinds))


def _most_frequent(words: TextVector) -> str:
    """The three most frequent words with their counts."""
    found, counts = np.unique(words, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3]
    return ", ".join(f"{found[i]}: {counts[i]:,}" for i in order)


def _listed(name: str) -> str:
    """A codelist by name, with its codes when they are few."""
    codes = list(codelist(name).rows)
    return f"{name} ({', '.join(codes)})" if len(codes) <= SHORT else name


def _codelist_rule(field: Field) -> Rule:
    check = country.check if field.codelist == "iso_3166_1" else codelist(field.codelist).check

    def find(columns: Columns) -> Found | None:
        if field.name not in columns.values:
            return None
        codes, values = columns.codes(field.name)
        return _reasons(check(as_text(values.to_pylist())), codes)

    return Rule(
        field.name,
        "codelist",
        "error",
        f"Expected codes of {_listed(field.codelist)}.",
        f"Correct the codes; `spillover schema FOLDER` writes codelists/{field.codelist}.csv.",
        find,
    )


def _codelist_date_rule(field: Field) -> Rule:
    def find(columns: Columns) -> Found | None:
        if field.name not in columns.values or field.dated_by not in columns.values:
            return None
        codes, values, years = _pairs(columns, field)
        listed = codelist(field.codelist)
        when = np.array([float(year[:4] or "nan") for year in years])
        known = listed.check(values).valid
        reasons = np.where(known, listed.check(values, when).reasons, "")
        return _reasons(Verdict(reasons), codes)

    return Rule(
        field.name,
        "codelist-date",
        "warning",
        f"Expected codes that were in use in {field.dated_by}.",
        "Use the code of the year, or of the successor throughout.",
        find,
    )


def _pairs(columns: Columns, field: Field) -> tuple[IntVector, TextVector, TextVector]:
    """Each distinct pair of a code and its date or revision, and the pair of each row."""
    codes, values = columns.codes(field.name)
    others, dates = columns.codes(field.dated_by)
    width = len(dates) + 1
    pairs, inverse = np.unique(codes * width + others + 1, return_inverse=True)
    first, second = pairs // width, pairs % width - 1
    code_text = as_text([*values.to_pylist(), ""])
    date_text = as_text([*dates.to_pylist(), ""])
    at = np.where(codes >= 0, inverse, len(pairs))
    return at, code_text[first], date_text[second]


def _check_rule(field: Field) -> Rule:
    def find(columns: Columns) -> Found | None:
        if field.name not in columns.values:
            return None
        if field.check == "industry":
            return _industry(columns, field)
        codes, values = columns.codes(field.name)
        return _reasons(_VALIDATORS[field.check](values.to_pylist()), codes)

    return Rule(
        field.name,
        field.check,
        "error",
        f"Expected a valid value: {field.title[0].lower()}{field.title[1:]}.",
        "Correct the values; a number that is not known stays empty.",
        find,
    )


def _industry(columns: Columns, field: Field) -> Found | None:
    if field.dated_by not in columns.values:
        return None
    codes, values, revisions = _pairs(columns, field)
    reasons = industry.check(values, revisions).reasons.copy()
    reasons[revisions == ""] = ""
    return _reasons(Verdict(reasons), codes)


_VALIDATORS: dict[str, Callable[[Sequence[object]], Verdict]] = {
    "corporate-number": corporate_number.check,
    "municipality": region.check_municipalities,
    "ipc": patent_class.check,
}
