"""The models of forecasts that are in use: which they are, and how others come into use."""

from typing import Any

from apiflask import APIBlueprint

from objective import InvalidInput
from serve.api.call import Call
from serve.api.route import route
from serve.api.run_schemas import DriftIn, ForecastOut, PromoteIn, RunOut
from serve.api.runs import submitted
from serve.errors import Conflict, NotFound
from serve.jobs.forecast_models import QUANTITIES, drift_watch, promotion
from serve.jobs.last_forecasts import forecasts_done, model_in_use
from serve.models import Run

forecasts = APIBlueprint("forecasts", __name__, url_prefix="/api/v1")


@route(
    forecasts, "GET", "/forecasts/<quantity>", "run.read",
    "Tell which model of a quantity is in use and how it did", gives=ForecastOut,
)  # fmt: skip
def get_forecast(call: Call, quantity: str) -> dict[str, Any]:
    """Return the model in use, as the last run that could change it left it."""
    _check(quantity)
    used = model_in_use(call.session, call.practice_id, quantity)
    if used is None:
        return {"quantity": quantity}
    version, since = used
    trained = call.session.scalar(
        forecasts_done(call.practice_id, quantity, ["train"]).where(
            Run.result["version"].as_integer() == version
        )
    )
    told = {"quantity": quantity, "version": version, "since": since}
    if trained is None or trained.result is None:
        return told
    found = trained.result
    return told | {
        "model": found["champion"],
        "run_id": trained.id,
        "score": found["score"],
        "scores": found["scores"][found["champion"]],
        "cases": found["cases"],
        "split": found["split"],
    }


@route(
    forecasts, "POST", "/forecasts/<quantity>/promote", "forecast.promote",
    "Put the best model of a training to use, if it is surely better",
    takes=PromoteIn, gives=RunOut, status=202,
)  # fmt: skip
def post_promote(call: Call, quantity: str, given: PromoteIn) -> Run:
    """Submit a run that lets a model through the gate or not, and tells the numbers."""
    _check(quantity)
    trained = call.find(Run, given.run_id, "run.read")
    result, request = trained.result or {}, trained.request
    right = (request.get("task"), request.get("quantity")) == ("train", quantity)
    if not right or result.get("version") is None:
        raise InvalidInput("run_id", "the run", f"a training of {quantity} that is done")
    return submitted(call, "forecast", promotion(quantity, trained.id, result["version"]))


@route(
    forecasts, "POST", "/forecasts/<quantity>/rollback", "forecast.promote",
    "Put the model to use again that was in use before", gives=RunOut, status=202,
)  # fmt: skip
def post_rollback(call: Call, quantity: str) -> Run:
    """Submit a run that goes back one model."""
    _check(quantity)
    return submitted(call, "forecast", {"task": "rollback", "quantity": quantity})


@route(
    forecasts, "POST", "/forecasts/<quantity>/drift", "run.submit",
    "Look whether the model in use is still right", takes=DriftIn, gives=RunOut, status=202,
)  # fmt: skip
def post_drift(call: Call, quantity: str, given: DriftIn) -> Run:
    """Submit a run that compares the last days with those that the model learned from."""
    if get_forecast(call.to("run.read"), quantity).get("version") is None:
        raise Conflict("No model of this quantity is in use.", "no_model")
    return submitted(call, "forecast", drift_watch(quantity, given.days))


def _check(quantity: str) -> None:
    if quantity not in QUANTITIES:
        raise NotFound("forecast")
