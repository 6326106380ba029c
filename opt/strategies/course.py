"""Parameters that change in the course of a search, from a first to a last value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from objective import InvalidInput
from objective.errors import finite_number, known_keys, positive_number


@dataclass(frozen=True)
class Course:
    """A parameter that goes from ``first`` to ``last``.

    ``linear`` changes it by equal differences, ``geometric`` by equal factors.
    """

    first: float
    last: float
    shape: Literal["linear", "geometric"] = "linear"

    def __post_init__(self) -> None:
        if self.shape not in ("linear", "geometric"):
            raise InvalidInput("shape", self.shape, "'linear' or 'geometric'")
        for name in ("first", "last"):
            finite_number(name, getattr(self, name), "a finite number")
            if self.shape == "geometric":
                positive_number(name, getattr(self, name))

    def at(self, share: float) -> float:
        """Return the value after a share of the search, 0 to 1."""
        if self.shape == "geometric":
            return float(self.first ** (1 - share) * self.last**share)
        return (1 - share) * self.first + share * self.last


#: A constant, or its course.
Parameter = float | Course


def checked(field: str, value: object, check: Callable[[str, object], float]) -> Parameter:
    """Return a parameter that may have a course, from a number, a course or its description.

    Parameters
    ----------
    value
        A number, a `Course`, or a mapping with ``first``, ``last`` and possibly ``shape``, as
        configuration has it.
    check
        Returns a number, given the name of its field; raises `InvalidInput` if it is out of range.

    Raises
    ------
    InvalidInput
        Naming ``field``, or the part of the course that cannot be used.
    """
    if isinstance(value, Mapping):
        given = known_keys(field, value, ("first", "last", "shape"), required=("first", "last"))
        try:
            value = Course(**given)
        except InvalidInput as error:
            raise InvalidInput(f"{field}.{error.field}", error.value, error.allowed) from None
    if isinstance(value, Course):
        check(f"{field}.first", value.first)
        check(f"{field}.last", value.last)
        return value
    return check(field, value)


def value_at(parameter: Parameter, share: float) -> float:
    """Return the value of a parameter after a share of the search, 0 to 1."""
    return parameter.at(share) if isinstance(parameter, Course) else parameter
