"""Where a history comes from, and how time divides it: what the group ``data`` describes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.data.public.nhs_gp import nhs_gp
from forecast.data.public.uihc import uihc
from objective import InvalidInput
from objective.errors import known_keys

#: Every source by its name: it takes its options, how to treat rows that cannot be used, and the
#: folder of the run, where it may leave such rows.
SOURCES: dict[str, Callable[[Mapping[str, Any], str, Path], History]] = {
    "uihc": uihc,
    "nhs_gp": nhs_gp,
}
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
    return Split(**{name: _moment(f"split.{name}", value) for name, value in checked.items()})


def _moment(field: str, value: object) -> pd.Timestamp:
    allowed = "a date, or a date with a time, as 2019-03-21T08:00"
    try:
        moment = pd.Timestamp(str(value))
    except ValueError:
        raise InvalidInput(field, value, allowed) from None
    if pd.isna(moment) or moment.tzinfo is not None:
        raise InvalidInput(field, value, allowed)
    return moment
