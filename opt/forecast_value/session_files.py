"""Reading session files: what was forecast of sessions, and what then happened.

A file is JSON, ``{"version": 1, "sessions": [...]}``; a folder is all its ``.json`` files in the
order of their names. Each session is

``session``, ``date``
    Its name, and when it took place: a date as "2019-03-21", or a whole number that counts them on.
``session_minutes`` (optional)
    Its planned length.
``clinic``
    The clinic's averages: ``{"no_show": 0.06, "service_time": {"law": "lognormal", ...}}``, where
    ``service_time`` is a law as in every session of this program, see `objective.ServiceTime`.
``classes``
    The same for each class of patients, by its name.
``patients``
    In the order in which they are booked and served: ``class``, the patient's own ``no_show`` and
    ``service_time``, and what happened: ``came`` (true or false) and ``minutes``, how long the
    consultation took (null where the patient did not come).

Everything forecast was forecast before the session; sessions are in the order of their dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from objective import InvalidInput, PatientType, ServiceTime
from objective.commands.json_text import parse_json
from objective.errors import finite_number, known_keys
from objective.laws import Array
from objective.patients import probability_to_miss
from objective.session import MAX_INTERVAL_LENGTH, MAX_PATIENTS

VERSION = 1


@dataclass(frozen=True)
class ForecastSession:
    """A session with what was forecast of it and what happened.

    Attributes
    ----------
    name, date
        As in the file.
    length
        Planned length, minutes, or None.
    clinic, classes, individual
        What is forecast of any patient, of each class by name, and of each patient, (patients,).
    order
        The class of each patient, (patients,).
    minutes, came
        How long each consultation took, 0 for those who did not come, and who came, (patients,).
    """

    name: str
    date: str
    length: float | None
    clinic: PatientType
    classes: Mapping[str, PatientType]
    individual: tuple[PatientType, ...]
    order: tuple[str, ...]
    minutes: Array
    came: NDArray[np.bool_]


def read_session_files(path: Path) -> list[ForecastSession]:
    """Return the sessions of a file or of all files of a folder.

    Raises
    ------
    InvalidInput
        Naming file, session and field, for anything that is not as the module says.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InvalidInput("file", str(path), "a folder with .json files")
    sessions: list[ForecastSession] = []
    days = []
    for file in files:
        for number, description in enumerate(_descriptions(file)):
            place = f"{file}, sessions[{number}]"
            session = _placed(place, _session, description)
            days.append((place, description["date"]))
            if any(session.name == other.name for other in sessions):
                raise InvalidInput(f"{place}.session", session.name, "a name of its own")
            sessions.append(session)
    _check_dates(days)
    return sessions


def _descriptions(file: Path) -> list[Any]:
    try:
        contents = parse_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput("file", str(file), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("file", str(file), f"a JSON file ({error})") from None
    names = ("version", "sessions")
    known = _placed(str(file), lambda given: known_keys("file", given, names, names), contents)
    if known["version"] != VERSION:
        raise InvalidInput(f"{file}, version", known["version"], f"{VERSION}")
    if not isinstance(known["sessions"], list) or not known["sessions"]:
        raise InvalidInput(f"{file}, sessions", known["sessions"], "a list, not empty")
    return known["sessions"]


def _placed(place: str, read: Any, description: Any) -> Any:
    """Read a description; say in an error where it stands."""
    try:
        return read(description)
    except InvalidInput as error:
        raise InvalidInput(f"{place}.{error.field}", error.value, error.allowed) from None


def _session(description: Any) -> ForecastSession:
    required = ("session", "date", "clinic", "classes", "patients")
    given = known_keys("session", description, (*required, "session_minutes"), required)
    if not isinstance(given["session"], str) or not given["session"]:
        raise InvalidInput("session", given["session"], "a name")
    classes, patients = given["classes"], given["patients"]
    if not isinstance(classes, Mapping) or not classes:
        raise InvalidInput("classes", classes, "forecasts by the name of a class, at least one")
    if not isinstance(patients, list) or not 1 <= len(patients) <= MAX_PATIENTS:
        shown = f"{len(patients)} patients" if isinstance(patients, list) else patients
        raise InvalidInput("patients", shown, f"a list of 1 to {MAX_PATIENTS} patients")
    individual, order, minutes, came = [], [], [], []
    for rank, patient in enumerate(patients):
        place = f"patients[{rank}]"
        kind, forecast, there, took = _placed(place, _patient, patient)
        if kind not in classes:
            allowed = "one of the classes: " + ", ".join(map(str, classes))
            raise InvalidInput(f"{place}.class", kind, allowed)
        individual.append(forecast)
        order.append(kind)
        came.append(there)
        minutes.append(took)
    length = given.get("session_minutes")
    return ForecastSession(
        name=given["session"],
        date=str(given["date"]),
        length=None if length is None else _minutes("session_minutes", length, 1e-6),
        clinic=_placed("clinic", _forecast, given["clinic"]),
        classes={
            str(name): _placed(f"classes.{name}", _forecast, kind) for name, kind in classes.items()
        },
        individual=tuple(individual),
        order=tuple(order),
        minutes=np.array(minutes, np.float64),
        came=np.array(came, np.bool_),
    )


def _patient(description: Any) -> tuple[str, PatientType, bool, float]:
    names = ("class", "no_show", "service_time", "came", "minutes")
    given = known_keys("patient", description, names, names)
    forecast = _forecast({name: given[name] for name in ("no_show", "service_time")})
    if not isinstance(given["came"], bool):
        raise InvalidInput("came", given["came"], "true or false")
    if not given["came"] and given["minutes"] is not None:
        raise InvalidInput("minutes", given["minutes"], "null where the patient did not come")
    minutes = _minutes("minutes", given["minutes"]) if given["came"] else 0.0
    return str(given["class"]), forecast, given["came"], minutes


def _forecast(description: Any) -> PatientType:
    names = ("no_show", "service_time")
    given = known_keys("forecast", description, names, names)
    no_show = probability_to_miss("no_show", given["no_show"])
    return PatientType(ServiceTime.from_dict(given["service_time"]), no_show)


def _minutes(field: str, value: object, low: float = 0.0) -> float:
    allowed = f"a number of minutes from 0 to {MAX_INTERVAL_LENGTH}"
    minutes = finite_number(field, value, allowed)
    if not low <= minutes <= MAX_INTERVAL_LENGTH:
        raise InvalidInput(field, value, allowed)
    return minutes


def _check_dates(days: list[tuple[str, Any]]) -> None:
    """Raise `InvalidInput` unless all are dates or all are whole numbers, and none goes back."""
    before: Any = None
    for place, value in days:
        day: Any = value
        if isinstance(value, str):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                raise InvalidInput(f"{place}.date", value, "a date as 2019-03-21") from None
        elif not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInput(f"{place}.date", value, "a date as 2019-03-21, or a whole number")
        if before is not None and type(day) is not type(before):
            raise InvalidInput(f"{place}.date", value, "of the same kind as that of the first")
        if before is not None and day < before:
            raise InvalidInput(f"{place}.date", value, f"not before {before}, the session above")
        before = day
