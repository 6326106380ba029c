"""What a clinic day is filled with: a template, or the default rule of its type of visit."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from objective.chains import grid_step
from opt import make_strategy, optimise
from serve.errors import Conflict
from serve.models import Template, VisitType

#: What a minute of each part is worth where nobody said so.
WEIGHTS = Weights(waiting=1.0, idle=0.5, tardiness=1.0)
#: Most patients, and states of the chain times patients, of a session that a rule fills.
MOST_PATIENTS, MOST_STATES = 500, 1_000_000


@dataclass(frozen=True)
class Filling:
    """A schedule and its grid, for a clinic day.

    Attributes
    ----------
    template_id, rule
        Where it comes from: one of them.
    objective
        What it costs, as `opt.result.objective_from_dict` reads it.
    schedule
        Patients per interval.
    interval_minutes
        Length of an interval.
    """

    template_id: UUID | None
    rule: str | None
    objective: dict[str, Any]
    schedule: tuple[int, ...]
    interval_minutes: float

    @property
    def minutes(self) -> float:
        """How long the session is."""
        return len(self.schedule) * self.interval_minutes


def filling_of(template: Template | None, visit_type: VisitType, minutes: float) -> Filling:
    """Return what fills a block of some minutes: a template, or else the visit type's rule.

    Raises
    ------
    Conflict
        If it does not fit into the block.
    """
    if template is None:
        return _by_rule(
            json.dumps(visit_type.service_time, sort_keys=True),
            visit_type.no_show,
            visit_type.interval_minutes,
            visit_type.default_rule,
            int(minutes / visit_type.interval_minutes + 1e-9),
        )
    made = Filling(
        template.id,
        None,
        template.objective,
        tuple(template.schedule),
        float(template.objective["session"]["interval_length"]),
    )
    if made.minutes > minutes + 1e-6:
        raise Conflict("The template's session is longer than the block.", "does_not_fit")
    return made


@lru_cache(maxsize=512)
def _by_rule(law: str, no_show: float, interval_minutes: int, rule: str, intervals: int) -> Filling:
    """Return what a rule makes of a block; as many patients as their expected work fills it."""
    service_time = ServiceTime.from_dict(json.loads(law))
    each = service_time.mean * (1 - no_show)
    patients = max(1, int(intervals * interval_minutes / each + 1e-9))
    try:
        session = ClinicSession(patients, intervals, float(interval_minutes), service_time, no_show)
        states = session.expected_work / grid_step(session, None)
        if patients > MOST_PATIENTS or states * patients > MOST_STATES:
            raise InvalidInput("session", patients, f"at most {MOST_PATIENTS} patients")
        objective = Objective(session, WEIGHTS)
        schedule = optimise(objective, make_strategy(rule)).schedule
    except InvalidInput:
        detail = "The default rule of the type of visit makes no schedule for the block."
        raise Conflict(detail, "does_not_fit") from None
    # As the database gives it back, so that what is the same compares as the same.
    description = json.loads(json.dumps(objective.to_dict()))
    return Filling(None, rule, description, tuple(schedule), float(interval_minutes))
