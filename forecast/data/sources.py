"""Where a history comes from, and how time divides it: what the group ``data`` describes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from forecast.data.history import History
from forecast.data.moments import moment
from forecast.data.periods import Split
from objective import InvalidInput
from objective.errors import known_keys

#: Every source by its name: it takes its options, how to treat rows that cannot be used, and the
#: folder of the run, where it may leave such rows.
SOURCES: dict[str, Callable[[Mapping[str, Any], str, Path], History]] = {}
SPLIT = ("train_until", "first", "until")


def history_from(settings: Mapping[str, Any], directory: Path) -> History:
    """Return the history that the group ``data`` describes, checked.

    Raises
    ------
    InvalidInput
        If the source is unknown, or with ``on_error=stop`` if a row cannot be used.
    """
    options = {key: value for key, value in settings["data"].items() if key != "split"}
    name = options.pop("source", None)
    if name not in SOURCES:
        raise InvalidInput("data.source", name, "one of " + ", ".join(SOURCES))
    if settings["on_error"] not in ("stop", "quarantine"):
        raise InvalidInput("on_error", settings["on_error"], "stop or quarantine")
    return SOURCES[name](options, settings["on_error"], directory)


def split_from(settings: Mapping[str, Any]) -> Split:
    """Return how time divides the history: as asked for, else as the data say."""
    given = settings["split"] or settings["data"]["split"]
    checked = known_keys("split", given, SPLIT, required=SPLIT)
    return Split(**{name: moment(f"split.{name}", value) for name, value in checked.items()})
