"""``task=acceptance``: how readily open seats are accepted, in files that ``opt`` reads.

A request.json of ``python -m opt.recommend`` or a problem.json of ``python -m opt.allocate`` is
written again with the probability of acceptance of every seat or half-day.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from forecast.data.moments import moment_from
from forecast.data.sources import history_from
from forecast.kept_models import kept_model
from forecast.preference.asking import Asking, read_attributes
from forecast.preference.fitted import FittedPreference
from forecast.preference.half_days import problem_with_acceptance
from forecast.preference.open_seats import request_with_acceptance
from forecast.preference.quantity import Preference
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.json_text import parse_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys

NAMES = ("name", "model", "file", "patient", "offered_at", "attributes", "offered", "times")
#: Seats that the terminal shows; the file has all.
ROWS = 12


def acceptance(settings: dict[str, Any], directory: Path) -> None:
    """Write request.json or problem.json with the acceptance of its seats, and acceptance.csv."""
    given = known_keys("task", settings["task"], NAMES, required=NAMES)
    path = Path(str(given["file"]))
    contents = _read(path)
    saved = kept_model(settings, given["model"], Preference.name, "task.model")
    quantity, fitted = saved.quantity, saved.fitted
    if not isinstance(quantity, Preference) or not isinstance(fitted, FittedPreference):
        raise InvalidInput("task.model", quantity.name, "a kept model of preference")
    attributes = given["attributes"]
    asking = Asking(
        quantity=quantity,
        model=fitted,
        history=history_from(settings, directory),
        offered_at=moment_from("task.offered_at", given["offered_at"]),
        attributes=None if attributes is None else read_attributes(Path(str(attributes))),
        situation=given["offered"],
    )
    if "visit_types" in contents:
        if given["offered"] != "alone":
            allowed = "alone: an allocation offers each patient one place"
            raise InvalidInput("task.offered", given["offered"], allowed)
        name, command = "problem.json", "python -m opt.allocate"
        written, table = problem_with_acceptance(contents, path.parent, given["times"], asking)
    else:
        if given["patient"] is None:
            raise InvalidInput("task.patient", None, "the patient who asks")
        name, command = "request.json", "python -m opt.recommend --request"
        written, table = request_with_acceptance(
            contents, path.parent, str(given["patient"]), asking
        )
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / name, written)
    table.to_csv(directory / "acceptance.csv", index=False)
    console = stdout_console()
    console.print(_shown(table))
    console.print(_words(table, asking, fitted.name), highlight=False)
    console.print(f"Written to {directory}: {name}, acceptance.csv", highlight=False)
    console.print(f"Use it: {command} {directory / name}", highlight=False, soft_wrap=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput("task.file", str(path), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("task.file", str(path), f"a JSON file ({error})") from None
    if not isinstance(contents, dict):
        raise InvalidInput("task.file", str(path), "a request.json or a problem.json")
    return contents


def _words(table: pd.DataFrame, asking: Asking, name: str) -> str:
    """Return in a sentence how readily seats are taken, and for which situation that holds."""
    if not len(table):
        return "There is no seat that could be offered."
    low, middle, high = 100 * table["acceptance"].quantile([0.0, 0.5, 1.0])
    how = "each offered alone" if asking.situation == "alone" else "all offered together"
    return (
        f"{len(table):,} seats, {how}: accepted with {low:.0f} to {high:.0f} %, half of them with "
        f"more than {middle:.0f} % ({name.replace('_', ' ')})."
    )


def _shown(table: pd.DataFrame) -> Table:
    """Return the seats that are accepted most readily."""
    shown = Table()
    columns = [name for name in table.columns if name not in ("offer_id", "patient_id")]
    for name in columns:
        shown.add_column(
            name.replace("_", " "), justify="right" if name == "acceptance" else "left"
        )
    best = table.sort_values("acceptance", ascending=False, kind="stable").head(ROWS)
    for _, row in best.iterrows():
        shown.add_row(*(_cell(row[name]) for name in columns))
    return shown


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:.1f} %"
    if isinstance(value, pd.Timestamp):
        return f"{value:%a %d %b %Y %H:%M}"
    return str(value)
