"""Which strategy finds the best schedule: several searches of one session, side by side."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, NEUTRAL
from serve.api.call import Call
from serve.api.run_schemas import OptimisationIn, RunsIn
from serve.api.runs import get_runs, post_optimisation
from serve.api.schemas import REQUESTABLE
from serve.errors import NotFound
from serve.models import Run
from serve.web.administrator.optimising import OTHER
from serve.web.administrator.session_form import SessionForm
from serve.web.analyst.blueprint import pages
from serve.web.forms import WrongForm, model_of, read
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.work.runs import STATES

#: Strategies that are compared if one does not say which.
USUAL = ("exact", "local_search", "genetic", "annealing", "individual", "bailey_welch")
#: Most searches of one comparison.
MOST = 10


@shows(pages, "/comparison", "run.submit")
def comparison_form(call: Call) -> str:
    """Show the form of a comparison, and those before."""
    asked = SessionForm()
    return render(
        "analyst/comparison_form.html",
        asked=asked,
        strategies=[one for one in REQUESTABLE if one not in OTHER],
        usual=USUAL,
        runs=get_runs(call.to("run.read"), RunsIn(kind="optimisation", limit=20))["items"],
        states=STATES,
    )


@does(pages, "/comparison", "run.submit", form=comparison_form)
def compare(call: Call) -> Done:
    """Begin a search by each strategy that was chosen."""
    chosen = request.form.getlist("strategies")
    if not 2 <= len(chosen) <= MOST:
        raise WrongForm([("strategies", _("Choose two to ten strategies."))])
    asked = read(SessionForm, beside=("strategies", "seconds", "seed"))
    runs = []
    for name in chosen:
        given: dict[str, Any] = {
            **asked.objective(),
            "strategy": {"name": name},
            "stopping": {"seconds": request.form.get("seconds", "10").strip() or "10"},
            "seed": request.form.get("seed", "0").strip() or "0",
        }
        runs.append(post_optimisation(call, model_of(OptimisationIn, given)))
    identifiers = [str(one.id) for one in runs]
    return Done(url_for(".comparison", run=identifiers), _("The searches have begun."))


@shows(pages, "/comparison/result", "run.read")
def comparison(call: Call) -> str | Response:
    """Show the searches of a comparison side by side."""
    runs = [_run(call, text) for text in request.args.getlist("run")[:MOST]]
    if not runs:
        return redirect(url_for(".comparison_form"))  # type: ignore[return-value]
    done = [one for one in runs if one.state == "done" and one.result is not None]
    best = min((_cost(one) for one in done), default=None)
    return render(
        "analyst/comparison.html",
        fragment="analyst/_comparison.html",
        runs=sorted(runs, key=lambda one: _cost(one) if one in done else float("inf")),
        busy=any(one.state in ("queued", "running") for one in runs),
        best=best,
        states=STATES,
        figure=cost_figure(done) if len(done) > 1 else None,
        query=[str(one.id) for one in runs],
    )


def cost_figure(runs: list[Run]) -> Figure:
    """Return what the schedules that were found cost, beside each other."""
    ranked = sorted(runs, key=_cost)
    names = [one.request["strategy"]["name"].replace("_", " ") for one in ranked]
    costs = [_cost(one) for one in ranked]
    plot = blank_plot(_("Cost, weighted minutes"), "")
    colours = [ACCENT, *[NEUTRAL] * (len(ranked) - 1)]
    plot.add_bar(y=names, x=costs, orientation="h", marker_color=colours)
    plot.update_yaxes(autorange="reversed")
    rows = [
        [name, f"{cost:.4f}", f"{one.result['seconds']:.2f}", f"{one.result['evaluations']:,}"]
        for name, cost, one in zip(names, costs, ranked, strict=True)
        if one.result is not None
    ]
    sentence = _("%(name)s found the schedule that costs least, %(cost)s.") % {
        "name": names[0].capitalize(),
        "cost": f"{costs[0]:.3f}",
    }
    columns = [_("Strategy"), _("Cost, weighted min"), _("Seconds"), _("Schedules priced")]
    return Figure("costs", _("What they found"), sentence, plot, columns, rows)


def _run(call: Call, text: str) -> Run:
    try:
        return call.find(Run, UUID(text))
    except ValueError:
        raise NotFound("run") from None


def _cost(run: Run) -> float:
    return float(run.result["performance"][0]["cost"]) if run.result else float("inf")
