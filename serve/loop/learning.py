"""What the practice's models learn, and the schedule that is best for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apiflask import APIFlask

from serve.jobs.worker import Worker
from serve.loop.caller import Caller
from serve.loop.setting_up import INTERVAL, MINUTES, STARTS, Practice

#: What a minute of waiting, of idle time and of overtime is worth.
WEIGHTS = {"waiting": 2.0, "idle": 1.0, "tardiness": 1.5}
#: Days of the history on which models are compared.
HELD_OUT_DAYS = 14


class FailedRun(Exception):
    """A run that did not end as it should."""


@dataclass(frozen=True)
class Learned:
    """What a session is forecast to be, and the template that is best for it.

    Attributes
    ----------
    session
        The session's inputs, as `objective.ClinicSession.to_dict` has them.
    template
        The template as the API tells it.
    status, gap
        What is known of its schedule.
    models
        The best model of each quantity.
    """

    session: dict[str, Any]
    template: dict[str, Any]
    status: str
    gap: float | None
    models: dict[str, str]


def learn(app: APIFlask, caller: Caller, practice: Practice, monday: date, seed: int) -> Learned:
    """Let models learn, take the forecast of a Monday's session, and make its best template."""
    models = {}
    for quantity in ("no_show", "consultation"):
        request = {
            "quantity": quantity,
            "held_out_days": HELD_OUT_DAYS,
            "seed": seed,
            "promote": True,
        }
        models[quantity] = done(app, caller, "/runs/forecast", request)["champion"]
    forecast = done(
        app,
        caller,
        "/runs/session",
        {
            "provider_id": practice.provider_id,
            "day": monday.isoformat(),
            "starts": STARTS.isoformat("minutes"),
            "intervals": MINUTES // INTERVAL,
            "interval_minutes": INTERVAL,
        },
    )
    run = ended(
        app,
        caller,
        caller.post("/runs/optimisation", {"session": forecast["session"], "weights": WEIGHTS}),
    )
    template = caller.post(
        f"/runs/{run['id']}/template",
        {"name": f"From {monday.isoformat()}", "visit_type_id": practice.visit_type_id},
    )
    result = run["result"]
    return Learned(forecast["session"], template, result["status"], result["gap"], models)


def publish(caller: Caller, learned: Learned, practice: Practice, monday: date) -> int:
    """Publish a template on a week and the next, so that one can book ahead; return its days."""
    published = caller.post(
        "/publications",
        {
            "template_id": learned.template["id"],
            "provider_id": practice.provider_id,
            "first": monday.isoformat(),
            "last": (monday + timedelta(days=13)).isoformat(),
        },
    )
    return sum(one["done"] in ("published", "changed") for one in published["items"])


def done(app: APIFlask, caller: Caller, path: str, request: dict[str, Any]) -> Any:
    """Submit a run, let a worker do it, and return its result."""
    return ended(app, caller, caller.post(path, request))["result"]


def ended(app: APIFlask, caller: Caller, run: Any) -> Any:
    """Let a worker do what waits; return the run, which must be done then."""
    Worker(app).work()
    found = caller.get(f"/runs/{run['id']}")
    if found["state"] != "done":
        raise FailedRun(f"A run of kind {found['kind']} is {found['state']}: {found['problem']}")
    return found
