"""Search of free seats."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from objective import InvalidInput
from opt.words import WEEKDAYS
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent, window
from serve.api.route import route
from serve.booking.searching import FoundSeat, Wish, search_seats
from serve.booking.who import Who
from serve.errors import NotFound
from serve.models import Appointment, Patient, Practice, Provider, VisitType

seats = APIBlueprint("seats", __name__, url_prefix="/api/v1")

#: Most days that one search looks through.
LONGEST = 92
Several = Annotated[str, Field(max_length=1000)]
One = TypeVar("One")


class SearchIn(Sent):
    """What is looked for; lists are texts with commas between."""

    visit_type_id: Identifier
    first: Day
    last: Day
    provider_id: Identifier | None = None
    patient_id: Identifier | None = None
    appointment_id: Identifier | None = None
    providers: Annotated[Several, Field(description="identifiers that are preferred")] | None = None
    weekdays: Annotated[Several, Field(description="such as monday,friday")] | None = None
    times: Annotated[Several, Field(description="such as 09:00-12:00,14:00-16:30")] | None = None
    urgency: Annotated[float, Field(ge=0, le=1000)] = 1.0
    only: Annotated[bool, Field(description="leave out what does not meet all of that")] = False
    order: Literal["recommended", "earliest"] = "recommended"
    limit: Annotated[int, Field(ge=1, le=200)] = 20
    per_day: Annotated[int, Field(ge=1, le=200, description="most of one date")] | None = None


class SeatOut(BaseModel):
    """A free seat and what one more patient in it means; minutes."""

    id: UUID
    rank: int
    clinic_day_id: UUID
    provider_id: UUID
    location_id: UUID
    interval: int
    starts_at: datetime
    ends_at: datetime
    score: float
    cost: float
    own_wait: float
    others_wait: float
    idle: float
    tardiness: float
    met: list[str]
    unmet: list[str]
    explanation: str


class SeatsOut(BaseModel):
    """The seats that were found."""

    items: list[SeatOut]


@route(
    seats, "GET", "/seats", "seat.search", "Search free seats", query=SearchIn, gives=SeatsOut,
)  # fmt: skip
def get_seats(call: Call, asked: SearchIn) -> dict[str, Any]:
    """Return free seats in the order asked for; for a patient those that the patient can take."""
    window(asked.first, asked.last, LONGEST)
    visit_type = call.find(VisitType, asked.visit_type_id, "visit_type.read")
    if asked.provider_id is not None:
        call.find(Provider, asked.provider_id, "provider.read")
    if asked.patient_id is not None:
        call.find(Patient, asked.patient_id, "patient.read")
    if asked.appointment_id is not None:
        moving = call.find(Appointment, asked.appointment_id, "appointment.read")
        if moving.patient_id != asked.patient_id:
            raise NotFound("appointment")
    practice = call.session.get_one(Practice, call.practice_id)
    found = search_seats(
        call.session,
        practice,
        visit_type,
        Wish(
            first=asked.first,
            last=asked.last,
            provider_id=asked.provider_id,
            patient_id=asked.patient_id,
            moving=asked.appointment_id,
            providers=_each("providers", asked.providers, UUID, "identifiers of providers"),
            weekdays=_each("weekdays", asked.weekdays, _weekday, "days such as monday"),
            times=_each("times", asked.times, _times, "times such as 09:00-12:00"),
            urgency=asked.urgency,
            only=asked.only,
        ),
        call.now,
        Who(call.actor.user_id, staff=call.actor.roles != {"patient"}),
        asked.order,
        asked.limit,
        asked.per_day,
    )
    return {"items": [_told(one) for one in found]}


def _told(one: FoundSeat) -> dict[str, Any]:
    names = ("interval", "score", "cost", "own_wait", "others_wait", "idle", "tardiness")
    return {
        "id": one.seat.id,
        "rank": one.rank,
        "clinic_day_id": one.day.id,
        "provider_id": one.day.provider_id,
        "location_id": one.day.location_id,
        "starts_at": one.seat.starts_at,
        "ends_at": one.seat.ends_at,
        "met": list(one.ranked.met),
        "unmet": list(one.ranked.unmet),
        "explanation": one.ranked.explanation,
        **{name: getattr(one.ranked, name) for name in names},
    }


def _each(
    field: str, text: str | None, read: Callable[[str], One], allowed: str
) -> tuple[One, ...] | None:
    """Return what a text with commas names; None if it was not sent."""
    if text is None:
        return None
    try:
        return tuple(read(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise InvalidInput(field, "the list", f"{allowed}, with commas between") from None


def _weekday(text: str) -> str:
    if text not in WEEKDAYS:
        raise ValueError
    return text


def _times(text: str) -> tuple[time, time]:
    low, high = (datetime.strptime(part, "%H:%M").time() for part in text.split("-"))
    if low >= high:
        raise ValueError
    return low, high
