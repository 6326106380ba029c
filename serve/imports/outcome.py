"""What became of the rows of a file, and what differs between a row and what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """Rows that were added, changed, and left as they were."""

    added: int
    changed: int
    unchanged: int


def differences(there: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row that differ from those of what is there."""
    return {name: value for name, value in values.items() if getattr(there, name) != value}
