"""The day itself: who came, when each consultation began and ended, who came unbooked."""

from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from serve.api.appointments import AppointmentOut, Why
from serve.api.booking_access import who_books, who_changes
from serve.api.call import Call
from serve.api.fields import Identifier, Moment, Name, Sent
from serve.api.route import route
from serve.booking import extra_seats
from serve.booking.status import step
from serve.booking.undoing import undo
from serve.models import Appointment, ClinicDay, Provider

attendance = APIBlueprint("attendance", __name__, url_prefix="/api/v1")


class WhenIn(Why):
    """When it happened, if not now."""

    at: Moment | None = None


class WalkInIn(Sent):
    """Who came unbooked, and whose patient it is."""

    provider_id: Identifier
    patient_id: Identifier


class ExtraSeatIn(Sent):
    """A seat beside the schedule, for whom and why."""

    clinic_day_id: Identifier
    interval: Annotated[int, Field(strict=True, ge=0, lt=1440)]
    patient_id: Identifier
    reason: Name


@route(
    attendance, "POST", "/appointments/<uuid:appointment_id>/arrive", "appointment.attend",
    "Note that a patient came", takes=WhenIn, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def arrive(call: Call, appointment_id: UUID, given: WhenIn) -> Appointment:
    """Note that a patient came."""
    return _step(call, appointment_id, "arrived", given)


@route(
    attendance, "POST", "/appointments/<uuid:appointment_id>/start", "appointment.attend",
    "Note that a consultation began", takes=WhenIn, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def start(call: Call, appointment_id: UUID, given: WhenIn) -> Appointment:
    """Note that a consultation began."""
    return _step(call, appointment_id, "in_consultation", given)


@route(
    attendance, "POST", "/appointments/<uuid:appointment_id>/end", "appointment.attend",
    "Note that a consultation ended", takes=WhenIn, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def end(call: Call, appointment_id: UUID, given: WhenIn) -> Appointment:
    """Note that a consultation ended."""
    return _step(call, appointment_id, "completed", given)


@route(
    attendance, "POST", "/appointments/<uuid:appointment_id>/no-show", "appointment.attend",
    "Note that a patient did not come", takes=Why, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def no_show(call: Call, appointment_id: UUID, given: Why) -> Appointment:
    """Note that a patient did not come."""
    return _step(call, appointment_id, "no_show", WhenIn(reason=given.reason))


@route(
    attendance, "POST", "/appointments/<uuid:appointment_id>/undo", "appointment.undo",
    "Take the last step back", takes=Why, gives=AppointmentOut, effect="changes",
)  # fmt: skip
def undo_step(call: Call, appointment_id: UUID, given: Why) -> Appointment:
    """Restore an appointment to what it was before its last step."""
    found = call.find_to_change(Appointment, appointment_id)
    return undo(call.session, found, call.now, who_changes(call, found), given.reason)


@route(
    attendance, "POST", "/walk-ins", "walk_in.register", "Register somebody who came unbooked",
    takes=WalkInIn, gives=AppointmentOut, status=201,
)  # fmt: skip
def post_walk_in(call: Call, given: WalkInIn) -> Appointment:
    """Let somebody who came unbooked be seen in the session that is held now."""
    provider = call.find(Provider, given.provider_id)
    who = who_books(call, given.patient_id, provider)
    made = extra_seats.register_walk_in(
        call.session, given.provider_id, given.patient_id, call.now, who
    )
    call.saw(made)
    return made


@route(
    attendance, "POST", "/extra-seats", "seat.add", "Add a seat with a reason, and book it",
    takes=ExtraSeatIn, gives=AppointmentOut, status=201,
)  # fmt: skip
def post_extra_seat(call: Call, given: ExtraSeatIn) -> Appointment:
    """Overbook: add a seat beside the schedule and book it."""
    day = call.find(ClinicDay, given.clinic_day_id)
    who = who_books(call, given.patient_id, day)
    made = extra_seats.book_extra(
        call.session, day.id, given.interval, given.patient_id, given.reason, call.now, who
    )
    call.saw(made)
    call.note("seat", made.seat_id, made.patient_id, {"extra": True})
    return made


def _step(call: Call, appointment_id: UUID, status: str, given: WhenIn) -> Appointment:
    found = call.find_to_change(Appointment, appointment_id)
    who = who_changes(call, found)
    return step(call.session, found, status, call.now, who, at=given.at, reason=given.reason)
