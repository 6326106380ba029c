"""Days that run: what is expected of the rest of them, what if, and breaks."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy import and_, or_, select

from serve.api.call import Call
from serve.api.fields import Identifier, Moment, Sent, Told
from serve.api.route import route
from serve.clock import wall_clock
from serve.live.breaks import begin_break, end_break
from serve.live.expectation import Expectation, expectations
from serve.live.own_call import OwnCall, own_call
from serve.live.standing import Standing, standings
from serve.live.what_if import Comparison, WhatIf, compare
from serve.models import Appointment, ClinicDay, Practice

live = APIBlueprint("live", __name__, url_prefix="/api/v1")

State = Literal["ahead", "running", "over"]
BreakMinutes = Annotated[int, Field(strict=True, ge=1, le=720)]
#: How long a session may run over midnight and be one of today.
OVERNIGHT = timedelta(hours=12)


class CallOut(Told):
    """When a patient is expected to be called, with an interval of 80 %."""

    appointment_id: UUID
    patient_id: UUID
    status: Literal["booked", "arrived"]
    walk_in: bool
    starts_at: datetime
    arrived_at: datetime | None
    expected_at: datetime
    earliest_at: datetime
    latest_at: datetime
    before: int


class DayOut(Told):
    """How a session is expected to go on; overtime in minutes, the interval holds with 80 %.

    ``clinic_day_version`` is what ``If-Match`` of a break must name.
    """

    clinic_day_id: UUID
    clinic_day_version: int
    provider_id: UUID
    state: State
    at: datetime
    starts_at: datetime
    ends_at: datetime
    away_until: datetime | None
    current_id: UUID | None
    current_since: datetime | None
    waiting: int
    to_come: int
    finish_at: datetime
    finish_earliest_at: datetime
    finish_latest_at: datetime
    overtime_probability: Annotated[float, Field(ge=0, le=1)]
    expected_overtime: Annotated[float, Field(ge=0)]


class LiveDayOut(DayOut):
    """A session with everybody who waits or is expected, in the order of service."""

    calls: list[CallOut]


class LiveDaysOut(Told):
    """Today's sessions in the order of their starts."""

    at: datetime
    items: list[DayOut]


class OwnCallOut(Told):
    """When one patient is expected to be called; null once that is no longer to be expected."""

    appointment_id: UUID
    clinic_day_id: UUID | None
    status: str
    state: Literal["none", "ahead", "running", "over"]
    at: datetime
    starts_at: datetime | None
    expected_at: datetime | None
    earliest_at: datetime | None
    latest_at: datetime | None
    before: int | None


class WhatIfIn(Sent):
    """What is thought of, of several things all together: at least one.

    A break of some minutes from now, or from ``break_at``; so many ``walk_ins`` now; the
    appointment ``cancelled_id`` cancelled.
    """

    break_minutes: BreakMinutes | None = None
    break_at: Moment | None = None
    walk_ins: Annotated[int, Field(strict=True, ge=1, le=20)] | None = None
    cancelled_id: Identifier | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.break_minutes is None and self.break_at is not None:
            raise ValueError("break_minutes must be given where break_at is")
        if self.break_minutes is None and self.walk_ins is None and self.cancelled_id is None:
            raise ValueError("one of break_minutes, walk_ins and cancelled_id must be given")
        return self


class StartDifferenceOut(Told):
    """By how many minutes a patient would be called later."""

    appointment_id: UUID
    minutes: float


class ComparisonOut(Told):
    """A session as it is and with what is thought of, and by how much each number would grow."""

    as_it_is: LiveDayOut
    with_it: LiveDayOut
    starts: list[StartDifferenceOut]
    finish_minutes: float
    overtime_probability: float
    expected_overtime: float


class BreakIn(Sent):
    """For how many minutes from now on no consultation begins."""

    minutes: BreakMinutes


class BreakOut(Told):
    """A session, and until when its provider begins no consultation; null for no break."""

    id: UUID
    away_until: datetime | None
    version: int


