"""A practice that learns every week, and plans each provider's sessions anew."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from apiflask import APIFlask

from objective import ServiceTime
from serve.loop.caller import Caller
from serve.loop.rule_plan import WEIGHTS
from serve.loop.runs import done
from serve.loop.setting_up import INTERVAL, MINUTES, PATIENTS, Practice
from serve.loop.world import World

#: The models that learn of each quantity: quick ones, the simplest first.
MODELS = {
    "no_show": ["base_rate", "logistic_regression"],
    "consultation": ["exponential", "gamma", "lognormal_regression"],
}
#: Weeks of the history on which models are compared.
HELD_OUT_WEEKS = 4
#: Weeks in a row in which a model must be off for others to learn from them alone.
ENOUGH_WEEKS = 2
#: What is taken where no model is in use.
AVERAGE = "average of the past"


@dataclass
class BaileyPlan:
    """Forecast, optimise and publish, week after week."""

    app: APIFlask
    caller: Caller
    practice: Practice
    world: World
    #: The first of the weeks in a row in which the model of a quantity was off to one side, and
    #: whether above. One week alone may be chance, which the next one shows.
    _off_since: dict[str, tuple[date, bool]] = field(default_factory=dict, init=False)
    #: From when on models of a quantity learn, since one that did so passed the gate.
    _learns_since: dict[str, date] = field(default_factory=dict, init=False)

    def prepare(self, monday: date, weeks: int) -> dict[str, Any]:
        """Learn, forecast each provider's sessions, and publish the best schedule for two weeks."""
        told: dict[str, Any] = {"quantities": {}, "providers": []}
        for quantity in MODELS:
            told["quantities"][quantity] = self._learn(quantity, monday)
        sessions = self._forecasts(monday)
        requests = [{"session": one, "weights": WEIGHTS} for one in sessions]
        runs = done(self.app, self.caller, "/runs/optimisation", requests)
        for provider, session, run in zip(self.practice.providers, sessions, runs, strict=True):
            template = self.caller.post(
                f"/runs/{run['id']}/template",
                {"name": f"{monday} {provider[:8]}", "visit_type_id": self.practice.visit_type_id},
            )
            self.caller.post(
                "/publications",
                {
                    "template_id": template["id"],
                    "provider_id": provider,
                    "first": monday.isoformat(),
                    "last": (monday + timedelta(days=13)).isoformat(),
                },
            )
            law = ServiceTime.from_dict(session["service_time"])
            told["providers"].append(
                {
                    "consultation_mean": law.mean,
                    "consultation_cv": law.cv,
                    "no_show": session["no_show"],
                    "walk_ins": sum((session.get("walk_ins") or {}).get("rate", [])),
                    "status": run["result"]["status"],
                    "schedule": template["schedule"],
                }
            )
        return told

    def _learn(self, quantity: str, monday: date) -> dict[str, Any]:
        """Look for drift, let models learn, and tell what is in use then."""
        before = self.caller.get(f"/forecasts/{quantity}")
        drift = None if before["version"] is None else self._watch(quantity, monday)
        since = self._begin(quantity, monday)
        request = {
            "quantity": quantity,
            "models": MODELS[quantity],
            "held_out_days": self._clinic_days * _held_out_weeks(since, monday),
            "seed": self.world.seed,
            "promote": True,
        }
        if since is not None:
            request["since"] = since.isoformat()
        done(self.app, self.caller, "/runs/forecast", [request])
        after = self.caller.get(f"/forecasts/{quantity}")
        came = after["version"] != before["version"]
        if since is not None and came:
            self._learns_since[quantity] = since
            self._off_since.pop(quantity, None)
        return {
            "model": after["model"] or AVERAGE,
            "promoted": came,
            "since": request.get("since"),
            "drift": drift,
        }

    @property
    def _clinic_days(self) -> int:
        """On how many days of a week there are sessions, in which the service counts."""
        return len({weekday for one in self.world.physicians for weekday, _ in one.sessions})

    def _begin(self, quantity: str, monday: date) -> date | None:
        """Return from when on models of a quantity learn; None for the whole history."""
        off_since = self._off_since.get(quantity)
        if off_since is not None and _weeks(off_since[0], monday) >= ENOUGH_WEEKS:
            return off_since[0]
        return self._learns_since.get(quantity)

    def _watch(self, quantity: str, monday: date) -> dict[str, Any]:
        """Look over the last week whether the model in use is off."""
        path = f"/forecasts/{quantity}/drift"
        (run,) = done(self.app, self.caller, path, [{"days": self._clinic_days}])
        calibration = run["result"]["calibration"]
        above = bool(calibration["observed"] > calibration["expected"])
        before = self._off_since.pop(quantity, None)
        if calibration["off"]:
            goes_on = before is not None and before[1] == above
            since = before[0] if before and goes_on else monday - timedelta(weeks=1)
            self._off_since[quantity] = (since, above)
        return {
            "off": calibration["off"],
            **{name: calibration[name] for name in ("expected", "observed", "low", "high")},
        }

    def _forecasts(self, monday: date) -> list[dict[str, Any]]:
        """Return the session of each provider as it is forecast, for as many patients as ever."""
        requests = []
        for provider, physician in zip(self.practice.providers, self.world.physicians, strict=True):
            weekday, hour = physician.sessions[0]
            requests.append(
                {
                    "provider_id": provider,
                    "day": (monday + timedelta(days=weekday)).isoformat(),
                    "starts": f"{hour:02}:00",
                    "intervals": MINUTES // INTERVAL,
                    "interval_minutes": INTERVAL,
                    "patients": PATIENTS,
                }
            )
        runs = done(self.app, self.caller, "/runs/session", requests)
        return [one["result"]["session"] for one in runs]


def _held_out_weeks(since: date | None, monday: date) -> int:
    """Return on how many of the last weeks models are compared: at most half of a new beginning."""
    if since is None:
        return HELD_OUT_WEEKS
    return min(HELD_OUT_WEEKS, _weeks(since, monday) // 2)


def _weeks(since: date, monday: date) -> int:
    return (monday - since).days // 7
