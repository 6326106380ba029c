"""A practice that plans by a rule, once for all providers and the whole quarter."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from apiflask import APIFlask

from serve.loop.caller import Caller
from serve.loop.runs import done
from serve.loop.setting_up import CV, INTERVAL, MINUTES, PATIENTS, USUAL, Practice
from serve.loop.world import World

#: What a minute of waiting, of idle time and of overtime is worth.
WEIGHTS = {"waiting": 1.0, "idle": 0.5, "tardiness": 1.0}


@dataclass
class RulePlan:
    """A rule, with what the practice believes of all its providers alike.

    Attributes
    ----------
    rule
        As the strategies of `opt` are called: ``individual`` or ``bailey_welch``.
    """

    rule: str
    app: APIFlask
    caller: Caller
    practice: Practice
    world: World
    _published: bool = field(default=False, init=False)

    def prepare(self, monday: date, weeks: int) -> dict[str, Any]:
        """Publish, before the first week, the sessions of all weeks that are left."""
        if self._published:
            return {}
        session = {
            "patients": PATIENTS,
            "intervals": MINUTES // INTERVAL,
            "interval_length": INTERVAL,
            "service_time": {"law": "gamma", "mean": USUAL, "cv": CV},
            "no_show": round(self.world.mean_no_show, 2),
        }
        request = {"session": session, "weights": WEIGHTS, "strategy": {"name": self.rule}}
        (run,) = done(self.app, self.caller, "/runs/optimisation", [request])
        template = self.caller.post(
            f"/runs/{run['id']}/template",
            {"name": self.rule, "visit_type_id": self.practice.visit_type_id},
        )
        # A week more, for which patients book in the last one.
        last = monday + timedelta(weeks=weeks + 1, days=-1)
        self.caller.post(
            "/publications",
            {"template_id": template["id"], "first": monday.isoformat(), "last": last.isoformat()},
        )
        self._published = True
        return {"schedule": template["schedule"]}
