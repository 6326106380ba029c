"""The acceptance of open seats of sessions, in the file that ``python -m opt.recommend`` reads.

That file, request.json, names sessions with the ``result`` of their optimisation, ``provider``,
``starts`` and, where they are known, ``booked`` and ``open``. It is given back with the open
intervals and the ``acceptance`` of each; everything else stays as it is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.moments import moment_from
from forecast.preference.asking import Asking
from objective import InvalidInput
from objective.commands.json_text import parse_json
from objective.errors import positive_number, whole_number


def request_with_acceptance(
    request: Mapping[str, Any], folder: Path, patient: str, asking: Asking
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return a request with the acceptance of every open interval, and a table of it.

    Parameters
    ----------
    request
        Contents of request.json.
    folder
        Where the paths of results begin.
    patient
        Who asks.
    asking
        The model, and what is known.

    Raises
    ------
    InvalidInput
        Naming session and field, if one is missing or not as it should be.
    """
    listed = request.get("sessions")
    if not isinstance(listed, list) or not listed:
        raise InvalidInput("sessions", listed, "a list of at least one session")
    sessions, seats = [], []
    for number, description in enumerate(listed):
        session, begins = _session(f"sessions[{number}]", description, folder)
        sessions.append(session)
        seats += [
            {
                "session": number,
                "interval": interval,
                "seat_at": moment,
                "provider": session["provider"],
            }
            for interval, moment in begins.items()
        ]
    table = pd.DataFrame(seats, columns=["session", "interval", "seat_at", "provider"])
    table = table.assign(offer_id="request", patient_id=patient)
    table["acceptance"] = asking.acceptance(table)
    for number, session in enumerate(sessions):
        own = table[table["session"] == number]
        session["acceptance"] = {
            str(interval): float(value)
            for interval, value in zip(own["interval"], own["acceptance"], strict=True)
        }
    return {**request, "sessions": sessions}, table


def _session(
    place: str, description: object, folder: Path
) -> tuple[dict[str, Any], dict[int, pd.Timestamp]]:
    """Return a session with nothing left open, and when each of its open intervals begins."""
    if not isinstance(description, Mapping):
        raise InvalidInput(place, description, "a mapping")
    for name in ("result", "provider", "starts"):
        if not isinstance(description.get(name), str) or not description[name]:
            raise InvalidInput(f"{place}.{name}", description.get(name), "given, as text")
    starts = moment_from(f"{place}.starts", description["starts"])
    path = (folder / description["result"]).resolve()
    schedule, length = _result(path)
    booked = description.get("booked")
    booked = schedule if booked is None else _counts(f"{place}.booked", booked)
    if len(booked) != len(schedule):
        allowed = f"{len(schedule)} numbers, one per interval"
        raise InvalidInput(f"{place}.booked", f"{len(booked)} numbers", allowed)
    # Without a word on it, open is what the optimised schedule has left, or for an extra patient
    # every interval.
    left = [one for one, seats in enumerate(schedule) if seats > booked[one]]
    given = description.get("open")
    places = (
        (left or list(range(len(schedule)))) if given is None else _counts(f"{place}.open", given)
    )
    for one in places:
        whole_number(f"{place}.open", one, 0, len(schedule) - 1)
    session = {**description, "result": str(path), "booked": booked, "open": places}
    session.setdefault("name", description["result"])
    return session, {one: starts + pd.Timedelta(minutes=one * length) for one in places}


def _result(path: Path) -> tuple[list[int], float]:
    """Return the schedule of a result.json, and the length of its intervals, minutes."""
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput("session.result", str(path), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("session.result", str(path), f"a JSON file ({error})") from None
    session = contents.get("session") if isinstance(contents, Mapping) else None
    if not isinstance(session, Mapping) or "schedule" not in contents:
        allowed = "a result.json of python -m opt, with its session and schedule"
        raise InvalidInput("session.result", str(path), allowed)
    schedule = _counts(f"{path}, schedule", contents["schedule"])
    return schedule, positive_number(f"{path}, interval_length", session.get("interval_length"))


def _counts(field: str, values: object) -> list[int]:
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence):
        raise InvalidInput(field, values, "a list of whole numbers")
    return [whole_number(field, value, 0, 1_000_000) for value in values]
