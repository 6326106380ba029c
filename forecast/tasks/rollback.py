"""``task=rollback``: the model that was in use before is in use again."""

from pathlib import Path
from typing import Any

from forecast.quantities import checked_quantity
from forecast.tracking.connection import Connection
from forecast.tracking.registry import MODEL, Registry
from forecast.tracking.settings import tracking_from
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys


def rollback(settings: dict[str, Any], directory: Path) -> None:
    """Give the alias back to the version that had it before, and say so."""
    known_keys("task", settings["task"], ["name"])
    registry = Registry(Connection(tracking_from(settings)), checked_quantity(settings))
    stack = registry.in_use()
    if len(stack) > 1:
        # What comes into use must be what it was when it last was.
        registry.load(stack[-2])
    event = registry.roll_back({"reason": "task=rollback"})
    write_json(directory / "rollback.json", vars(event))
    model = registry.version(event.version).tags.get(MODEL, "")
    text = f"Version {event.version} of {registry.name} ({model}) is in use again"
    stdout_console().print(f"{text}, instead of version {event.before}.", highlight=False)
