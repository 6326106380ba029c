"""When providers hold clinic: rules, exceptions, and what a change would do before it is saved."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy import Select, select

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import (
    Clock,
    Day,
    Identifier,
    Minutes,
    Sent,
    Text,
    Told,
)
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.booking.outside import outside
from serve.booking.recurrence import checked_recurrence
from serve.models import (
    Appointment,
    AvailabilityException,
    AvailabilityRule,
    Location,
    Practice,
    Provider,
    Resource,
    Template,
    VisitType,
)

availability = APIBlueprint("availability", __name__, url_prefix="/api/v1")

#: Longest stretch of dates that is told at once.
LONGEST = 370

Row = TypeVar("Row", AvailabilityRule, AvailabilityException)


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
    recurrence: Annotated[Text, Field(min_length=1)]


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
    starts: time
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
    starts: time | None
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


@route(
    availability, "GET", "/availability-rules", "availability.read", "List the rules",
    query=ListIn, gives=RulesOut,
)  # fmt: skip
def get_rules(call: Call, asked: ListIn) -> dict[str, Any]:
    """Return a page of rules."""
    query = _seen(call, select(AvailabilityRule), AvailabilityRule, asked)
    return page(call.session, query, (AvailabilityRule.first_date, AvailabilityRule.id), asked)


@route(
    availability, "GET", "/availability-rules/<uuid:rule_id>", "availability.read",
    "Tell of a rule", gives=RuleOut,
)  # fmt: skip
def get_rule(call: Call, rule_id: UUID) -> AvailabilityRule:
    """Return a rule."""
    return call.find(AvailabilityRule, rule_id)


@route(
    availability, "POST", "/availability-rules", "availability.change", "Add a rule",
    takes=RuleIn, gives=RuleSaved, status=201,
)  # fmt: skip
def post_rule(call: Call, given: RuleIn) -> dict[str, Any]:
    """Add a rule."""
    call.find(Provider, given.provider_id)
    before = _outside(call, given.provider_id)
    made = AvailabilityRule(provider_id=given.provider_id, **rule_values(call, given))
    call.session.add(made)
    return _saved(call, made, RuleOut, before)


@route(
    availability, "PUT", "/availability-rules/<uuid:rule_id>", "availability.change",
    "Change a rule", takes=RuleBody, gives=RuleSaved,
)  # fmt: skip
def put_rule(call: Call, rule_id: UUID, given: RuleBody) -> dict[str, Any]:
    """Change a rule; what is booked stays, and what is outside now is told."""
    found = call.find_to_change(AvailabilityRule, rule_id)
    before = _outside(call, found.provider_id)
    _give(found, rule_values(call, given))
    return _saved(call, found, RuleOut, before)


@route(
    availability, "DELETE", "/availability-rules/<uuid:rule_id>", "availability.change",
    "Delete a rule", gives=Outside,
)  # fmt: skip
def delete_rule(call: Call, rule_id: UUID) -> dict[str, Any]:
    """Delete a rule; what is booked stays, and what is outside now is told."""
    return _deleted(call, call.find_to_change(AvailabilityRule, rule_id))


@route(
    availability, "GET", "/availability-exceptions", "availability.read", "List the exceptions",
    query=ListIn, gives=ExceptionsOut,
)  # fmt: skip
def get_exceptions(call: Call, asked: ListIn) -> dict[str, Any]:
    """Return a page of exceptions."""
    query = _seen(call, select(AvailabilityException), AvailabilityException, asked)
    order = (AvailabilityException.day, AvailabilityException.id)
    return page(call.session, query, order, asked)


@route(
    availability, "GET", "/availability-exceptions/<uuid:exception_id>", "availability.read",
    "Tell of an exception", gives=ExceptionOut,
)  # fmt: skip
def get_exception(call: Call, exception_id: UUID) -> AvailabilityException:
    """Return an exception."""
    return call.find(AvailabilityException, exception_id)


@route(
    availability, "POST", "/availability-exceptions", "availability.change", "Add an exception",
    takes=ExceptionIn, gives=ExceptionSaved, status=201,
)  # fmt: skip
def post_exception(call: Call, given: ExceptionIn) -> dict[str, Any]:
    """Add an exception; what is booked stays, and what is outside now is told."""
    call.find(Provider, given.provider_id)
    before = _outside(call, given.provider_id)
    made = AvailabilityException(provider_id=given.provider_id, **exception_values(call, given))
    call.session.add(made)
    return _saved(call, made, ExceptionOut, before)


@route(
    availability, "PUT", "/availability-exceptions/<uuid:exception_id>", "availability.change",
    "Change an exception", takes=ExceptionBody, gives=ExceptionSaved,
)  # fmt: skip
def put_exception(call: Call, exception_id: UUID, given: ExceptionBody) -> dict[str, Any]:
    """Change an exception; what is booked stays, and what is outside now is told."""
    found = call.find_to_change(AvailabilityException, exception_id)
    before = _outside(call, found.provider_id)
    _give(found, exception_values(call, given))
    return _saved(call, found, ExceptionOut, before)


@route(
    availability, "DELETE", "/availability-exceptions/<uuid:exception_id>",
    "availability.change", "Delete an exception", gives=Outside,
)  # fmt: skip
def delete_exception(call: Call, exception_id: UUID) -> dict[str, Any]:
    """Delete an exception; what is booked stays, and what is outside now is told."""
    return _deleted(call, call.find_to_change(AvailabilityException, exception_id))


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


def _give(row: Row, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _seen(call: Call, query: Select[Any], model: type[Row], asked: ListIn) -> Select[Any]:
    """Return a query for what of a practice the actor may see, of one provider if asked."""
    query = query.join(Provider, model.provider_id == Provider.id)
    query = query.where(Provider.practice_id == call.practice_id)
    if call.reach == "own":
        query = query.where(model.provider_id == call.actor.provider_id)
    if asked.provider_id is not None:
        query = query.where(model.provider_id == asked.provider_id)
    return query


def zone_of(call: Call) -> str:
    """Return the zone of the practice's clock."""
    return call.session.get_one(Practice, call.practice_id).zone


def _outside(call: Call, provider_id: UUID) -> list[Appointment]:
    call.session.flush()
    return outside(call.session, provider_id, zone_of(call), call.now)


def _newly(call: Call, provider_id: UUID, before: list[Appointment]) -> list[Appointment]:
    known = {one.id for one in before}
    found = [one for one in _outside(call, provider_id) if one.id not in known]
    call.saw(*found)
    return found


def _saved(call: Call, row: Row, told: type[Told], before: list[Appointment]) -> dict[str, Any]:
    found = _newly(call, row.provider_id, before)
    return told.model_validate(row).model_dump() | {"appointments_outside": found}


def _deleted(call: Call, row: Row) -> dict[str, Any]:
    before = _outside(call, row.provider_id)
    call.session.delete(row)
    return {"appointments_outside": _newly(call, row.provider_id, before)}