@route(
    live, "GET", "/live", "live.read", "Tell how today's sessions are expected to go on",
    gives=LiveDaysOut,
)  # fmt: skip
def get_live(call: Call) -> dict[str, Any]:
    """Return all sessions of today, all of them computed together."""
    zone = call.session.get_one(Practice, call.practice_id).zone
    today = wall_clock(call.now, zone).date()
    over_midnight = and_(
        ClinicDay.day == today - timedelta(days=1),
        ClinicDay.ends_at > call.now - OVERNIGHT,
    )
    query = select(ClinicDay.id).where(
        ClinicDay.practice_id == call.practice_id, or_(ClinicDay.day == today, over_midnight)
    )
    if call.reach == "own":
        query = query.where(ClinicDay.provider_id == call.actor.provider_id)
    days = standings(call.session, call.session.scalars(query))
    found = [
        one
        for day, one in zip(days, expectations(days, call.now), strict=True)
        if one.state != "over" or wall_clock(day.starts_at, zone).date() == today
    ]
    return {"at": call.now, "items": found}


@route(
    live, "GET", "/clinic-days/<uuid:clinic_day_id>/live", "live.read",
    "Tell how a session is expected to go on", gives=LiveDayOut,
)  # fmt: skip
def get_live_day(call: Call, clinic_day_id: UUID) -> Expectation:
    """Return what is expected of a session, and of everybody who waits or is to come.

    A session that is ahead is told of as it is booked now, one that is over as it was.
    """
    [found] = expectations([_standing(call, clinic_day_id)], call.now)
    _saw(call, found)
    return found


@route(
    live, "GET", "/appointments/<uuid:appointment_id>/expected", "live.expected",
    "Tell when a patient is expected to be called", gives=OwnCallOut,
)  # fmt: skip
def get_expected(call: Call, appointment_id: UUID) -> OwnCall:
    """Return when a patient is expected to be called, and how many come before."""
    return own_call(call.session, call.find(Appointment, appointment_id), call.now)


@route(
    live, "POST", "/clinic-days/<uuid:clinic_day_id>/what-if", "live.plan",
    "Compare a session with what it would be", takes=WhatIfIn, gives=ComparisonOut,
    effect="computes", example={"break_minutes": 15},
)  # fmt: skip
def post_what_if(call: Call, clinic_day_id: UUID, given: WhatIfIn) -> Comparison:
    """Return a session as it is and with what is thought of; nothing is done."""
    thought = WhatIf(
        break_minutes=given.break_minutes,
        break_at=given.break_at,
        walk_ins=given.walk_ins or 0,
        cancelled_id=given.cancelled_id,
    )
    found = compare(_standing(call, clinic_day_id), thought, call.now)
    _saw(call, found.as_it_is)
    return found


@route(
    live, "POST", "/clinic-days/<uuid:clinic_day_id>/break", "live.break",
    "Begin a break", takes=BreakIn, gives=BreakOut, effect="changes",
)  # fmt: skip
def post_break(call: Call, clinic_day_id: UUID, given: BreakIn) -> ClinicDay:
    """Let no consultation begin for some minutes; the one that runs goes on."""
    day = call.find_to_change(ClinicDay, clinic_day_id)
    return begin_break(call.session, day, given.minutes, call.now)


@route(
    live, "DELETE", "/clinic-days/<uuid:clinic_day_id>/break", "live.break",
    "End a break", gives=BreakOut,
)  # fmt: skip
def delete_break(call: Call, clinic_day_id: UUID) -> ClinicDay:
    """Let consultations begin again."""
    return end_break(call.session, call.find_to_change(ClinicDay, clinic_day_id), call.now)


def _standing(call: Call, clinic_day_id: UUID) -> Standing:
    day = call.find(ClinicDay, clinic_day_id)
    [found] = standings(call.session, [day.id])
    return found


def _saw(call: Call, found: Expectation) -> None:
    """Note whose expected starts are told."""
    for one in found.calls:
        call.note("appointment", one.appointment_id, one.patient_id)
