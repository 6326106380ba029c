"""The figures of the practice: how its sessions are used, and how long people wait."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint

from serve.api.call import Call
from serve.api.fields import Day, Sent, Told, window
from serve.api.route import route
from serve.figures.days import days_of_practice
from serve.figures.next_available import third_next_available
from serve.figures.practice_figures import figures_by, sessions_of

figures = APIBlueprint("figures", __name__, url_prefix="/api/v1")

#: Dates that one request may ask for.
LONGEST = 366


class FiguresIn(Sent):
    """From the first date to the last, and by what."""

    first: Day
    last: Day
    by: Literal["total", "provider", "week", "provider_week"] = "total"


class ComparedOut(Told):
    """A figure as planned and as measured; null where there is nothing to tell it from."""

    planned: float | None
    planned_count: int
    measured: float | None
    measured_count: int
    planned_where_measured: float | None


class AccessOut(Told):
    """Days from the request to the appointment."""

    appointments: int
    mean_days: float | None
    median_days: float | None


class NoShowsOut(Told):
    """The share of those expected who did not come, with Wilson's 95% interval."""

    expected: int
    missed: int
    rate: float | None
    low: float | None
    high: float | None


class GroupOut(Told):
    """Figures of the sessions of a provider, of a week, or of all; times in minutes."""

    provider_id: UUID | None
    week: date | None
    sessions: int
    booked: int
    walk_ins: int
    utilisation: ComparedOut
    access: AccessOut
    no_shows: NoShowsOut
    waiting: ComparedOut
    overtime: ComparedOut
    idle: ComparedOut


class NextAvailableOut(Told):
    """Days until the third free seat, from now; null where there are fewer."""

    provider_id: UUID
    visit_type_id: UUID
    free_seats: int
    days: float | None


class FiguresOut(Told):
    """Figures of the practice."""

    first: date
    last: date
    by: str
    groups: list[GroupOut]
    third_next_available: list[NextAvailableOut]
    at: datetime


@route(
    figures, "GET", "/practice/metrics", "practice.metrics", "Tell the figures of the practice",
    query=FiguresIn, gives=FiguresOut,
)  # fmt: skip
def get_figures(call: Call, asked: FiguresIn) -> dict[str, Any]:
    """Return use, access, no-shows, and waits and overtime as planned and as measured."""
    window(asked.first, asked.last, LONGEST)
    days = days_of_practice(call.session, call.practice_id, asked.first, asked.last)
    return {
        "first": asked.first,
        "last": asked.last,
        "by": asked.by,
        "groups": figures_by(sessions_of(days), asked.by),
        "third_next_available": third_next_available(call.session, call.practice_id, call.now),
        "at": call.now,
    }
