"""May I trust these forecasts: the models in use, how they did, and trainings beside them."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import request, url_for

from serve.api.call import Call
from serve.api.fields import Identifier, Sent
from serve.api.forecasts import get_forecast, post_drift, post_promote, post_rollback
from serve.api.run_schemas import DriftIn, ForecastIn, PromoteIn, RunsIn
from serve.api.runs import get_runs, post_forecast
from serve.jobs.forecast_models import QUANTITIES, model_group
from serve.models import Run
from serve.web.analyst.blueprint import pages
from serve.web.forms import model_of, read
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.work.runs import QUANTITY_WORDS, STATES


@dataclass(frozen=True)
class InUse:
    """The model of a quantity that is in use.

    Attributes
    ----------
    told
        As the API tells it.
    better
        By how much of its score it is better than the simplest model; None where that is unknown.
    trainings
        The latest trainings of the quantity, the last first.
    drift
        The last look at whether the model is still right; None for none.
    """

    told: dict[str, Any]
    better: float | None
    trainings: list[Run]
    drift: Run | None


@shows(pages, "", "run.read")
def models(call: Call) -> str:
    """Show the models in use."""
    runs: list[Run] = get_runs(call, RunsIn(kind="forecast", limit=100))["items"]
    found = {quantity: in_use(call, quantity, runs) for quantity in QUANTITIES}
    return render(
        "analyst/models.html",
        fragment="analyst/_models.html",
        found=found,
        words=QUANTITY_WORDS,
        states=STATES,
        candidates={quantity: list(model_group(quantity)["candidates"]) for quantity in QUANTITIES},
        busy=[one for one in runs if one.state in ("queued", "running")],
    )


def in_use(call: Call, quantity: str, runs: list[Run]) -> InUse:
    """Return what is in use of a quantity, and what was learned lately."""
    told = get_forecast(call, quantity)
    own = [one for one in runs if one.request.get("quantity") == quantity]
    trainings = [one for one in own if one.request.get("task") == "train"]
    drift = next((one for one in own if one.request.get("task") == "drift"), None)
    better = None
    run = next((one for one in trainings if one.id == told.get("run_id")), None)
    if run is not None and run.result is not None and told.get("scores"):
        better = better_than_baseline(run.result)
    return InUse(told, better, trainings[:5], drift)


def better_than_baseline(result: dict[str, Any]) -> float | None:
    """Return by which share the champion's score is below the simplest model's."""
    score, scores = result["score"], result["scores"]
    own = scores[result["champion"]].get(score)
    base = scores[result["baseline"]].get(score)
    return None if own is None or not base else 1 - own / base


class Learn(Sent):
    """What is to learn."""

    quantity: Literal["no_show", "consultation", "demand"]
    held_out_days: int = 28
    promote: bool = False


@does(pages, "/train", "run.submit", form=models)
def train(call: Call) -> Done:
    """Let models learn from the practice's history."""
    given: dict[str, Any] = read(Learn, beside=("models",)).model_dump()
    chosen = request.form.getlist("models")
    if chosen:
        given["models"] = chosen
    run = post_forecast(call, model_of(ForecastIn, given))
    return Done(url_for("work.run", run_id=run.id), _("The training has begun."))


class Chosen(Sent):
    """Which training."""

    run_id: Identifier


@does(pages, "/<quantity>/promote", "forecast.promote", form=models)
def promote(call: Call, quantity: str) -> Done:
    """Let the best model of a training through the gate, or not."""
    run = post_promote(call, quantity, PromoteIn(run_id=read(Chosen).run_id))
    return Done(url_for("work.run", run_id=run.id), _("The gate judges it now."))


@does(pages, "/<quantity>/rollback", "forecast.promote", form=models)
def rollback(call: Call, quantity: str) -> Done:
    """Go back to the model that was in use before."""
    run = post_rollback(call, quantity)
    return Done(url_for("work.run", run_id=run.id), _("The model before comes back to use."))


@does(pages, "/<quantity>/drift", "run.submit", form=models)
def drift(call: Call, quantity: str) -> Done:
    """Look whether the model in use is still right."""
    run = post_drift(call, quantity, DriftIn())
    return Done(url_for("work.run", run_id=run.id), _("The last four weeks are looked at now."))
