"""Clinic days: published from templates and rules, read with their seats, opened and closed."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import model_validator
from sqlalchemy import func, select

from objective import InvalidInput
from serve.api.appointments import Why
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent, Told, window
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.booking.calling_off import call_off
from serve.booking.publishing import LONGEST, Outcome, Publication, publish
from serve.booking.refilling import locked_seats, taken
from serve.booking.who import Who
from serve.events.announce import announce
from serve.models import (
    Appointment,
    ClinicDay,
    Practice,
    Provider,
    Seat,
    Template,
    VisitType,
)
from serve.models.appointment import HOLDING

publishing = APIBlueprint("publishing", __name__, url_prefix="/api/v1")


class PublicationIn(Sent):
    """What to publish: a template, or what the rules of availability and the visit type say.

    Without ``provider_id`` it is published with all who hold clinic for the type of visit.
    """

    template_id: Identifier | None = None
    visit_type_id: Identifier | None = None
    provider_id: Identifier | None = None
    first: Day
    last: Day

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.template_id is None and self.visit_type_id is None:
            raise ValueError("template_id or visit_type_id must be given")
        return self


class OutcomeOut(Told):
    """What was done for a block, or for a date without one."""

    provider_id: UUID
    day: date
    starts_at: datetime | None
    done: Literal["published", "changed", "unchanged", "left_out"]
    clinic_day_id: UUID | None
    reason: str | None
    detail: str | None


class PublicationOut(Told):
    """What was done, for each block in order."""

    items: list[OutcomeOut]


class ClinicDayOut(Told):
    """A session; how many seats it has, and how many of them somebody has."""

    id: UUID
    provider_id: UUID
    visit_type_id: UUID
    location_id: UUID
    room_id: UUID | None
    template_id: UUID | None
    rule: str | None
    day: date
    starts_at: datetime
    ends_at: datetime
    interval_minutes: float
    open: bool
    version: int
    seats: int
    taken: int


class ClinicDaysOut(PageOut):
    """A page of sessions."""

    items: list[ClinicDayOut]


class SeatOut(Told):
    """A seat, and whether somebody has it."""

    id: UUID
    interval: int
    number: int
    starts_at: datetime
    ends_at: datetime
    extra: bool
    withdrawn: bool
    taken: bool


class ClinicDayDetail(ClinicDayOut):
    """A session with its seats and what a schedule of it costs."""

    objective: dict[str, Any]
    places: list[SeatOut]


class ClinicDaysIn(PageIn):
    """Which sessions."""

    first: Day
    last: Day
    provider_id: Identifier | None = None


class ClinicDayChange(Sent):
    """Whether seats can be booked."""

    open: bool


class CalledOffOut(ClinicDayOut):
    """A session that was called off, and how many appointments were cancelled with it."""

    cancelled: int


@route(
    publishing, "POST", "/publications", "template.publish",
    "Publish sessions from one date to another", takes=PublicationIn, gives=PublicationOut,
)  # fmt: skip
def post_publication(call: Call, given: PublicationIn) -> dict[str, list[Outcome]]:
    """Publish, and tell for each block what was done."""
    template = None
    if given.template_id is not None:
        template = call.find(Template, given.template_id, "template.read")
        if given.visit_type_id not in (None, template.visit_type_id):
            raise InvalidInput("visit_type_id", "the type", "that of the template, or left out")
    visit_type_id = given.visit_type_id if template is None else template.visit_type_id
    if visit_type_id is None:
        raise AssertionError("one of the two is given")
    if given.provider_id is not None:
        call.find(Provider, given.provider_id, "provider.read")
    asked = Publication(
        call.session.get_one(Practice, call.practice_id),
        call.find(VisitType, visit_type_id, "visit_type.read"),
        template,
        given.provider_id,
        given.first,
        given.last,
    )
    return {"items": publish(call.session, asked, call.now)}


@route(
    publishing, "GET", "/clinic-days", "clinic_day.read", "List the sessions",
    query=ClinicDaysIn, gives=ClinicDaysOut,
)  # fmt: skip
def get_clinic_days(call: Call, asked: ClinicDaysIn) -> dict[str, Any]:
    """Return a page of sessions from one date to another."""
    window(asked.first, asked.last, LONGEST)
    query = select(ClinicDay).where(
        ClinicDay.practice_id == call.practice_id, ClinicDay.day.between(asked.first, asked.last)
    )
    if call.reach == "own":
        query = query.where(ClinicDay.provider_id == call.actor.provider_id)
    if asked.provider_id is not None:
        query = query.where(ClinicDay.provider_id == asked.provider_id)
    found = page(call.session, query, (ClinicDay.starts_at, ClinicDay.id), asked)
    return found | {"items": _counted(call, found["items"])}


@route(
    publishing, "GET", "/clinic-days/<uuid:clinic_day_id>", "clinic_day.read",
    "Tell of a session and its seats", gives=ClinicDayDetail,
)  # fmt: skip
def get_clinic_day(call: Call, clinic_day_id: UUID) -> dict[str, Any]:
    """Return a session with its seats; not who has them."""
    day = call.find(ClinicDay, clinic_day_id)
    held = {seat.id for seat in taken(call.session, day.seats)}
    return _counted(call, [day])[0] | {
        "objective": day.objective,
        "places": [_values(seat) | {"taken": seat.id in held} for seat in day.seats],
    }


@route(
    publishing, "PATCH", "/clinic-days/<uuid:clinic_day_id>", "clinic_day.change",
    "Open or close a session", takes=ClinicDayChange, gives=ClinicDayOut,
)  # fmt: skip
def patch_clinic_day(call: Call, clinic_day_id: UUID, given: ClinicDayChange) -> dict[str, Any]:
    """Let seats of a session be booked, or no more; what is booked stays."""
    day = call.find_to_change(ClinicDay, clinic_day_id)
    if day.open != given.open:
        day.open = given.open
        _tell(call, day, "opened" if given.open else "closed")
        call.session.flush()
    return _counted(call, [day])[0]


@route(
    publishing, "POST", "/clinic-days/<uuid:clinic_day_id>/call-off", "clinic_day.change",
    "Close a session and cancel what of it is to come", takes=Why, gives=CalledOffOut,
    effect="changes",
)  # fmt: skip
def post_call_off(call: Call, clinic_day_id: UUID, given: Why) -> dict[str, Any]:
    """Call a session off; patients who are there already are seen."""
    day = call.find_to_change(ClinicDay, clinic_day_id)
    who = Who(call.actor.user_id)
    cancelled = call_off(call.session, day, call.now, who, given.reason)
    _tell(call, day, "called_off")
    call.saw(*cancelled)
    return _counted(call, [day])[0] | {"cancelled": len(cancelled)}


@route(
    publishing, "DELETE", "/clinic-days/<uuid:clinic_day_id>", "clinic_day.change",
    "Delete a session of which no seat was ever booked", status=204,
)  # fmt: skip
def delete_clinic_day(call: Call, clinic_day_id: UUID) -> None:
    """Delete a session; the database refuses it where an appointment has had a seat."""
    day = call.find_to_change(ClinicDay, clinic_day_id)
    for seat in locked_seats(call.session, day):
        call.session.delete(seat)
    call.session.flush()
    call.session.delete(day)
    _tell(call, day, "deleted")


def _tell(call: Call, day: ClinicDay, what: str) -> None:
    details = {"day": day.day.isoformat(), "provider_id": str(day.provider_id)}
    announce(
        call.session, day.practice_id, f"clinic_day.{what}", day.id, call.now, details, about=day
    )


def _counted(call: Call, days: list[ClinicDay]) -> list[dict[str, Any]]:
    """Return sessions with the numbers of their seats that can be had, and of those that are."""
    identifiers = [day.id for day in days]
    of_days = (
        select(Seat.clinic_day_id, func.count())
        .where(Seat.clinic_day_id.in_(identifiers))
        .group_by(Seat.clinic_day_id)
    )
    bookable = of_days.where(Seat.withdrawn.is_(False))
    held = of_days.join(Appointment, Appointment.seat_id == Seat.id).where(
        Appointment.status.in_(HOLDING)
    )
    seats, taken_seats = (
        {identifier: number for identifier, number in call.session.execute(query)}
        for query in (bookable, held)
    )
    return [
        _values(day) | {"seats": seats.get(day.id, 0), "taken": taken_seats.get(day.id, 0)}
        for day in days
    ]


def _values(row: ClinicDay | Seat) -> dict[str, Any]:
    """Return a row's columns by name."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
