"""Is there a better schedule, and what does it cost whom: one's own beside the best."""

from typing import Any

from flask import Response, g, make_response, redirect, request, url_for

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Name, Sent
from serve.api.run_schemas import COMPARABLE, FrontierIn, OptimisationIn
from serve.api.runs import post_frontier, post_optimisation
from serve.api.schedules import post_schedules
from serve.api.schemas import SchedulesIn
from serve.api.templates import ComparisonIn, TemplateIn, post_comparison, post_template
from serve.web.administrator.blueprint import pages
from serve.web.administrator.session_form import BEGINS, SessionForm, form_of
from serve.web.forms import WrongForm, model_of, read, refusal_of
from serve.web.names import visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.work.runs import LONG

#: What forms of a session send beside it.
BESIDE = ("name", "compare", "take", "strategy")
#: Seconds for which a page searches the best schedule; longer searches are runs.
SECONDS = 2.0


@shows(pages, "/optimise", "schedule.price")
def optimise(call: Call) -> Response:
    """Show a session, one's own schedule of it, and the best one."""
    visit_types = {key: one for key, one in visit_types_of(call).items() if one.active}
    first = next(iter(visit_types.values()), None)
    compares = "compare" in request.values
    try:
        asked = read(SessionForm, lists=("x",), beside=BESIDE)
        if not compares:
            chosen = first if asked.visit_type_id is None else visit_types.get(asked.visit_type_id)
            asked = form_of(chosen)
        objective = asked.objective()
        own = asked.own(objective)
        told = compared(call, asked, own) if compares else None
    except (WrongForm, InvalidInput) as error:
        # What was typed stays in the fields; beside them stands a session that can be shown.
        g.refusal = refusal_of(error)
        asked, told = form_of(first), None
        objective = asked.objective()
        own = asked.own(objective)
    page = render(
        "administrator/optimise.html",
        asked=asked,
        own=own,
        patients=sum(own),
        told=told,
        performance=told["yours"]["performance"] if told else priced(call, objective, own),
        visit_types=visit_types,
        strategies=COMPARABLE,
        drawn=drawn(asked, own, told["optimum"]["schedule"] if told else None),
    )
    return make_response(page, g.refusal.status if "refusal" in g else 200)


def compared(call: Call, asked: SessionForm, own: list[int]) -> dict[str, Any]:
    """Return one's own schedule beside the best one and those of the rules.

    Raises
    ------
    InvalidInput
        If no schedule meets what is asked for.
    """
    given = {**asked.problem(), "schedule": own, "seconds": SECONDS}
    found: dict[str, Any] = post_comparison(call, model_of(ComparisonIn, given))
    return found


def priced(call: Call, objective: dict[str, Any], own: list[int]) -> dict[str, Any]:
    """Return what a schedule costs."""
    asked = model_of(SchedulesIn, {**objective, "schedules": [own]})
    found: dict[str, Any] = post_schedules(call, asked)["performance"][0]
    return found


def drawn(asked: SessionForm, own: list[int], best: list[int] | None) -> dict[str, Any]:
    """Return the bars of two schedules on a clock: places in units of a drawing."""
    most = max([*own, *(best or []), 2])
    marks = []
    for interval in range(asked.intervals + 1):
        minute = BEGINS + interval * asked.interval_length
        if minute % 30 == 0:
            hour, rest = divmod(int(minute), 60)
            marks.append((interval, f"{hour % 24:02d}:{rest:02d}"))
    return {
        "most": most,
        "marks": marks,
        "own": own,
        "best": best,
        "begins": BEGINS,
        "blocked": asked.blocked,
    }


@does(pages, "/optimise/price", "schedule.price", form=optimise, writes=False)
def price(call: Call) -> Response:
    """Return what the own schedule costs now; one move of the editor asks this once."""
    asked = read(SessionForm, lists=("x",), beside=BESIDE)
    objective = asked.objective()
    return make_response(
        render(
            "administrator/_price.html",
            performance=priced(call, objective, asked.own(objective)),
            patients=asked.number,
            asked=asked,
        )
    )


class Named(Sent):
    """What a template is to be called."""

    name: Name


@does(pages, "/optimise/save", "template.change", form=optimise)
def save_own(call: Call) -> Done:
    """Keep one's own schedule as a template."""
    asked = read(SessionForm, lists=("x",), beside=BESIDE)
    objective = asked.objective()
    name = read(Named, beside={*SessionForm.model_fields, "compare"}).name
    given = {
        "name": name,
        "visit_type_id": str(asked.visit_type_id or ""),
        "objective": objective,
        "schedule": asked.own(objective),
    }
    made = post_template(call, model_of(TemplateIn, given))
    call.session.flush()
    return Done(
        url_for(".template", template_id=made.id),
        _("%(name)s is kept. Publish it to dates.") % {"name": made.name},
    )


class Searched(Sent):
    """By which strategy a schedule is searched."""

    strategy: str = "exact"


@does(pages, "/optimise/run", "run.submit", form=optimise)
def submit(call: Call) -> Done:
    """Search with proof for as long as it takes."""
    asked = read(SessionForm, lists=("x",), beside=BESIDE)
    strategy = read(Searched, beside={*SessionForm.model_fields, "compare"}).strategy
    given = {**asked.problem(), "strategy": {"name": strategy}, "stopping": {"seconds": LONG}}
    run = post_optimisation(call, model_of(OptimisationIn, given))
    return Done(url_for("work.run", run_id=run.id), _("The search has begun."))


@does(pages, "/optimise/frontier", "run.submit", form=optimise)
def submit_frontier(call: Call) -> Done:
    """Search all best compromises between patients and provider."""
    asked = read(SessionForm, lists=("x",), beside=BESIDE)
    given = {
        **asked.problem(),
        "parameters": {"method": "exact", "weights": 40},
        "stopping": {"seconds": LONG},
    }
    run = post_frontier(call, model_of(FrontierIn, given))
    return Done(url_for("work.run", run_id=run.id), _("The search has begun."))


@shows(pages, "/optimise/best", "schedule.price")
def take_best(call: Call) -> Response:
    """Lead to the page with the best schedule as one's own."""
    asked = read(SessionForm, lists=("x",), beside=BESIDE)
    best = compared(call, asked, asked.own(asked.objective()))["optimum"]["schedule"]
    address = url_for(".optimise", compare="1", x=best, **asked.query())
    return redirect(address)  # type: ignore[return-value]
