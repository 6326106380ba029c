"""A new practice on an empty database: its first account, its provider, its patients, its past."""

import io
from dataclasses import dataclass
from datetime import date, time
from uuid import uuid4

import click
from apiflask import APIFlask

from serve.loop.caller import Caller
from serve.loop.past import past_visits
from serve.loop.truth import Truth

ZONE = "Europe/Amsterdam"
EMAIL, PRACTICE, PROVIDER, VISIT_TYPE = (
    "loop@practice.example",
    "The practice of the loop",
    "Dr Bailey",
    "return",
)
#: The provider's sessions: when they begin on weekdays, minutes, and minutes of an interval.
STARTS, MINUTES, INTERVAL = time(9), 210, 5
#: Weeks of the past that are imported.
PAST_WEEKS = 8


@dataclass(frozen=True)
class Practice:
    """Identifiers of what was made."""

    zone: str
    desk_opens: time
    provider_id: str
    visit_type_id: str
    patients: tuple[str, ...]


def set_up(app: APIFlask, truth: Truth, monday: date, seed: int) -> tuple[Practice, Caller]:
    """Make the practice through the commands and the API; return it and its administrator."""
    administrator = _first_account(app)
    location = administrator.post("/locations", {"name": "Main street"})
    provider = administrator.post("/providers", {"name": PROVIDER})
    visit_type = administrator.post(
        "/visit-types",
        {
            "name": VISIT_TYPE,
            "minutes": 15,
            "interval_minutes": INTERVAL,
            "service_time": {"law": "exponential", "mean": 15},
            "default_rule": "individual",
        },
    )
    administrator.post(
        "/availability-rules",
        {
            "provider_id": provider["id"],
            "visit_type_id": visit_type["id"],
            "location_id": location["id"],
            "first_date": monday.isoformat(),
            "starts": STARTS.isoformat("minutes"),
            "minutes": MINUTES,
            "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        },
    )
    patients = []
    for number in range(truth.patients):
        body = {
            "name": f"Patient {number + 1}",
            "identifiers": [{"system": "loop", "value": f"P{number + 1}"}],
        }
        patients.append(administrator.post("/patients", body)["id"])
    _import_past(administrator, truth, monday, seed)
    practice = Practice(ZONE, time(8), provider["id"], visit_type["id"], tuple(patients))
    return practice, administrator


def _first_account(app: APIFlask) -> Caller:
    """Migrate, make an administrator by the command, and return it with a token of its own."""
    runner = app.test_cli_runner()
    for command in (
        ["migrate"],
        ["create-admin", "--email", EMAIL, "--practice", PRACTICE, "--zone", ZONE, "--generate"],
    ):
        ran = runner.invoke(args=command)
        if ran.exit_code:
            raise click.ClickException(ran.output.strip())
    password = ran.output.strip().rsplit(" ", 1)[-1]
    client = app.test_client()
    account = client.post(
        "/api/v1/account/sign-in", json={"email": EMAIL, "password": password}
    ).get_json()
    token = client.post(
        "/api/v1/tokens",
        json={"name": "the loop", "scopes": list(account["permissions"]), "days": 365},
        headers={"X-CSRF-Token": account["csrf_token"], "Idempotency-Key": uuid4().hex},
    ).get_json()
    return Caller(app, token["text"])


def _import_past(administrator: Caller, truth: Truth, monday: date, seed: int) -> None:
    visits = past_visits(truth, PROVIDER, VISIT_TYPE, monday, PAST_WEEKS, seed)
    file = io.BytesIO(visits.to_csv(index=False).encode())
    form = {"table": "visits", "file": (file, "visits.csv")}
    administrator.post("/imports", data=form, content_type="multipart/form-data")
