"""Who may book what for whom: patients for themselves, providers in their own sessions."""

from uuid import UUID

from serve.api.call import Call
from serve.auth.policy import may, practice_of, provider_of
from serve.booking.who import Who
from serve.errors import NotFound
from serve.models import Appointment, Base, Patient, Seat


def who_books(call: Call, patient_id: UUID, place: Base) -> Who:
    """Return for whom the rules are followed where a patient gets a seat of a place.

    Parameters
    ----------
    place
        A seat, a clinic day or a provider.

    Raises
    ------
    NotFound
        If the place is of another practice, or it is neither the actor's own session nor a patient
        whom the actor books for.
    """
    if practice_of(place) != call.actor.practice_id:
        raise NotFound(place.__tablename__.replace("_", " "))
    staff = may(call.actor, call.action, place)
    who_for(call, patient_id, staff)
    return Who(call.actor.user_id, staff)


def who_for(call: Call, patient_id: UUID, staff: bool = False) -> None:
    """Note that a patient is booked for; raise `NotFound` if the actor may not."""
    patient = call.session.get(Patient, patient_id)
    if patient is None or practice_of(patient) != call.actor.practice_id:
        raise NotFound("patient")
    if not staff and not may(call.actor, call.action, patient):
        raise NotFound("patient")
    call.note("patient", patient.id, patient.id)


def who_changes(call: Call, appointment: Appointment) -> Who:
    """Return for whom the rules are followed where an appointment that was found is changed."""
    own_session = (
        call.actor.provider_id is not None and provider_of(appointment) == call.actor.provider_id
    )
    return Who(call.actor.user_id, staff=call.reach == "practice" or own_session)


def who_moves(call: Call, appointment: Appointment, seat_id: UUID) -> Who:
    """Return for whom the rules are followed where an appointment moves to a seat.

    Raises
    ------
    NotFound
        If the seat is not there for the actor: a provider moves appointments of the provider's own
        sessions within these.
    """
    who = who_changes(call, appointment)
    seat = call.session.get(Seat, seat_id)
    if seat is None or practice_of(seat) != call.actor.practice_id:
        raise NotFound("seat")
    for_patient = appointment.patient_id in call.actor.patient_ids and not who.staff
    if not for_patient and not may(call.actor, call.action, seat):
        raise NotFound("seat")
    return who
