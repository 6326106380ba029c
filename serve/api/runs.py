"""Long work: submitted, watched, cancelled, and made use of."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from sqlalchemy import select

from opt.feasible import FeasibleSchedules
from serve.api.call import Call
from serve.api.fields import window
from serve.api.pages import page
from serve.api.route import route
from serve.api.run_schemas import (
    MAX_WINDOW,
    AllocationIn,
    AppliedOut,
    ForecastIn,
    FrontierIn,
    OptimisationIn,
    RunOut,
    RunsIn,
    RunsOut,
    SessionForecastIn,
    StrategiesIn,
    TemplateOfRunIn,
    TemplateOfRunOut,
)
from serve.api.schedules import EXAMPLE
from serve.booking.who import Who
from serve.jobs.applying import apply
from serve.jobs.comparison import plan_of
from serve.jobs.forecast_models import checked_models
from serve.jobs.queue import queues_of, wake_after
from serve.jobs.search import problem_of
from serve.jobs.submission import cancel, submit
from serve.jobs.templates import template_of
from serve.models import Appointment, Provider, Run, Template, VisitType, WaitlistEntry

runs = APIBlueprint("runs", __name__, url_prefix="/api/v1")


@route(
    runs, "POST", "/runs/optimisation", "run.submit", "Search the best schedule of a session",
    takes=OptimisationIn, gives=RunOut, status=202, example=EXAMPLE,
)  # fmt: skip
def post_optimisation(call: Call, given: OptimisationIn) -> Run:
    """Submit a search."""
    request = given.model_dump(exclude_none=True)
    _check_search(request)
    return submitted(call, "optimisation", request)


@route(
    runs, "POST", "/runs/comparison", "run.submit", "Compare strategies on a session",
    takes=StrategiesIn, gives=RunOut, status=202,
    example=EXAMPLE | {"strategies": ["exact", "local_search"], "seeds": 3},
)  # fmt: skip
def post_strategies(call: Call, given: StrategiesIn) -> Run:
    """Submit searches of one session by several strategies, and what they are worth."""
    request = given.model_dump(exclude_none=True)
    for name in given.strategies:
        _check_search(request | {"strategy": {"name": name}})
    # The names must differ; a search is known by its strategy's.
    plan_of(request)
    return submitted(call, "optimisation", {"task": "comparison", **request})


@route(
    runs, "POST", "/runs/frontier", "run.submit",
    "Search the best compromises between waiting and overtime",
    takes=FrontierIn, gives=RunOut, status=202, example=EXAMPLE,
)  # fmt: skip
def post_frontier(call: Call, given: FrontierIn) -> Run:
    """Submit a search for a frontier."""
    request = given.model_dump(exclude_none=True)
    request["strategy"] = {"name": "pareto", "parameters": request.pop("parameters")}
    _check_search(request)
    return submitted(call, "frontier", request)


@route(
    runs, "POST", "/runs/allocation", "run.submit", "Give free seats to open requests",
    takes=AllocationIn, gives=RunOut, status=202,
    example={"first": "2026-03-09", "last": "2026-04-03"},
)  # fmt: skip
def post_allocation(call: Call, given: AllocationIn) -> Run:
    """Submit an allocation."""
    window(given.first, given.last, MAX_WINDOW)
    return submitted(call, "allocation", given.model_dump(mode="json"))


@route(
    runs, "POST", "/runs/forecast", "run.submit",
    "Let models learn from the practice's history and compare them",
    takes=ForecastIn, gives=RunOut, status=202, example={"quantity": "no_show"},
)  # fmt: skip
def post_forecast(call: Call, given: ForecastIn) -> Run:
    """Submit a training."""
    request = given.model_dump(mode="json", exclude_none=True)
    request["models"] = checked_models(given.quantity, given.models)
    return submitted(call, "forecast", {"task": "train", **request})


@route(
    runs, "POST", "/runs/session", "run.submit",
    "Forecast the inputs of a provider's session by the models in use",
    takes=SessionForecastIn, gives=RunOut, status=202,
)  # fmt: skip
def post_session(call: Call, given: SessionForecastIn) -> Run:
    """Submit a forecast of a session; its result's ``session`` is what an optimisation takes."""
    provider = call.find(Provider, given.provider_id, "provider.read")
    request = given.model_dump(mode="json", exclude_none=True, exclude={"provider_id", "starts"})
    request |= {"provider": provider.name, "starts": given.starts.isoformat("minutes")}
    return submitted(call, "forecast", {"task": "session", **request})


