"""From tables as they were read to a history: checked, in order, with what follows from visits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.derived import DAY, HOUR, arrivals_of_visits, consultations_of_visits
from forecast.data.history import History
from forecast.data.problems import InvalidRows, found_problems, put_aside
from forecast.data.tables import TABLES
from forecast.data.validation import check_table, checked_zone
from objective import InvalidInput
from objective.errors import known_keys


@dataclass(frozen=True)
class Assembly:
    """How tables become a history.

    Attributes
    ----------
    on_error
        ``stop``: a row that cannot be used raises; ``quarantine``: such rows are put aside.
    directory
        The folder of the run, where they are put.
    zone
        On whose wall clock times that have a zone are told; None if none may have one.
    country
        Whose bank holidays the clinic keeps; None for nobody's.
    requests, walk_ins
        Lengths of the periods in which arrivals are counted, if they are counted from visits.
    """

    on_error: str
    directory: Path
    zone: str | None = None
    country: str | None = None
    requests: pd.Timedelta = DAY
    walk_ins: pd.Timedelta = HOUR


def assembly_from(options: Mapping[str, Any], on_error: str, directory: Path) -> Assembly:
    """Return how tables become a history, from ``zone``, ``country`` and ``periods``.

    Raises
    ------
    InvalidInput
        If one of them is none.
    """
    country = options.get("country")
    names = ("requests", "walk_ins")
    periods = known_keys("data.periods", options.get("periods") or {}, names)
    return Assembly(
        on_error,
        directory,
        zone=checked_zone(options.get("zone")),
        country=None if country is None else str(country),
        **{name: _period(f"data.periods.{name}", value) for name, value in periods.items()},
    )


def history_of(frames: Mapping[str, pd.DataFrame], assembly: Assembly) -> History:
    """Return the history of tables by their names; consultations and arrivals follow from visits.

    Raises
    ------
    InvalidInput
        If a table lacks a column, has no row or none that can be used, or unless bad rows are to
        be put aside, if any row cannot be used: then with every problem of every table.
    """
    for name, frame in frames.items():
        if name not in TABLES:
            raise InvalidInput("table", name, "one of " + ", ".join(TABLES))
        if not len(frame) and len(frame.columns):
            raise InvalidInput(name, "no rows", "a table with at least one row")
    checked = {
        name: check_table(frame, TABLES[name], assembly.zone) for name, frame in frames.items()
    }
    every = [one.problems for one in checked.values() if len(one.problems)]
    problems = pd.concat(every, ignore_index=True) if every else None
    if problems is not None:
        whole = problems[problems["row"] == 0]
        if assembly.on_error == "stop" or len(whole):
            raise InvalidRows(problems if assembly.on_error == "stop" else whole)
    tables = {}
    for name, one in checked.items():
        rows = one.frame
        if len(one.problems):
            aside = with_their_occasion(rows, one.problems) if name == "offers" else one.problems
            rows = rows[put_aside(assembly.directory, name, frames[name], aside)]
            if rows.empty:
                found = "no row that can be used"
                raise InvalidInput(name, found, "a table with at least one such row")
        tables[name] = rows.sort_values(TABLES[name].time, kind="stable", ignore_index=True)
    visits = tables.get("visits")
    if visits is not None:
        if "consultations" not in tables:
            tables["consultations"] = consultations_of_visits(visits)
        if "arrivals" not in tables:
            tables["arrivals"] = arrivals_of_visits(visits, assembly.requests, assembly.walk_ins)
    return History(**tables, country=assembly.country)


def with_their_occasion(offers: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    """Add the other seats of occasions with a problem: without one of them, a choice is another."""
    bad = problems["row"].to_numpy() - 1
    with_them = offers["offer_id"].isin(offers["offer_id"].iloc[bad].dropna())
    others = with_them[with_them].index.difference(pd.Index(bad))
    allowed = "that of an occasion without problems"
    values = offers["offer_id"][others].tolist()
    rows = others.to_numpy() + 1
    more = found_problems("offers", rows, "offer_id", values, allowed)
    return pd.concat([problems, more], ignore_index=True)


def _period(field: str, value: object) -> pd.Timedelta:
    allowed = "a part of a day, such as 1h or 30min"
    try:
        length = pd.Timedelta(str(value))
    except ValueError:
        raise InvalidInput(field, value, allowed) from None
    if pd.isna(length) or length <= pd.Timedelta(0) or DAY % length:
        raise InvalidInput(field, value, allowed)
    return length
