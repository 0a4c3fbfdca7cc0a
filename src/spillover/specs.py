"""Specifications: frozen dataclasses that hold names and numbers, checked when they are built.

A specification declares its fields with annotations (``Annotated[int, Field(ge=0)]``,
``Literal[...]``, other specifications) and a docstring under each field. The same annotations
serve three masters: they check a value built in Python, they validate a study file, and they
generate the JSON Schema that editors use for completion.
"""

from dataclasses import fields
from functools import cache
from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from spillover.errors import SpecificationError, first_cases

NonEmpty = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Spec:
    """Base of every specification.

    A subclass is decorated ``@dataclass(frozen=True, slots=True, kw_only=...)`` and carries a
    keyword-only field ``type: Literal["Name"] = "Name"``. Rules between fields go into
    :meth:`rules`, which runs after every field passed its own check.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", arbitrary_types_allowed=True
    )

    def __post_init__(self) -> None:
        check_fields(self)
        self.rules()

    def rules(self) -> None:
        """Raise :class:`SpecificationError` when fields contradict each other."""


def check_fields(spec: Spec) -> None:
    """Validate every field of a specification and store the normalised values.

    Raises
    ------
    SpecificationError
        One or more fields do not fit their annotation; all of them are named.
    """
    failures = []
    cls: Any = type(spec)
    for name, adapter in _adapters(cls).items():
        try:
            value = adapter.validate_python(getattr(spec, name))
        except ValidationError as error:
            failures += [_sentence(name, detail) for detail in error.errors(include_url=False)]
        else:
            object.__setattr__(spec, name, value)
    if failures:
        raise SpecificationError(
            f"{type(spec).__name__}: a field does not have the expected form.",
            first_cases(failures) + ".",
            f"Fields are {', '.join(f.name for f in fields(spec) if f.name != 'type')}.",  # type: ignore[arg-type]
        )


def _sentence(name: str, detail: Any) -> str:  # noqa: ANN401 - pydantic's own error record
    path = ".".join([name, *(str(step) for step in detail["loc"] if isinstance(step, int))])
    return f"{path} = {detail['input']!r} ({detail['msg']})"


@cache
def _adapters(cls: type[Any]) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(cls, include_extras=True)
    return {f.name: TypeAdapter(hints[f.name]) for f in fields(cls)}