@route(runs, "GET", "/runs", "run.read", "List the runs", query=RunsIn, gives=RunsOut)
def get_runs(call: Call, asked: RunsIn) -> dict[str, Any]:
    """Return a page of runs, the latest first."""
    query = select(Run).where(Run.practice_id == call.practice_id)
    if asked.kind is not None:
        query = query.where(Run.kind == asked.kind)
    if asked.state is not None:
        query = query.where(Run.state == asked.state)
    return page(call.session, query, (Run.created_at, Run.id), asked, latest_first=True)


@route(
    runs, "GET", "/runs/<uuid:run_id>", "run.read", "Tell how far a run is and what came out",
    gives=RunOut,
)  # fmt: skip
def get_run(call: Call, run_id: UUID) -> Response:
    """Return a run."""
    found = call.find(Run, run_id)
    response = jsonify(RunOut.model_validate(found).model_dump(mode="json"))
    response.headers["ETag"] = f'"{found.version}"'
    # Its progress changes while its version does not.
    response.headers["Cache-Control"] = "no-store"
    return response


@route(
    runs, "POST", "/runs/<uuid:run_id>/cancel", "run.cancel", "Stop a run",
    gives=RunOut, effect="changes",
)  # fmt: skip
def post_cancel(call: Call, run_id: UUID) -> Run:
    """Stop a run: one that waits at once, another after its step in progress."""
    found = call.find_to_change(Run, run_id)
    cancel(call.session, found, call.now)
    return found


@route(
    runs, "POST", "/runs/<uuid:run_id>/template", "template.change",
    "Make a template of the schedule that a run found",
    takes=TemplateOfRunIn, gives=TemplateOfRunOut, status=201,
)  # fmt: skip
def post_template(call: Call, run_id: UUID, given: TemplateOfRunIn) -> Template:
    """Make a template of an optimised schedule, or of one point of a frontier."""
    found = call.find(Run, run_id, "run.read")
    visit_type = call.find(VisitType, given.visit_type_id, "visit_type.read")
    return template_of(call.session, found, given.name, visit_type.id, given.point)


@route(
    runs, "POST", "/runs/<uuid:run_id>/apply", "allocation.apply",
    "Book and offer the seats that an allocation gave", gives=AppliedOut,
)  # fmt: skip
def post_apply(call: Call, run_id: UUID) -> dict[str, Any]:
    """Let an allocation come true as far as its seats are still free."""
    found = call.find(Run, run_id)
    outcomes = apply(call.session, found, call.now, Who(call.actor.user_id))
    for one in outcomes:
        model = Appointment if one["kind"] == "appointment" else WaitlistEntry
        call.saw(call.session.get_one(model, UUID(one["request_id"])))
    return {"run_id": found.id, "items": outcomes}


def submitted(call: Call, kind: str, request: dict[str, Any]) -> Run:
    """Return a new run of whoever asks; a worker is woken once it is committed."""
    run = submit(call.session, call.practice_id, call.actor.user_id, kind, request)
    wake_after(call.session, queues_of(current_app))
    return run


def _check_search(request: dict[str, Any]) -> None:
    """Raise `InvalidInput` now for what the worker could not do."""
    problem = problem_of(request, "cpu")
    FeasibleSchedules(problem.objective.session, problem.constraints, problem.objective.free)
