"""Which strategy finds the best schedule: all of a list on one session, with several seeds."""

from typing import Any

from flask import request, url_for

from serve.api.call import Call
from serve.api.run_schemas import COMPARABLE, RunsIn, StrategiesIn
from serve.api.runs import get_runs, post_strategies
from serve.web.administrator.session_form import SessionForm
from serve.web.analyst.blueprint import pages
from serve.web.forms import WrongForm, model_of, read
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.work.runs import STATES

#: Strategies that are compared if one does not say which.
USUAL = ("exact", "local_search", "genetic", "annealing", "individual", "bailey_welch")
#: What the form asks beside the session.
BESIDE = ("strategies", "seconds", "seeds")
#: Comparisons that are listed, of so many searches that are looked through.
LISTED, LOOKED_AT = 10, 100


@shows(pages, "/comparison", "run.submit")
def comparison_form(call: Call) -> str:
    """Show the form of a comparison, and those before."""
    searches = get_runs(call.to("run.read"), RunsIn(kind="optimisation", limit=LOOKED_AT))["items"]
    before = [one for one in searches if one.request.get("task") == "comparison"]
    return render(
        "analyst/comparison_form.html",
        asked=SessionForm(),
        strategies=COMPARABLE,
        usual=USUAL,
        before=before[:LISTED],
        states=STATES,
    )


@does(pages, "/comparison", "run.submit", form=comparison_form)
def compare(call: Call) -> Done:
    """Begin the searches by each strategy that was chosen."""
    chosen = request.form.getlist("strategies")
    if len(chosen) < 2:
        raise WrongForm([("strategies", _("Choose two strategies or more."))])
    asked = read(SessionForm, beside=BESIDE)
    given: dict[str, Any] = {
        **asked.problem(),
        "strategies": chosen,
        "seeds": request.form.get("seeds", "").strip() or 5,
        "stopping": {"seconds": request.form.get("seconds", "").strip() or 10},
    }
    run = post_strategies(call, model_of(StrategiesIn, given))
    return Done(url_for("work.run", run_id=run.id), _("The searches have begun."))
