"""Everything that can go wrong, as one tree.

::

    SpilloverError
    ├── DataError                 the tables are not what the schemas say
    ├── SpecificationError        a study, design, formula or mapping cannot mean anything
    │   └── UnknownNameError      a column, network, exposure or type that is not there
    ├── IdentificationError       the data cannot answer the question
    ├── ConvergenceError          an iteration stopped short
    ├── DisclosureError           an output would break a disclosure rule
    ├── ResourceError             the plan exceeds the declared memory or pair budget
    ├── OutputError               a result could not be written; nothing half-written is left
    └── MissingExtraError         an optional dependency is needed

Every message has three parts: what was expected, what was found (with the first three cases),
what to do. The parts are kept as fields, and errors survive a trip between processes.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class SpilloverError(Exception):
    """Base of all errors; carries what was expected, what was found and what to do.

    Parameters
    ----------
    expected, found, action : str
        The three parts of the message. ``found`` and ``action`` may be empty when the first
        sentence says everything.
    """

    exit_code = 1

    def __init__(self, expected: str, found: str = "", action: str = "") -> None:
        self.expected = expected
        self.found = found
        self.action = action
        super().__init__(expected, found, action)

    def __str__(self) -> str:
        return " ".join(part for part in (self.expected, self.found, self.action) if part)


class DataError(SpilloverError, ValueError):
    """The tables are not what the schemas say; holds all failures, never only the first."""

    exit_code = 1


class SpecificationError(SpilloverError, ValueError):
    """A study, design, formula or mapping cannot mean anything as written."""

    exit_code = 2


class UnknownNameError(SpecificationError):
    """A column, network, exposure or type was named that is not there."""


class IdentificationError(SpilloverError):
    """The data cannot answer: absorbed regressor, too few instruments, no variation, no rows."""

    exit_code = 3


class ConvergenceError(SpilloverError):
    """An iteration stopped short of its tolerance."""

    exit_code = 4


class DisclosureError(SpilloverError):
    """An output would break a disclosure rule."""

    exit_code = 5


class ResourceError(SpilloverError):
    """The plan exceeds the declared budget of memory or pairs."""

    exit_code = 6


class OutputError(SpilloverError, OSError):
    """A result could not be written; whatever had been begun was removed."""

    exit_code = 7


class MissingExtraError(SpilloverError, ImportError):
    """An optional dependency is needed for what was asked."""

    exit_code = 8


def first_cases(values: Iterable[object], most: int = 3) -> str:
    """The first cases of a failure as text, with an ellipsis when there are more.

    >>> first_cases(["F1", "F2", "F3", "F4"])
    'F1, F2, F3, ...'
    """
    listed = list(values)
    text = ", ".join(str(value) for value in listed[:most])
    return f"{text}, ..." if len(listed) > most else text


def unknown_name(kind: str, name: str, known: Sequence[str]) -> UnknownNameError:
    """An :class:`UnknownNameError` that offers the nearest valid names.

    Parameters
    ----------
    kind : str
        What was looked for, for example ``"column"``.
    name : str
        The name that is not there.
    known : sequence of str
        The names that exist.
    """
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    listed = first_cases(sorted(known), most=12)
    action = f"Did you mean {' or '.join(near)}?" if near else f"Known names are {listed}."
    return UnknownNameError(f"Expected the name of a {kind}.", f"Found {name!r}.", action)
