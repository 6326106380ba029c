"""Templates: schedules to publish; and one's own schedule against the optimum."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import torch
from apiflask import APIBlueprint
from pydantic import BaseModel, Field
from sqlalchemy import select

from objective import ClinicSession, Objective
from opt import BASELINES, Constraints, MaximumSeconds, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.result import objective_from_dict
from serve.api.call import Call
from serve.api.fields import Identifier, Name, Sent, Told
from serve.api.limits import check_size, check_work
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.api.schemas import ConstraintsIn, ObjectiveIn, PerformanceOut, Schedule
from serve.models import Template, VisitType

templates = APIBlueprint("templates", __name__, url_prefix="/api/v1")

#: Longest search for the optimum beside a schedule, seconds.
MOST_SECONDS = 10.0


class TemplateIn(Sent):
    """A schedule that somebody made by hand, and the session that it is for."""

    name: Name
    visit_type_id: Identifier
    objective: ObjectiveIn
    schedule: Schedule


class TemplateChange(Sent):
    """What of a template may be changed."""

    name: Name


class TemplateShort(Told):
    """A template, without the session that it is for."""

    id: UUID
    visit_type_id: UUID
    name: str
    schedule: list[int]
    performance: dict[str, Any]
    known: str
    run_id: UUID | None
    created_at: datetime
    version: int


class TemplateOut(TemplateShort):
    """A template."""

    objective: dict[str, Any]
    certificate: dict[str, Any] | None


class TemplatesOut(PageOut):
    """A page of templates."""

    items: list[TemplateShort]


class TemplatesIn(PageIn):
    """Which templates."""

    visit_type_id: Identifier | None = None


class ComparisonIn(ObjectiveIn):
    """One's schedule of a session; ``constraints`` are of the others with which it is compared."""

    schedule: Schedule
    constraints: ConstraintsIn = ConstraintsIn()
    seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS)] = 3.0


class PricedOut(BaseModel):
    """A schedule and its performance."""

    schedule: list[int]
    performance: PerformanceOut
    meets_constraints: bool


class OptimumOut(PricedOut):
    """The best schedule found, and what is known of all others."""

    status: str
    lower_bound: float | None
    gap: float | None
    termination: str


class ComparisonOut(BaseModel):
    """One's schedule, the best one found and those of practitioners' rules.

    ``gap`` is how much less the best one costs than one's own, in weighted minutes, and
    ``relative_gap`` as a share of one's own cost, null where that is not positive. Both are
    negative if the search ended before it found one as good.
    """

    yours: PricedOut
    optimum: OptimumOut
    rules: dict[str, PricedOut]
    gap: float
    relative_gap: float | None


@route(
    templates, "GET", "/templates", "template.read", "List the templates",
    query=TemplatesIn, gives=TemplatesOut,
)  # fmt: skip
def get_templates(call: Call, asked: TemplatesIn) -> dict[str, Any]:
    """Return a page of templates."""
    query = select(Template).where(Template.practice_id == call.practice_id)
    if asked.visit_type_id is not None:
        query = query.where(Template.visit_type_id == asked.visit_type_id)
    return page(call.session, query, (Template.name, Template.id), asked)


@route(
    templates, "GET", "/templates/<uuid:template_id>", "template.read", "Tell of a template",
    gives=TemplateOut,
)  # fmt: skip
def get_template(call: Call, template_id: UUID) -> Template:
    """Return a template."""
    return call.find(Template, template_id)


@route(
    templates, "POST", "/templates", "template.change", "Add a template made by hand",
    takes=TemplateIn, gives=TemplateOut, status=201,
)  # fmt: skip
def post_template(call: Call, given: TemplateIn) -> Template:
    """Price a schedule and keep it as a template."""
    call.find(VisitType, given.visit_type_id, "visit_type.read")
    objective = _objective(given.objective)
    made = Template(
        practice_id=call.practice_id,
        visit_type_id=given.visit_type_id,
        name=given.name,
        objective=json.loads(json.dumps(objective.to_dict())),
        schedule=given.schedule,
        performance=objective(given.schedule).row(0),
        known="priced",
    )
    call.session.add(made)
    return made


@route(
    templates, "PATCH", "/templates/<uuid:template_id>", "template.change", "Rename a template",
    takes=TemplateChange, gives=TemplateOut,
)  # fmt: skip
def patch_template(call: Call, template_id: UUID, given: TemplateChange) -> Template:
    """Rename a template; what it says stays, as sessions were published from it."""
    found = call.find_to_change(Template, template_id)
    found.name = given.name
    return found


@route(
    templates, "DELETE", "/templates/<uuid:template_id>", "template.change",
    "Delete a template that nothing uses", status=204,
)  # fmt: skip
def delete_template(call: Call, template_id: UUID) -> None:
    """Delete a template; the database refuses it where a rule or a session uses it."""
    call.session.delete(call.find_to_change(Template, template_id))


@route(
    templates, "POST", "/templates/compare", "schedule.price",
    "Compare a schedule with the optimum", takes=ComparisonIn, gives=ComparisonOut,
    effect="computes",
)  # fmt: skip
def post_comparison(call: Call, given: ComparisonIn) -> dict[str, Any]:
    """Return one's schedule, the best one found within some seconds, and those of the rules."""
    objective = _objective(given)
    constraints = Constraints.from_dict(given.constraints.model_dump(exclude_none=True))
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)

    def priced(schedule: list[int]) -> dict[str, Any]:
        return {
            "schedule": schedule,
            "performance": objective(schedule).row(0),
            "meets_constraints": bool(feasible.contains(torch.tensor([schedule]))[0]),
        }

    yours = priced(given.schedule)
    found = optimise(
        objective, make_strategy("exact"), MaximumSeconds(given.seconds), constraints=constraints
    )
    rules = {
        rule: priced(optimise(objective, make_strategy(rule), constraints=constraints).schedule)
        for rule in BASELINES
    }
    cost = yours["performance"]["cost"]
    return {
        "yours": yours,
        "optimum": priced(found.schedule)
        | {
            "status": found.status,
            "lower_bound": found.lower_bound,
            "gap": found.gap,
            "termination": found.termination,
        },
        "rules": rules,
        "gap": cost - found.cost,
        "relative_gap": (cost - found.cost) / cost if cost > 0 else None,
    }


def _objective(given: ObjectiveIn) -> Objective:
    """Return the objective that is described; raise `InvalidInput` for one that is too large."""
    described = given.model_dump(exclude_none=True, include=set(ObjectiveIn.model_fields))
    check_work(ClinicSession.from_dict(described["session"]))
    objective = objective_from_dict(described)
    check_size(objective.chain.states * objective.session.patients)
    return objective
