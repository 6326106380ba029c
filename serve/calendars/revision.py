"""Which revision of a visit a calendar is told: a number that never falls (RFC 5545, 3.8.7.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from serve.booking.status import CANCELLED, remembered
from serve.models import Appointment, StatusChange

#: What a calendar shows of each status; of any other, that the visit is planned or was.
SHOWN = {
    "requested": "TENTATIVE",
    "held": "TENTATIVE",
    "expired": "CANCELLED",
    **dict.fromkeys(CANCELLED, "CANCELLED"),
}
#: What must not change without a new number, beside the status that is shown.
TOLD = ("seat_id", "starts_at", "ends_at")


@dataclass(frozen=True)
class Revision:
    """The state of a visit as a calendar is told it.

    Attributes
    ----------
    sequence
        How often its time, its place or what is shown of its status changed. A step that is taken
        back is one more change, so that the number never falls.
    at
        When the visit was changed last.
    """

    sequence: int
    at: datetime


def shown(status: str) -> str:
    """Return what a calendar shows of a status."""
    return SHOWN.get(status, "CONFIRMED")


def revision_of(appointment: Appointment, changes: Sequence[StatusChange]) -> Revision:
    """Return the revision of an appointment, by all its changes in their order."""
    if not changes:
        return Revision(0, appointment.created_at)
    after = [*(one.before for one in changes[1:]), remembered(appointment)]
    told = [_told(one) for one in after]
    sequence = sum(one != other for one, other in pairwise(told))
    return Revision(sequence, changes[-1].created_at)


def _told(state: dict[str, Any]) -> tuple[Any, ...]:
    return (shown(state["status"]), *(_plain(state[name]) for name in TOLD))


def _plain(value: Any) -> Any:
    """Return a moment without regard to how it was written."""
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
