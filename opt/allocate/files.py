"""Reading a problem from problem.json and requests.csv, and writing what came of it.

``problem.json`` is what `Problem.to_dict` describes; its ``requests`` may be the name of a CSV file
beside it instead, with a column for each field of `Request` that is used, dates like 2026-03-02,
names of a list separated by semicolons, and ``true`` or ``false`` for ``must_serve``. In the column
``acceptance_on`` each place is the provider, the half-day and the probability, such as
``Dr A 2026-03-02 am 0.8;Dr B 2026-03-03 pm 0.65``.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from objective import InvalidInput
from objective.commands.files import write_csv, write_json
from objective.commands.json_text import parse_json
from opt.allocate.allocation import Allocation
from opt.allocate.problem import Problem
from opt.allocate.request import Request
from opt.allocate.seats import Seat, Template
from opt.result import objective_from_dict, read_result

REQUIRED = ("id", "visit_type", "earliest", "latest")


def read_problem(path: Path) -> Problem:
    """Return the problem of a file; raise `InvalidInput`, naming the place, for a wrong one."""
    try:
        contents = parse_json(_text(path))
    except ValueError as error:
        raise InvalidInput("file", str(path), f"a JSON file ({error})") from None
    if isinstance(contents, dict) and isinstance(contents.get("requests"), str):
        contents["requests"] = read_requests(path.parent / contents["requests"])
    return Problem.from_dict(contents)


def read_requests(path: Path) -> list[dict[str, Any]]:
    """Return the requests of a CSV file as plain values; empty cells are left out."""
    rows = list(csv.reader(_text(path).splitlines()))
    if not rows:
        raise InvalidInput("file", str(path), "a CSV file with a header")
    header = [name.strip() for name in rows[0]]
    known = [field.name for field in fields(Request)]
    for name in header:
        if name not in known or header.count(name) > 1:
            allowed = "one of these, named once: " + ", ".join(known)
            raise InvalidInput(f"{path}, column", name, allowed)
    for name in REQUIRED:
        if name not in header:
            raise InvalidInput(f"{path}, column {name}", None, "given")
    requests = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            allowed = f"{len(header)} cells, one per column"
            raise InvalidInput(f"{path}, line {line}", f"{len(row)} cells", allowed)
        requests.append(
            {
                name: _CELLS.get(name, _plain)(f"{path}, line {line}, column {name}", cell.strip())
                for name, cell in zip(header, row, strict=True)
                if cell.strip()
            }
        )
        for name in REQUIRED:
            if name not in requests[-1]:
                raise InvalidInput(f"{path}, line {line}, column {name}", "", "given")
    return requests


def write_problem(directory: Path, problem: Problem) -> Path:
    """Write problem.json and requests.csv; return the path of the first."""
    contents = {**problem.to_dict(), "requests": "requests.csv"}
    path = directory / "problem.json"
    write_json(path, contents)
    header = [field.name for field in fields(Request)]
    rows = [[_cell(one.to_dict()[name]) for name in header] for one in problem.requests]
    write_csv(directory / "requests.csv", header, rows)
    return path


def write_allocation(directory: Path, allocation: Allocation) -> None:
    """Write allocation.json, allocation.csv, unserved.csv and utilisation.csv."""
    contents = allocation.to_dict()
    write_json(directory / "allocation.json", contents)
    _write_table(
        directory / "allocation.csv",
        ["request", "patient", "visit_type", "provider", "day", "half", "days_waited", "urgency",
         "group", "acceptance", "unmet"],
        contents["assignments"],
    )  # fmt: skip
    _write_table(
        directory / "unserved.csv",
        ["request", "patient", "visit_type", "urgency", "group", "reason", "sentence"],
        contents["unserved"],
    )
    _write_table(
        directory / "utilisation.csv",
        ["kind", "name", "half_day", "used", "capacity", "visits", "utilisation"],
        contents["use"],
    )


def read_templates(given: Sequence[str], providers: Sequence[str]) -> dict[str, Template]:
    """Return the template of each provider from texts: a result.json for all, or NAME=result.json.

    Raises
    ------
    InvalidInput
        If a file is no result, its patients differ, or a provider has no template though others
        have one.
    """
    found: dict[str, Template] = {}
    # Those of one provider count more than that of all.
    for text in sorted(given, key=lambda one: one.partition("=")[0] in providers):
        name, _, path = text.partition("=")
        own = name in providers
        contents = read_result(Path(path if own else text))
        template = Template(objective_from_dict(contents), contents["schedule"])
        found.update(dict.fromkeys([name] if own else providers, template))
    missing = [name for name in providers if name not in found]
    if given and missing:
        allowed = "a result.json, for every provider: there is none for " + ", ".join(missing)
        raise InvalidInput("template", list(given), allowed)
    return found


def write_seats(directory: Path, seats: Sequence[Seat]) -> None:
    """Write seats.csv."""
    _write_table(
        directory / "seats.csv",
        ["request", "patient", "visit_type", "provider", "day", "half", "interval", "minute",
         "cost", "others_wait", "own_wait", "idle", "tardiness"],
        [one.to_dict() for one in seats],
    )  # fmt: skip


def _write_table(path: Path, header: list[str], rows: Sequence[dict[str, Any]]) -> None:
    write_csv(path, header, [[_cell(row[name]) for name in header] for row in rows])


def _cell(value: object) -> object:
    """Return a value as it stands in a CSV file."""
    if isinstance(value, dict):
        places = ((name, *one) for name, numbers in value.items() for one in numbers.items())
        return ";".join(f"{name} {half_day} {number}" for name, half_day, number in places)
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput("file", str(path), f"readable ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InvalidInput("file", str(path), "text in UTF-8") from None
    except ValueError as error:
        raise InvalidInput("file", str(path), f"a path ({error})") from None


def _plain(place: str, cell: str) -> object:
    return cell


def _number(place: str, cell: str) -> object:
    try:
        return float(cell)
    except ValueError:
        raise InvalidInput(place, cell, "a number") from None


def _names(place: str, cell: str) -> object:
    return [name.strip() for name in cell.split(";") if name.strip()]


def _by_place(place: str, cell: str) -> object:
    found: dict[str, dict[str, object]] = {}
    for one in filter(None, map(str.strip, cell.split(";"))):
        # The name of a provider may have spaces, the rest has not.
        words = one.rsplit(maxsplit=3)
        if len(words) != 4:
            raise InvalidInput(place, one, "places like 'Dr A 2026-03-02 am 0.8'")
        name, day, half, number = words
        found.setdefault(name, {})[f"{day} {half}"] = _number(place, number)
    return found


def _truth(place: str, cell: str) -> object:
    if cell.lower() not in ("true", "false"):
        raise InvalidInput(place, cell, "true or false")
    return cell.lower() == "true"


_CELLS: dict[str, Callable[[str, str], object]] = {
    "urgency": _number,
    "acceptance": _number,
    "acceptance_on": _by_place,
    "providers": _names,
    "weekdays": _names,
    "halves": _names,
    "must_serve": _truth,
}
