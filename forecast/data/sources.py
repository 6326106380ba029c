"""Where a history comes from, and how time divides it: what the group ``data`` describes."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from forecast.data.bank_holidays import check_country
from forecast.data.database import database
from forecast.data.gaps import gap_sentences
from forecast.data.history import History
from forecast.data.moments import moment_from
from forecast.data.periods import Split, check_split, first_part, last_days
from forecast.data.public.hangu import hangu
from forecast.data.public.kaggle import kaggle
from forecast.data.public.nhs_gp import nhs_gp
from forecast.data.public.uihc import uihc
from forecast.data.readers import files
from forecast.data.synthetic.source import synthetic
from objective import InvalidInput
from objective.errors import finite_number, whole_number

logger = logging.getLogger(__name__)

#: Every source by its name: it takes its options, how to treat rows that cannot be used, and the
#: folder of the run, where it may leave such rows.
SOURCES: dict[str, Callable[[Mapping[str, Any], str, Path], History]] = {
    "synthetic": synthetic,
    "files": files,
    "database": database,
    "kaggle": kaggle,
    "hangu": hangu,
    "uihc": uihc,
    "nhs_gp": nhs_gp,
}
MOMENTS = ("train_until", "first", "until")
SPLITS: tuple[set[str], ...] = (set(MOMENTS), {"held_out_days"}, {"fraction"})


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
    history = SOURCES[name](options, settings["on_error"], directory)
    check_country(history.country)
    for sentence in gap_sentences(history):
        logger.warning("%s", sentence)
    return history


def split_from(
    settings: Mapping[str, Any], history: History | None = None, table: str | None = None
) -> Split:
    """Return how time divides the history: as asked for, else as the data say.

    Parameters
    ----------
    settings
        With ``split``, and with that of the group ``data`` where it is null: moments
        ``train_until``, ``first`` and ``until``, or ``held_out_days``, or ``fraction``.
    history, table
        What is divided, and which of its tables; the last two splits need them, and the first is
        compared with the table if they are given.

    Raises
    ------
    InvalidInput
        If the split is none of these, or leaves nothing to learn from or to test on.
    """
    given = settings["split"] or settings["data"]["split"]
    if not isinstance(given, Mapping) or set(given) not in SPLITS:
        allowed = " or ".join("{" + ", ".join(sorted(names)) + "}" for names in SPLITS)
        raise InvalidInput("split", given, allowed)
    rows = None if history is None or table is None else getattr(history, table)
    if set(given) == set(MOMENTS):
        split = Split(**{name: moment_from(f"split.{name}", given[name]) for name in MOMENTS})
        # Without rows, the quantity counts from another table or says itself what is missing.
        if rows is not None and table is not None and len(rows):
            check_split(split, rows, table)
        return split
    if rows is None or table is None:
        allowed = "by " + ", ".join(MOMENTS) + ": there is no table here that could be divided"
        raise InvalidInput("split", dict(given), allowed)
    if "fraction" in given:
        allowed = "a number between 0 and 1"
        fraction = finite_number("split.fraction", given["fraction"], allowed)
        return first_part(rows, table, fraction)
    days = whole_number("split.held_out_days", given["held_out_days"], 1, 100_000)
    return last_days(rows, table, days)
