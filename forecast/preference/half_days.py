"""The acceptance of half-days, in the file that ``python -m opt.allocate`` reads.

That file, problem.json, has ``days``, ``providers``, and ``requests``: a list, or the name of a CSV
file beside it. It is given back with ``acceptance_on`` of each request: by provider and half-day,
for every day of its window and every provider who sees its visit type.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast.preference.asking import Asking
from objective import InvalidInput
from objective.commands.errors import start_of_day

HALVES = ("am", "pm")
#: Decimals that are written of a probability.
DIGITS = 6


def problem_with_acceptance(
    problem: Mapping[str, Any],
    folder: Path,
    times: Mapping[str, Sequence[str]],
    asking: Asking,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return a problem with the acceptance of every place, its requests as a list, and a table.

    Parameters
    ----------
    problem
        Contents of problem.json.
    folder
        Where it lies.
    times
        Times of day of the seats of a morning (``am``) and an afternoon (``pm``), such as 09:00:
        the acceptance of a half-day is the mean over them.
    asking
        The model, and what is known; each seat is offered alone.

    Raises
    ------
    InvalidInput
        Naming the field, if one is missing or not as it should be, or if a day lies before the
        offer.
    """
    minutes = _minutes(times)
    days = _days(problem.get("days"), asking.offered_at)
    providers = _listed("providers", problem.get("providers"))
    sees = {
        _text("providers.name", one.get("name")): _names(
            f"provider {one.get('name')!r}, visit_types", one.get("visit_types")
        )
        for one in providers
    }
    requests = problem.get("requests")
    if isinstance(requests, str):
        requests = _read_requests(folder / requests)
    asked = _listed("requests", requests)
    seats = [
        (number, provider, day, half)
        for number, request in enumerate(asked)
        for day in _window(number, request, days)
        for provider, types in sees.items()
        if request.get("visit_type") in types
        for half in HALVES
    ]
    table = pd.DataFrame(seats, columns=["request", "provider", "day", "half"])
    table["acceptance"] = _acceptance(table, asked, minutes, asking)
    found: dict[int, dict[str, dict[str, float]]] = {}
    for number, provider, day, half, value in table.itertuples(index=False):
        own = found.setdefault(number, {}).setdefault(provider, {})
        own[f"{day:%Y-%m-%d} {half}"] = round(float(value), DIGITS)
    told = [
        {**request, "acceptance_on": found.get(number, {})} for number, request in enumerate(asked)
    ]
    table["request"] = [asked[number]["id"] for number in table["request"]]
    return {**problem, "requests": told}, table


def _acceptance(
    table: pd.DataFrame,
    requests: Sequence[Mapping[str, Any]],
    minutes: Mapping[str, Sequence[int]],
    asking: Asking,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the mean acceptance of the seats of each half-day, (places,)."""
    number = np.array([len(minutes[half]) for half in table["half"]], np.int64)
    rows = np.repeat(np.arange(len(table)), number)
    offset = [one for half in table["half"] for one in minutes[half]]
    place = table.iloc[rows]
    seat_at = pd.to_datetime(place["day"]).to_numpy() + pd.to_timedelta(offset, unit="min")
    patients = [str(one.get("patient") or one["id"]) for one in requests]
    seats = pd.DataFrame(
        {
            "offer_id": place["request"].to_numpy(),
            "patient_id": [patients[one] for one in place["request"]],
            # What is left of today begins now.
            "seat_at": np.maximum(seat_at, asking.offered_at.to_numpy()),
            "provider": place["provider"].to_numpy(),
        }
    )
    return np.bincount(rows, asking.acceptance(seats), minlength=len(table)) / number


def _minutes(times: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    if not isinstance(times, Mapping) or set(times) != set(HALVES):
        raise InvalidInput("task.times", times, "times of day for am and for pm")
    for half in HALVES:
        if isinstance(times[half], str) or not isinstance(times[half], Sequence) or not times[half]:
            raise InvalidInput(f"task.times.{half}", times[half], "times of day, at least one")
    return {half: [start_of_day(time) for time in times[half]] for half in HALVES}


def _days(values: object, offered_at: pd.Timestamp) -> list[pd.Timestamp]:
    if not isinstance(values, list) or not values:
        raise InvalidInput("days", values, "a list of dates")
    days = [_date("days", value) for value in values]
    for day in days:
        if day < offered_at.normalize():
            allowed = f"not before the offer, {offered_at}"
            raise InvalidInput("days", f"{day:%Y-%m-%d}", allowed)
    return days


def _window(
    number: int, request: Mapping[str, Any], days: Sequence[pd.Timestamp]
) -> list[pd.Timestamp]:
    place = f"requests[{number}]"
    _text(f"{place}.id", request.get("id"))
    earliest = _date(f"{place}.earliest", request.get("earliest"))
    latest = _date(f"{place}.latest", request.get("latest"))
    return [day for day in days if earliest <= day <= latest]


def _read_requests(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV file of requests, as lists and numbers where they are such."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput("requests", str(path), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("requests", str(path), f"a CSV file in UTF-8 ({error})") from None
    rows = [row for row in csv.DictReader(text.splitlines()) if any(row.values())]
    return [_plain(path, number, row) for number, row in enumerate(rows, start=2)]


def _plain(path: Path, line: int, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in row.items():
        if name is None or cell is None:
            raise InvalidInput(f"{path}, line {line}", row, "one cell per column")
        if not cell.strip() or name.strip() == "acceptance_on":
            continue
        found[name.strip()] = _value(f"{path}, line {line}, column {name}", name, cell.strip())
    return found


def _value(place: str, name: str, cell: str) -> object:
    if name in ("providers", "weekdays", "halves"):
        return [one.strip() for one in cell.split(";") if one.strip()]
    if name == "must_serve":
        if cell.lower() not in ("true", "false"):
            raise InvalidInput(place, cell, "true or false")
        return cell.lower() == "true"
    if name in ("urgency", "acceptance"):
        try:
            return float(cell)
        except ValueError:
            raise InvalidInput(place, cell, "a number") from None
    return cell


def _listed(field: str, values: object) -> list[Mapping[str, Any]]:
    if not isinstance(values, list) or not all(isinstance(one, Mapping) for one in values):
        raise InvalidInput(field, values, "a list of mappings")
    return values


def _text(field: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInput(field, value, "text that is not empty")
    return value


def _names(field: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidInput(field, value, "a list of names")
    return value


def _date(field: str, value: object) -> pd.Timestamp:
    allowed = "a date like 2026-03-02"
    try:
        day = pd.Timestamp(value) if isinstance(value, str) else pd.NaT
    except ValueError:
        raise InvalidInput(field, value, allowed) from None
    if pd.isna(day) or day.tzinfo is not None or day != day.normalize():
        raise InvalidInput(field, value, allowed)
    return day
