"""Which coordinates, if any, may certify an objective.

A schedule can be proved optimal where the cost is L-natural-convex: g(z) + g(z') >= g(ceil((z + z')
/ 2)) + g(floor((z + z') / 2)). Each rule below names a case and the coordinates it rules out; what
no rule rules out has been proved (a-space: Begen & Queyranne 2011, doi:10.1287/moor.1110.0489,
extended to the definitions used here; p-space: Zacharias & Yunes 2020, Management Science, extended
to walk-ins).
"""

from collections.abc import Callable
from dataclasses import dataclass

from objective import Mean, Objective
from opt.coordinates import Space


@dataclass(frozen=True)
class Rule:
    """A case in which some coordinates may not certify."""

    case: str
    applies: Callable[[Objective], bool]
    ruled_out: tuple[Space, ...]


RULES = (
    Rule(
        "walk-ins make an appointment's effect depend on its interval",
        lambda objective: objective.session.walk_ins is not None,
        ("a",),
    ),
    Rule(
        "makespan idle time is not convex in cumulative bookings",
        lambda objective: objective.idle == "makespan" and objective.weights.idle > 0,
        ("p",),
    ),
    Rule(
        "with walk-ins only the mean wait is convex",
        lambda objective: (
            objective.session.walk_ins is not None
            and not isinstance(objective.waiting_penalty, Mean)
            and objective.weights.waiting > 0
        ),
        ("p",),
    ),
    Rule(
        "a probability of a long wait or of overtime is not a convex penalty",
        lambda objective: (
            (objective.weights.waiting > 0 and not objective.waiting_penalty.convex)
            or (objective.weights.tardiness > 0 and not objective.tardiness_penalty.convex)
        ),
        ("a", "p"),
    ),
    Rule(
        "float32 is too coarse to tell neighbouring schedules apart",
        lambda objective: objective.dtype.itemsize < 8,
        ("a", "p"),
    ),
)


def reasons_against(objective: Objective, space: Space) -> list[str]:
    """Return why the coordinates may not certify the objective; empty if they may."""
    return [rule.case for rule in RULES if space in rule.ruled_out and rule.applies(objective)]


def certifying_space(objective: Objective) -> Space | None:
    """Return coordinates that may certify the objective, a-space if both may, None if neither."""
    spaces: tuple[Space, ...] = ("a", "p")
    return next((space for space in spaces if not reasons_against(objective, space)), None)
