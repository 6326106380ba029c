"""A new practice on an empty database: its first account, providers, patients, and its past."""

import io
from dataclasses import dataclass
from datetime import time
from uuid import uuid4

import click
from apiflask import APIFlask

from serve.loop.caller import Caller
from serve.loop.past import past_visits
from serve.loop.world import WEEKDAYS, World

ZONE = "Europe/Amsterdam"
EMAIL, PRACTICE, VISIT_TYPE = "loop@practice.example", "The practice of the loop", "return"
#: A session: its minutes, those of an interval, and how many patients it is for under every plan.
MINUTES, INTERVAL, PATIENTS = 150, 10, 10
#: What the practice says that a consultation takes, minutes; of each provider it does not know.
USUAL, CV = 12, 0.6
#: Weeks of the past that are imported.
PAST_WEEKS = 26


@dataclass(frozen=True)
class Practice:
    """Identifiers of what was made: providers and patients by their numbers in the world."""

    visit_type_id: str
    providers: tuple[str, ...]
    patients: tuple[str, ...]


def set_up(app: APIFlask, world: World) -> tuple[Practice, Caller]:
    """Make the practice through the commands and the API; return it and its administrator."""
    administrator = _first_account(app)
    location = administrator.post("/locations", {"name": "Main street"})
    visit_type = administrator.post(
        "/visit-types",
        {
            "name": VISIT_TYPE,
            "minutes": USUAL,
            "interval_minutes": INTERVAL,
            "service_time": {"law": "gamma", "mean": USUAL, "cv": CV},
            "no_show": round(world.mean_no_show, 2),
            "default_rule": "individual",
        },
    )
    providers = []
    for physician in world.physicians:
        provider = administrator.post("/providers", {"name": physician.name})
        providers.append(provider["id"])
        for weekday, hour in physician.sessions:
            administrator.post(
                "/availability-rules",
                {
                    "provider_id": provider["id"],
                    "visit_type_id": visit_type["id"],
                    "location_id": location["id"],
                    "first_date": world.first.isoformat(),
                    "starts": time(hour).isoformat("minutes"),
                    "minutes": MINUTES,
                    "recurrence": f"FREQ=WEEKLY;BYDAY={WEEKDAYS[weekday][:2].upper()}",
                },
            )
    patients = _patients(administrator, world, providers)
    visits = past_visits(world, VISIT_TYPE, PAST_WEEKS, PATIENTS, MINUTES)
    file = io.BytesIO(visits.to_csv(index=False).encode())
    form = {"table": "visits", "file": (file, "visits.csv")}
    administrator.post("/imports", data=form, content_type="multipart/form-data")
    return Practice(visit_type["id"], tuple(providers), tuple(patients)), administrator


def _patients(administrator: Caller, world: World, providers: list[str]) -> list[str]:
    """Make the patients, those who only walk in too, with what they prefer; return identifiers."""
    patients = []
    for number in range(world.patients + max(1, world.patients // 10)):
        body = {
            "name": f"Patient {number + 1}",
            "identifiers": [{"system": "loop", "value": f"P{number + 1}"}],
        }
        patients.append(administrator.post("/patients", body)["id"])
        provider, weekdays = world.wish(number)
        if provider is not None or weekdays:
            preferred = [] if provider is None else [providers[provider]]
            administrator.put(
                f"/patients/{patients[-1]}/preferences",
                {"providers": preferred, "weekdays": list(weekdays), "times": []},
                version=0,
            )
    return patients


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
