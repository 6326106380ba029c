"""Published figures beside ours: which of an experiment's rows belong to a configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from objective import InvalidInput


def matching_rows(
    published: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the rows whose ``when`` (dotted keys and values) agrees with the settings."""
    if not isinstance(published, list) or not all(isinstance(row, dict) for row in published):
        raise InvalidInput("published", published, "a list of rows with names and numbers")
    return [
        row
        for row in published
        if all(_look_up(settings, key) == value for key, value in row.get("when", {}).items())
    ]


def _look_up(settings: Any, dotted: str) -> Any:
    for key in dotted.split("."):
        settings = settings.get(key) if isinstance(settings, Mapping) else None
    return settings
