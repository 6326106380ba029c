"""Which coordinates, if any, may certify an objective.

A schedule can be proved optimal where the cost is L-natural-convex: g(z) + g(z') >= g(ceil((z + z')
/ 2)) + g(floor((z + z') / 2)). Each rule below names a case and the coordinates it rules out; what
no rule rules out has been proved (a-space: Begen & Queyranne 2011, doi:10.1287/moor.1110.0489,
extended to the definitions used here; p-space: Zacharias & Yunes 2020, Management Science, extended
to walk-ins and a free number of patients), but for priority walk-ins: there p-space rests on
Koeleman & Koole (2012) and on midpoint and brute-force tests without a violation, also with a free
number. A set of constraints must be closed under the same midpoints.
"""

from collections.abc import Callable
from dataclasses import dataclass

from objective import ClinicSession, Mean, Objective
from opt.constraints import Constraints
from opt.demands import Space


@dataclass(frozen=True)
class Rule:
    """A case in which some coordinates may not certify."""

    case: str
    applies: Callable[[Objective], bool]
    ruled_out: tuple[Space, ...]


RULES = (
    Rule(
        "walk-ins and interruptions make an appointment's effect depend on its interval",
        lambda objective: objective.session.has_unbooked_work,
        ("a",),
    ),
    Rule(
        "appointment times are only compared for one number of patients",
        lambda objective: objective.free,
        ("a",),
    ),
    Rule(
        "makespan idle time is not convex in cumulative bookings",
        lambda objective: objective.idle == "makespan" and objective.weights.idle > 0,
        ("p",),
    ),
    Rule(
        "patients who differ are not convex in cumulative bookings",
        lambda objective: not objective.session.alike,
        ("p",),
    ),
    Rule(
        "with walk-ins and interruptions only the mean wait is convex",
        lambda objective: (
            _has_other_work(objective.session)
            and not isinstance(objective.waiting_penalty, Mean)
            and objective.weights.waiting > 0
        ),
        ("p",),
    ),
    Rule(
        "with a free number of patients only minutes are known to be convex",
        lambda objective: (
            objective.free
            and not (
                isinstance(objective.waiting_penalty, Mean)
                and isinstance(objective.tardiness_penalty, Mean)
            )
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


def not_expressed(session: ClinicSession, space: Space, constraints: Constraints) -> list[str]:
    """Return the demands that the coordinates cannot express."""
    return [piece.text for piece in constraints.pieces(session) if space not in piece.edges]


def spaces_by_merit(objective: Objective, constraints: Constraints) -> list[Space]:
    """Return the coordinates, those first in which most can be proved.

    Best are those that may certify the objective and express all constraints; then those that may
    certify it, for a bound without some of the constraints; then those that express all of them;
    of two equals a-space, where chains are shorter.
    """
    spaces: list[Space] = ["p"] if objective.free else ["a", "p"]

    def demerit(space: Space) -> tuple[bool, bool]:
        left_out = not_expressed(objective.session, space, constraints)
        return bool(reasons_against(objective, space)), bool(left_out)

    return sorted(spaces, key=demerit)


def _has_other_work(session: ClinicSession) -> bool:
    return session.walk_ins is not None or bool(session.interruptions)
