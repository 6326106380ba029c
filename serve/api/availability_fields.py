"""What is sent and told of availability, and the columns of rows that follow from it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import (
    Clock,
    ClockTold,
    Day,
    Identifier,
    Minutes,
    Sent,
    Text,
    Told,
)
from serve.api.pages import PageIn, PageOut
from serve.booking.recurrence import checked_recurrence
from serve.models import Location, Practice, Resource, Template, VisitType

#: Longest stretch of dates that is told at once.
LONGEST = 370


class RuleBody(Sent):
    """A recurring block."""

    visit_type_id: Identifier
    location_id: Identifier
    room_id: Identifier | None = None
    template_id: Identifier | None = None
    first_date: Day
    last_date: Day | None = None
    starts: Clock
    minutes: Minutes
    recurrence: Annotated[Text, Field(min_length=1, examples=["FREQ=WEEKLY;BYDAY=MO,TH"])]


class RuleIn(RuleBody):
    """A recurring block of a provider."""

    provider_id: Identifier


class RuleOut(Told):
    """A recurring block of a provider."""

    id: UUID
    provider_id: UUID
    visit_type_id: UUID
    location_id: UUID
    room_id: UUID | None
    template_id: UUID | None
    first_date: date
    last_date: date | None
    starts: ClockTold
    minutes: int
    recurrence: str
    version: int


class RulesOut(PageOut):
    """A page of rules."""

    items: list[RuleOut]


class ExceptionBody(Sent):
    """A time on a date at which a provider is away, or holds an extra session."""

    day: Day
    kind: Literal["away", "extra"]
    starts: Clock | None = None
    minutes: Minutes | None = None
    visit_type_id: Identifier | None = None
    location_id: Identifier | None = None
    room_id: Identifier | None = None
    reason: Annotated[Text, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.starts is None) != (self.minutes is None):
            raise ValueError("starts and minutes must be given both, or neither")
        places = (self.visit_type_id, self.location_id, self.room_id)
        if self.kind == "away" and any(one is not None for one in places):
            raise ValueError("an absence must have no visit type, location or room")
        if self.kind == "extra" and None in (self.starts, *places[:2]):
            raise ValueError("an extra block must have starts, minutes, visit type and location")
        return self


class ExceptionIn(ExceptionBody):
    """An exception of a provider."""

    provider_id: Identifier


class ExceptionOut(Told):
    """An exception of a provider."""

    id: UUID
    provider_id: UUID
    day: date
    kind: str
    starts: ClockTold | None
    minutes: int | None
    visit_type_id: UUID | None
    location_id: UUID | None
    room_id: UUID | None
    reason: str
    version: int


class ExceptionsOut(PageOut):
    """A page of exceptions."""

    items: list[ExceptionOut]


class AppointmentTime(Told):
    """An appointment, without the patient."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str


class Outside(Told):
    """The appointments to come that a change leaves outside of availability; they stay booked."""

    appointments_outside: list[AppointmentTime]


class RuleSaved(RuleOut, Outside):
    """A rule, and the appointments that are outside of availability by it."""


class ExceptionSaved(ExceptionOut, Outside):
    """An exception, and the appointments that are outside of availability by it."""


class ListIn(PageIn):
    """Whose rules or exceptions."""

    provider_id: Identifier | None = None


def rule_values(call: Call, given: RuleBody) -> dict[str, Any]:
    """Return a rule's columns; raise `InvalidInput` if it would have no date."""
    if given.last_date is not None and given.last_date < given.first_date:
        raise InvalidInput("last_date", given.last_date, "first_date or later")
    recurrence = checked_recurrence(given.recurrence, given.first_date, given.last_date)
    _check_place(call, given.visit_type_id, given.location_id, given.room_id)
    if given.template_id is not None:
        template = call.find(Template, given.template_id, "template.read")
        if template.visit_type_id != given.visit_type_id:
            raise InvalidInput("template_id", "the template", "one of the same type of visit")
    return given.model_dump(exclude={"provider_id"}) | {"recurrence": recurrence}


def exception_values(call: Call, given: ExceptionBody) -> dict[str, Any]:
    """Return an exception's columns."""
    if given.visit_type_id is not None and given.location_id is not None:
        _check_place(call, given.visit_type_id, given.location_id, given.room_id)
    return given.model_dump(exclude={"provider_id"})


def _check_place(call: Call, visit_type_id: UUID, location_id: UUID, room_id: UUID | None) -> None:
    call.find(VisitType, visit_type_id, "visit_type.read")
    call.find(Location, location_id, "location.read")
    if room_id is not None:
        room = call.find(Resource, room_id, "resource.read")
        if room.kind != "room" or room.location_id != location_id:
            raise InvalidInput("room_id", "the room", "a room of the location")


def zone_of(call: Call) -> str:
    """Return the zone of the practice's clock."""
    return call.session.get_one(Practice, call.practice_id).zone
