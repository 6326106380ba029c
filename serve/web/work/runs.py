"""A run: how far it is, a button that stops it, and what came out."""

from uuid import UUID

from flask import url_for

from serve.api.call import Call
from serve.api.fields import Identifier, Name, Sent
from serve.api.run_schemas import OptimisationIn, RunsIn, TemplateOfRunIn
from serve.api.runs import (
    get_runs,
    post_apply,
    post_cancel,
    post_optimisation,
    post_template,
)
from serve.errors import Conflict
from serve.models import Run
from serve.web.balance import EVEN, Balance, weights_of
from serve.web.forms import model_of, read
from serve.web.names import providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _, marked
from serve.web.work.blueprint import pages
from serve.web.work.results import figures_of

#: Seconds that a search from a page may take.
LONG = 300.0
KINDS = {
    "optimisation": marked("Search of a schedule"),
    "frontier": marked("Best compromises"),
    "allocation": marked("Allocation"),
    "forecast": marked("Forecast"),
}
#: What a run of several kinds of work does; of a forecast also of which quantity.
TASKS = {
    "comparison": marked("Comparison of strategies"),
    "train": marked("Models learn"),
    "promote": marked("Gate"),
    "rollback": marked("Back to the model before"),
    "drift": marked("Look for drift"),
    "session": marked("Forecast of a session"),
}
QUANTITY_WORDS = {
    "no_show": marked("No-shows"),
    "consultation": marked("Consultation times"),
    "demand": marked("Demand"),
}
STATES = {
    "queued": marked("waits"),
    "running": marked("runs"),
    "done": marked("done"),
    "failed": marked("failed"),
    "cancelled": marked("stopped"),
}


def run_name(run: Run) -> str:
    """Return what a run is called: what it does, of a forecast with its quantity."""
    task = run.request.get("task")
    if task is None:
        return _(KINDS[run.kind])
    name = _(TASKS[task])
    quantity = QUANTITY_WORDS.get(run.request.get("quantity", ""))
    return name if quantity is None else f"{name}: {_(quantity)}"


@shows(pages, "", "run.read")
def runs(call: Call) -> str:
    """List the runs, the latest first."""
    asked = read(RunsIn)
    return render(
        "work/runs.html",
        asked=asked,
        found=get_runs(call, asked),
        kinds=KINDS,
        name=run_name,
        states=STATES,
    )


@shows(pages, "/<uuid:run_id>", "run.read")
def run(call: Call, run_id: UUID) -> str:
    """Show a run."""
    found = call.find(Run, run_id)
    return render(
        "work/run.html",
        fragment="work/_run.html",
        run=found,
        name=run_name,
        even=EVEN,
        states=STATES,
        figures=figures_of(call, found),
        visit_types=visit_types_of(call),
        providers=providers_of(call),
    )


@does(pages, "/<uuid:run_id>/cancel", "run.cancel", form=run)
def cancel(call: Call, run_id: UUID) -> Done:
    """Stop a run."""
    post_cancel(call, run_id)
    return Done(url_for(".run", run_id=run_id), _("It stops after the step in progress."))


class Balanced(Sent):
    """For whom the schedule is to be good."""

    balance: Balance = EVEN


@does(pages, "/<uuid:run_id>/search", "run.submit", form=run, also=("run.read",))
def search_forecast(call: Call, run_id: UUID) -> Done:
    """Search the best schedule of a session with the inputs that were forecast."""
    found = call.to("run.read").find(Run, run_id)
    if found.request.get("task") != "session" or found.result is None:
        raise Conflict(_("That is no forecast of a session that is done."), "no_session")
    given = {
        "session": found.result["session"],
        "weights": weights_of(read(Balanced).balance),
        "stopping": {"seconds": LONG},
    }
    made = post_optimisation(call, model_of(OptimisationIn, given))
    return Done(url_for(".run", run_id=made.id), _("The search has begun."))


class TemplateForm(Sent):
    """How a schedule that was found is called, and for what it is."""

    name: Name
    visit_type_id: Identifier
    point: int | None = None


@does(pages, "/<uuid:run_id>/template", "template.change", form=run)
def make_template(call: Call, run_id: UUID) -> Done:
    """Keep a schedule that was found, with its proof, as a template."""
    given = read(TemplateForm)
    made = post_template(call, run_id, TemplateOfRunIn(**given.model_dump()))
    call.session.flush()
    to = url_for("administrator.template", template_id=made.id)
    return Done(to, _("%(name)s is kept. Publish it to dates.") % {"name": made.name})


@does(pages, "/<uuid:run_id>/apply", "allocation.apply", form=run, also=("run.read",))
def apply(call: Call, run_id: UUID) -> Done:
    """Book and offer the seats that an allocation gave."""
    items = post_apply(call, run_id)["items"]
    numbers = {
        "booked": sum(one["outcome"] == "booked" for one in items),
        "offered": sum(one["outcome"] == "offered" for one in items),
        "refused": sum(one["outcome"] == "refused" for one in items),
    }
    said = _("%(booked)s booked, %(offered)s offered, %(refused)s not possible any more.")
    return Done(url_for(".run", run_id=run_id), said % numbers)
