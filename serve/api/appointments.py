"""Appointments: read, held, booked, moved and cancelled."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field, computed_field
from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import joinedload

from serve.api.booking_access import who_books, who_changes, who_for, who_moves
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent, Text, Told, window
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.booking import changing, holding
from serve.booking.status import STEPS
from serve.booking.who import Who
from serve.clock import day_bounds
from serve.errors import NotFound
from serve.models import Appointment, ClinicDay, Practice, Seat, VisitType

appointments = APIBlueprint("appointments", __name__, url_prefix="/api/v1")

#: Most days of one list.
LONGEST = 400
Status = Literal[
    "requested", "held", "booked", "arrived", "in_consultation", "completed", "no_show",
    "cancelled_by_patient", "cancelled_by_practice", "expired",
]  # fmt: skip
Reason = Annotated[Text, Field(description="why, for those who look after the practice")]


class AppointmentOut(Told):
    """An appointment; ``allowed`` are the statuses that may come next."""

    id: UUID
    patient_id: UUID
    visit_type_id: UUID
    provider_id: UUID | None
    clinic_day_id: UUID | None
    seat_id: UUID | None
    status: Status
    starts_at: datetime | None
    ends_at: datetime | None
    held_until: datetime | None
    booked_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    walk_in: bool
    version: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def allowed(self) -> list[str]:
        """The statuses that may come next."""
        return list(STEPS[self.status])


class ChangeOut(Told):
    """A step of an appointment."""

    number: int
    status: Status
    at: datetime
    reason: str


class AppointmentWithHistoryOut(AppointmentOut):
    """An appointment with every step so far."""

    changes: list[ChangeOut]


class AppointmentsOut(PageOut):
    """A page of appointments."""

    items: list[AppointmentOut]


class AppointmentsIn(PageIn):
    """Which appointments; requests without a seat only by their status."""

    first: Day | None = None
    last: Day | None = None
    provider_id: Identifier | None = None
    patient_id: Identifier | None = None
    status: Status | None = None


class SeatFor(Sent):
    """A seat for a patient."""

    seat_id: Identifier
    patient_id: Identifier


class RequestIn(Sent):
    """A visit that a patient wants."""

    patient_id: Identifier
    visit_type_id: Identifier


class Why(Sent):
    """Why it is done."""

    reason: Reason = ""


class MoveIn(Why):
    """Where an appointment goes."""

    seat_id: Identifier


class CancelIn(Why):
    """Who cancels; a patient always does so as the patient."""

    by: Literal["patient", "practice"] = "practice"


@route(
    appointments, "GET", "/appointments", "appointment.read", "List appointments",
    query=AppointmentsIn, gives=AppointmentsOut,
)  # fmt: skip
def get_appointments(call: Call, asked: AppointmentsIn) -> dict[str, Any]:
    """Return a page of appointments in the order of their times."""
    query = seen(call)
    if asked.first is not None or asked.last is not None:
        first = asked.first or asked.last
        last = asked.last or asked.first
        assert first is not None
        assert last is not None
        window(first, last, LONGEST)
        zone = call.session.get_one(Practice, call.practice_id).zone
        begins, ends = day_bounds(first, last, zone)
        query = query.where(Appointment.starts_at >= begins, Appointment.starts_at < ends)
    if asked.provider_id is not None:
        query = query.where(ClinicDay.provider_id == asked.provider_id)
    if asked.patient_id is not None:
        query = query.where(Appointment.patient_id == asked.patient_id)
    order = (Appointment.starts_at, Appointment.id)
    if asked.status is not None:
        query = query.where(Appointment.status == asked.status)
    if asked.status == "requested":
        order = (Appointment.created_at, Appointment.id)
    else:
        query = query.where(Appointment.starts_at.is_not(None))
    found = page(call.session, query, order, asked)
    call.saw(*found["items"])
    return found


def seen(call: Call) -> Select[Appointment]:
    """Return the query of all appointments that the actor may see."""
    query = (
        select(Appointment)
        .outerjoin(Seat, Seat.id == Appointment.seat_id)
        .outerjoin(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .options(joinedload(Appointment.seat).joinedload(Seat.clinic_day))
        .where(Appointment.practice_id == call.practice_id)
    )
    if call.reach == "practice":
        return query
    own_sessions = (
        false() if call.actor.provider_id is None
        else ClinicDay.provider_id == call.actor.provider_id
    )  # fmt: skip
    return query.where(or_(Appointment.patient_id.in_(call.actor.patient_ids), own_sessions))


@route(
    appointments, "GET", "/appointments/<uuid:appointment_id>", "appointment.read",
    "Tell of an appointment", gives=AppointmentWithHistoryOut,
)  # fmt: skip
def get_appointment(call: Call, appointment_id: UUID) -> Appointment | AppointmentWithHistoryOut:
    """Return an appointment with every step so far; reasons are for those who look after it."""
    found = call.find(Appointment, appointment_id)
    if who_changes(call, found).staff:
        return found
    told = AppointmentWithHistoryOut.model_validate(found)
    for change in told.changes:
        change.reason = ""
    return told


@route(
    appointments, "POST", "/appointments", "appointment.book", "Book a seat",
    takes=SeatFor, gives=AppointmentOut, status=201,
)  # fmt: skip
def post_appointment(call: Call, given: SeatFor) -> Appointment:
    """Book a seat for a patient."""
    who = _booking(call, given)
    return _saw(call, holding.book(call.session, given.seat_id, given.patient_id, call.now, who))


@route(
    appointments, "POST", "/holds", "appointment.book", "Hold a seat",
    takes=SeatFor, gives=AppointmentOut, status=201,
)  # fmt: skip
def post_hold(call: Call, given: SeatFor) -> Appointment:
    """Keep a seat for a patient for some minutes, until it is confirmed."""
    who = _booking(call, given)
    return _saw(call, holding.hold(call.session, given.seat_id, given.patient_id, call.now, who))


@route(
    appointments, "POST", "/requests", "appointment.request", "Request a visit without a seat",
    takes=RequestIn, gives=AppointmentOut, status=201,
)  # fmt: skip
def post_request(call: Call, given: RequestIn) -> Appointment:
    """Note that a patient wants a visit; it gets a seat when it is moved to one."""
    call.find(VisitType, given.visit_type_id, "visit_type.read")
    who_for(call, given.patient_id)
    who = Who(call.actor.user_id, staff=call.reach == "practice")
    return _saw(
        call,
        holding.request_visit(call.session, given.patient_id, given.visit_type_id, call.now, who),
    )


@route(
    appointments, "POST", "/appointments/<uuid:appointment_id>/confirm", "appointment.book",
    "Book the seat that is held", gives=AppointmentOut, effect="changes",
)  # fmt: skip
def confirm_appointment(call: Call, appointment_id: UUID) -> Appointment:
    """Book the seat that is held."""
    found = call.find_to_change(Appointment, appointment_id)
    return holding.confirm(call.session, found, call.now, who_changes(call, found))


@route(
    appointments, "POST", "/appointments/<uuid:appointment_id>/move", "appointment.change",
    "Move an appointment to another seat", takes=MoveIn, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def move_appointment(call: Call, appointment_id: UUID, given: MoveIn) -> Appointment:
    """Give an appointment another seat and free its old one, both or neither."""
    found = call.find_to_change(Appointment, appointment_id)
    who = who_moves(call, found, given.seat_id)
    return changing.move(call.session, found, given.seat_id, call.now, who, given.reason)


@route(
    appointments, "POST", "/appointments/<uuid:appointment_id>/cancel", "appointment.change",
    "Cancel an appointment", takes=CancelIn, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def cancel_appointment(call: Call, appointment_id: UUID, given: CancelIn) -> Appointment:
    """Cancel an appointment, or release a hold."""
    found = call.find_to_change(Appointment, appointment_id)
    who = who_changes(call, found)
    return changing.cancel(call.session, found, call.now, who, given.by == "patient", given.reason)


def _booking(call: Call, given: SeatFor) -> Who:
    seat = call.session.get(Seat, given.seat_id)
    if seat is None:
        raise NotFound("seat")
    return who_books(call, given.patient_id, seat)


def _saw(call: Call, made: Appointment) -> Appointment:
    call.saw(made)
    return made
