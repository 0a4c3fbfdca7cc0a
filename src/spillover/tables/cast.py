"""Columns cast to the types of their schema, with the cells that could not be."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spillover.tables.schema import Field
from spillover.typing import BoolVector

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WHOLE = r"^[+-]?[0-9]{1,18}(\.0*)?$"
_PLAIN = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_CODE_NAMES = ("_id", "_code", "_number")
_TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE", "1"), True),
    **dict.fromkeys(("false", "False", "FALSE", "0"), False),
}


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """A column in the type of its schema."""

    values: pa.Array
    """(n,) values; text is dictionary-encoded; cells that could not be read are missing."""

    unread: BoolVector | None = None
    """(n,) cells that could not be read; ``None`` when all could."""

    typed: bool = False
    """Whether the column came with another type, not with unreadable text."""


def cast(column: pa.Array, field: Field) -> Cast:
    """A column in the type of its field.

    Text is read strictly: ASCII digits, a point, an optional exponent; dates as 2021-10-31;
    truth values as true, false, 1 or 0. Typed columns are accepted where nothing is lost: whole
    floats as integers, but never numbers as text, because codes lose their leading zeros.

    Parameters
    ----------
    column : (n,)
        Values as found.
    field : Field
        What they should be.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if _is_text(column.type) or pa.types.is_null(column.type):
        return _TEXT[field.type](column.cast(pa.string()))
    return _TYPED[field.type](column)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_missing(values: pa.Array) -> BoolVector:
    """(n,) whether each value is missing."""
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=bool)


def _rejecting(values: pa.Array, good: pa.Array, kind: pa.DataType) -> Cast:
    """Good values cast to a type; the others are missing and marked."""
    bad = is_missing(good) | ~good.fill_null(False).to_numpy(zero_copy_only=False)
    bad &= ~is_missing(values)
    kept = pc.if_else(pa.array(~bad), values, pa.scalar(None, values.type))
    return Cast(kept.cast(kind), bad if bad.any() else None)


def _all_bad(column: pa.Array, kind: pa.DataType) -> Cast:
    bad = ~is_missing(column)
    return Cast(pa.nulls(len(column), kind), bad if bad.any() else None, typed=True)


def _text(column: pa.Array) -> Cast:
    return Cast(column.dictionary_encode())


def _number_from_text(column: pa.Array) -> Cast:
    try:
        values = column.cast(pa.float64())
    except pa.ArrowInvalid:
        cast_of = _rejecting(column, pc.match_substring_regex(column, _NUMBER), pa.float64())
        return _finite(cast_of)
    return _finite(Cast(values))


def _finite(number: Cast) -> Cast:
    """Numbers without infinities and NaN, which are no cells of a table."""
    finite = pc.is_finite(number.values)
    if pc.all(finite).as_py() in (True, None):
        return number
    rejected = _rejecting(number.values, finite, pa.float64())
    marks = [each.unread for each in (number, rejected) if each.unread is not None]
    return Cast(rejected.values, np.logical_or.reduce(marks) if marks else None)


def _integer_from_text(column: pa.Array) -> Cast:
    """Whole numbers; the distinct texts are parsed once."""
    encoded = column.dictionary_encode()
    texts = encoded.dictionary
    whole = pc.match_substring_regex(texts, _WHOLE)
    plain = pc.replace_substring_regex(texts, r"(^\+)|(\.0*$)", "")
    numbers = pc.if_else(whole, plain, pa.scalar(None, pa.string())).cast(pa.int64())
    values = numbers.take(encoded.indices)
    bad = is_missing(values) & ~is_missing(column)
    return Cast(values, bad if bad.any() else None)


def _boolean_from_text(column: pa.Array) -> Cast:
    encoded = column.dictionary_encode()
    truth = [_TRUTH.get(text) for text in encoded.dictionary.to_pylist()]
    values = pa.array(truth, pa.bool_()).take(encoded.indices)
    bad = is_missing(values) & ~is_missing(column)
    return Cast(values, bad if bad.any() else None)


def _date_from_text(column: pa.Array) -> Cast:
    encoded = column.dictionary_encode()
    dates = [_date(text) for text in encoded.dictionary.to_pylist()]
    values = pa.array(dates, pa.date32()).take(encoded.indices)
    bad = is_missing(values) & ~is_missing(column)
    return Cast(values, bad if bad.any() else None)


def _date(text: str) -> object:
    try:
        return pa.scalar(text).cast(pa.date32()).as_py()
    except pa.ArrowInvalid:
        return None


def _text_from_typed(column: pa.Array) -> Cast:
    return _all_bad(column, pa.dictionary(pa.int32(), pa.string()))


def _number_from_typed(column: pa.Array) -> Cast:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _finite(Cast(column.cast(pa.float64(), safe=False)))
    return _all_bad(column, pa.float64())


def _integer_from_typed(column: pa.Array) -> Cast:
    if pa.types.is_integer(column.type):
        return Cast(column.cast(pa.int64()))
    if pa.types.is_floating(column.type):
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 2.0**53))
        return _rejecting(column, whole, pa.int64())
    return _all_bad(column, pa.int64())


def _boolean_from_typed(column: pa.Array) -> Cast:
    if pa.types.is_boolean(column.type):
        return Cast(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        whole = column.cast(pa.float64(), safe=False)
        truth = pc.or_(pc.equal(whole, 0.0), pc.equal(whole, 1.0))
        return _rejecting(whole, truth, pa.bool_())
    return _all_bad(column, pa.bool_())


def _date_from_typed(column: pa.Array) -> Cast:
    if pa.types.is_date(column.type):
        return Cast(column.cast(pa.date32()))
    if pa.types.is_timestamp(column.type):
        return Cast(column.cast(pa.date32(), safe=False))
    return _all_bad(column, pa.date32())


_TEXT = {
    "string": _text,
    "number": _number_from_text,
    "integer": _integer_from_text,
    "boolean": _boolean_from_text,
    "date": _date_from_text,
}
_TYPED = {
    "string": _text_from_typed,
    "number": _number_from_typed,
    "integer": _integer_from_typed,
    "boolean": _boolean_from_typed,
    "date": _date_from_typed,
}


def beyond_schema(name: str, column: pa.Array) -> pa.Array:
    """A column that no schema describes: numbers where nothing can be lost, else text.

    Text becomes numbers when every value is a plain number without a leading zero and the name
    does not end like that of a code (``_id``, ``_code``, ``_number``).

    Parameters
    ----------
    name : str
        Name of the column.
    column : (n,)
        Values as found.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_text(column.type):
        return column
    known = column.drop_null()
    if not len(known) or name.endswith(_CODE_NAMES):
        return column
    head = pc.all(pc.match_substring_regex(known[:1000], _PLAIN)).as_py()
    if head and pc.all(pc.match_substring_regex(known, _PLAIN)).as_py():
        return column.cast(pa.float64())
    return column
