"""Reading a new patient's request and the sessions on offer, and writing the ranked seats."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from objective import InvalidInput
from objective.commands.files import write_csv, write_json
from objective.commands.json_text import parse_json
from objective.errors import known_keys
from opt.recommend.importance import Importance
from opt.recommend.open_session import OpenSession
from opt.recommend.ranking import Recommendation
from opt.recommend.request import Request, moment
from opt.result import objective_from_dict, read_result

#: What request.json may say of a session beside the name of its result.
SESSION = ("result", "name", "booked", "open", "provider", "starts", "acceptance")
COLUMNS = (
    "rank", "session", "provider", "interval", "begins", "minute", "score", "cost", "others_wait",
    "own_wait", "waiting", "idle", "tardiness", "acceptance", "days", "met", "unmet", "explanation",
)  # fmt: skip


def read_request(path: Path | None) -> tuple[Request, Importance, list[OpenSession]]:
    """Return the request of a file, what counts, and the sessions that it names.

    The file holds the fields of `Request`, and may hold ``importance`` and ``sessions``: a list
    with the path of a ``result`` beside it and, where they are known, ``booked``, ``open``,
    ``provider``, ``starts`` and ``acceptance``, as in `OpenSession`.
    """
    if path is None:
        return Request(), Importance(), []
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput("file", str(path), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("file", str(path), f"a JSON file ({error})") from None
    if not isinstance(contents, dict):
        raise InvalidInput("request", contents, "a mapping")
    importance = Importance.from_dict(contents.pop("importance", None) or {})
    listed = contents.pop("sessions", None) or []
    if isinstance(listed, (str, Mapping)) or not isinstance(listed, Sequence):
        raise InvalidInput("sessions", listed, "a list")
    sessions = [_described(path.parent, one) for one in listed]
    return Request.from_dict(contents), importance, sessions


def read_session(path: Path, starts: datetime | None = None, name: str = "") -> OpenSession:
    """Return the session of a result.json, all of whose seats are booked, for an extra patient."""
    contents = read_result(path)
    objective = objective_from_dict(contents)
    return OpenSession.of_template(
        name or str(path), objective, contents["schedule"], starts=starts
    )


def write_recommendation(directory: Path, recommendation: Recommendation) -> None:
    """Write recommendation.json and recommendation.csv."""
    contents = recommendation.to_dict()
    write_json(directory / "recommendation.json", contents)
    rows = [[_cell(seat[column]) for column in COLUMNS] for seat in contents["seats"]]
    write_csv(directory / "recommendation.csv", list(COLUMNS), rows)


def _described(folder: Path, description: Any) -> OpenSession:
    given = known_keys("session", description, SESSION, required=SESSION[:1])
    if not isinstance(given["result"], str):
        raise InvalidInput("session.result", given["result"], "the path of a result.json")
    path = folder / given.pop("result")
    name = given.pop("name", None) or str(path)
    starts = given.pop("starts", None)
    if starts is not None:
        given["starts"] = moment(f"session {name!r}, starts", starts)
    contents = read_result(path)
    objective, template = objective_from_dict(contents), contents["schedule"]
    places = given.pop("open", None)
    booked = given.pop("booked", None)
    if places is None:
        return OpenSession.of_template(name, objective, template, booked, **given)
    return OpenSession(name, objective, template if booked is None else booked, places, **given)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else value
