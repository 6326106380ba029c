"""Checks of plain values that the parts of a problem share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from objective import InvalidInput
from objective.errors import non_negative_number
from opt.allocate.half_day import HalfDay, a_half_day


class Named(Protocol):
    """Anything that other parts of a problem refer to by its name."""

    @property
    def name(self) -> str:
        """Its name."""


One = TypeVar("One", bound=Named)


def text(field: str, value: object) -> str:
    """Return a text that is not empty; raise `InvalidInput` for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(field, value, "text that is not empty")
    return value


def texts(field: str, value: object, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return names as a tuple; raise `InvalidInput` unless each is text, and one of ``allowed``."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidInput(field, value, "a list of names")
    names = tuple(text(field, one) for one in value)
    for name in names:
        if allowed is not None and name not in allowed:
            raise InvalidInput(field, name, "one of " + (", ".join(allowed) or "none"))
    return names


def half_days(field: str, value: object) -> tuple[HalfDay, ...]:
    """Return half-days as a tuple; raise `InvalidInput` if they are none."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidInput(field, value, "a list of half-days like '2026-03-02 am'")
    return tuple(a_half_day(field, one) for one in value)


def numbers_by_half_day(field: str, value: object) -> dict[HalfDay, float]:
    """Return numbers by half-day; raise `InvalidInput` unless each is finite and at least 0."""
    if not isinstance(value, Mapping):
        raise InvalidInput(field, value, "numbers by half-day like {'2026-03-02 am': 120}")
    return {
        a_half_day(field, key): non_negative_number(f"{field}[{key}]", number)
        for key, number in value.items()
    }


def by_name(field: str, kind: type[One], values: Sequence[One]) -> dict[str, One]:
    """Return things by name; raise `InvalidInput` for other things and for a name used twice."""
    found: dict[str, One] = {}
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence):
        raise InvalidInput(field, values, "a list")
    for one in values:
        if not isinstance(one, kind):
            raise InvalidInput(field, one, f"a {kind.__name__}")
        if one.name in found:
            raise InvalidInput(field, one.name, "named once")
        found[one.name] = one
    return found
