"""The one error that Bailey raises for a value it cannot use."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

#: Largest minute, weight or threshold: beyond it arithmetic in float64 overflows.
LARGEST = 1e9


class InvalidInput(ValueError):
    """A value from outside that cannot be used; the message names field, value and what is allowed.

    Parameters
    ----------
    field
        Dotted name of the input, e.g. ``session.no_show``.
    value
        What was given.
    allowed
        What would have been accepted, as the end of the sentence "must be ...".
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        shown = repr(value)
        shown = shown if len(shown) <= 120 else shown[:117] + "..."
        super().__init__(f"{field} is {shown}; it must be {allowed}")

    def __reduce__(self) -> tuple[type["InvalidInput"], tuple[str, object, str]]:
        """Pickle by the three arguments, so that worker processes can hand the error on."""
        return type(self), (self.field, self.value, self.allowed)


def finite_number(field: str, value: object, allowed: str) -> float:
    """Return ``value`` as a float; raise `InvalidInput` unless it is a finite real number."""
    try:
        # Booleans are integers to Python, but "no_show: yes" is a mistake, not a probability.
        number = float("nan") if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise InvalidInput(field, value, allowed)
    return number


def positive_number(field: str, value: object) -> float:
    """Return ``value`` as a float; raise `InvalidInput` unless it is finite and positive."""
    allowed = f"a finite number greater than 0, at most {LARGEST:g}"
    number = finite_number(field, value, allowed)
    if not 0 < number <= LARGEST:
        raise InvalidInput(field, value, allowed)
    return number


def non_negative_number(field: str, value: object) -> float:
    """Return ``value`` as a float; raise `InvalidInput` unless it is finite and at least 0."""
    allowed = f"a finite number from 0 to {LARGEST:g}"
    number = finite_number(field, value, allowed)
    if not 0 <= number <= LARGEST:
        raise InvalidInput(field, value, allowed)
    return number


def probability(field: str, value: object, allowed: str = "a probability, 0 to 1") -> float:
    """Return ``value`` as a float; raise `InvalidInput` unless it is from 0 to 1."""
    number = finite_number(field, value, allowed)
    if not 0 <= number <= 1:
        raise InvalidInput(field, value, allowed)
    return number


def whole_number(field: str, value: object, low: int, high: int) -> int:
    """Return ``value`` as an int; raise `InvalidInput` unless it is whole and in ``low..high``."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not low <= int(value) <= high:  # type: ignore[call-overload]
        raise InvalidInput(field, value, f"a whole number from {low} to {high}")
    return int(value)  # type: ignore[call-overload, no-any-return]


def known_keys(
    name: str, description: Mapping[str, Any], known: Sequence[str], required: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the mapping as a dict; raise `InvalidInput` for unknown or missing keys."""
    if not isinstance(description, Mapping):
        raise InvalidInput(name, description, "a mapping with " + ", ".join(known))
    for key in description:
        if key not in known:
            raise InvalidInput(f"{name}.{key}", description[key], "one of " + ", ".join(known))
    for key in required:
        if key not in description:
            raise InvalidInput(f"{name}.{key}", None, "given")
    return dict(description)
