"""``Appointment/$hold`` and ``$book``: keep a seat for a while, and take it (IHE ITI-116, 117).

Sent again, either finds what it did before and gives it back: by the identifier that the client
gave the appointment, or else because the patient has that very seat.
"""

from dataclasses import replace
from typing import Any

from serve.api.booking_access import who_books, who_changes, who_moves
from serve.api.call import Call
from serve.api.route import route
from serve.auth.policy import require
from serve.booking import changing, holding
from serve.booking.status import not_now
from serve.errors import Conflict, NotFound
from serve.fhir.appointment import tell_appointment
from serve.fhir.dialect import FHIR, Resource, fhir, resource
from serve.fhir.inputs import read_inputs
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.references import url_of
from serve.fhir.serving import date_headers
from serve.fhir.statuses import by_patient
from serve.fhir.target import (
    KNOWN,
    Target,
    alone,
    has_it,
    identified,
    seat_there,
    target_of,
)
from serve.models import Appointment

BUNDLE = resource("Bundle")
#: What an appointment that is sent to be booked may say of itself.
BOOKABLE = ("proposed", "pending", "booked", "cancelled")
EXAMPLE = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "appointment-reference", "valueReference": {"reference": "Appointment/proposed"}}
    ],
}


@route(
    fhir, "POST", "/Appointment/$hold", "appointment.book", "Hold an appointment (ITI-116)",
    takes=Resource, gives=BUNDLE, dialect=FHIR, example=EXAMPLE,
)  # fmt: skip
def post_hold(call: Call, given: Resource) -> dict[str, Any]:
    """Keep the seat of a proposed appointment for as long as the practice keeps seats."""
    target = target_of(call, read_inputs(given.model_dump(), KNOWN))
    found = _known(call, target)
    if found is None:
        return _answer(call, _new(call, target, "held"))
    if found.status not in ("held", "booked"):
        raise not_now(found.status)
    if found.status == "booked":
        raise Conflict("The appointment is booked already.", "booked")
    _same_seat(target, found)
    holding.check_hold(call.session, found, call.now)
    return _answer(call, found)


@route(
    fhir, "POST", "/Appointment/$book", "appointment.book",
    "Book, move or cancel an appointment (ITI-117)",
    takes=Resource, gives=BUNDLE, dialect=FHIR, example=EXAMPLE,
)  # fmt: skip
def post_book(call: Call, given: Resource) -> dict[str, Any]:
    """Book a proposed or held appointment; of one that is sent, also move or cancel it."""
    target = target_of(call, read_inputs(given.model_dump(), KNOWN))
    if target.status and target.status not in BOOKABLE:
        message = f"must be one of {', '.join(BOOKABLE)}"
        raise NotTaken([Issue("business-rule", message, f"{target.place}.status")])
    found = _known(call, target)
    if found is not None:
        return _answer(call, _book_known(call, target, found))
    if target.status == "cancelled":
        raise NotFound("Appointment")
    return _answer(call, _new(call, target, "booked"))


def _known(call: Call, target: Target) -> Appointment | None:
    """Return the appointment that is meant, locked; None for one that is still to be made."""
    alone(call, target.identifier)
    known = target.appointment_id
    if known is None and target.identifier:
        known = identified(call, target.identifier)
    if known is None and target.seat_id is not None and target.patient_id is not None:
        known = has_it(call, target.seat_id, target.patient_id)
        if known is not None and target.identifier and _named_otherwise(call, known):
            # It is another appointment of the client's, which is in the way.
            known = None
    if known is None:
        return None
    found = call.find_to_change(Appointment, known)
    if target.patient_id not in (None, found.patient_id):
        raise Conflict("The appointment is another patient's.", "patient")
    return found


def _named_otherwise(call: Call, known: Any) -> bool:
    return call.session.get_one(Appointment, known).external_id != ""


def _same_seat(target: Target, found: Appointment) -> None:
    if target.seat_id not in (None, found.seat_id):
        raise Conflict("The appointment has another seat: book it to move it.", "other_seat")


def _book_known(call: Call, target: Target, found: Appointment) -> Appointment:
    if target.status == "cancelled":
        return cancel(call, found, by_patient(target.resource or {}))
    if target.seat_id not in (None, found.seat_id):
        assert target.seat_id is not None
        move(call, found, target.seat_id)
    if found.status == "held":
        return holding.confirm(call.session, found, call.now, who_changes(call, found))
    if found.status == "requested":
        raise NotTaken([Issue("required", "must name a slot", f"{target.place}.slot")])
    if found.status != "booked":
        raise not_now(found.status)
    return found


def move(call: Call, found: Appointment, seat_id: Any) -> Appointment:
    """Give an appointment, which is locked, another seat."""
    within = to_change(call, found)
    who = who_moves(within, found, seat_id)
    return changing.move(call.session, found, seat_id, call.now, who)


def cancel(call: Call, found: Appointment, patient_wishes: bool) -> Appointment:
    """Cancel an appointment, which is locked."""
    within = to_change(call, found)
    who = who_changes(within, found)
    return changing.cancel(call.session, found, call.now, who, patient_wishes)


def to_change(call: Call, found: Appointment, action: str = "appointment.change") -> Call:
    """Return a call for another action on an appointment, which whoever asks must be allowed."""
    within = replace(call, action=action, reach=require(call.actor, action))
    within.find(Appointment, found.id)
    return within


def _new(call: Call, target: Target, status: str) -> Appointment:
    seat = seat_there(call, target)
    patient = target.patient_id
    if patient is None and len(call.actor.patient_ids) == 1:
        patient = next(iter(call.actor.patient_ids))
    if patient is None:
        raise NotTaken([Issue("required", "must name a patient", f"{target.place}.participant")])
    who = who_books(call, patient, seat)
    make = holding.hold if status == "held" else holding.book
    made = make(call.session, seat.id, patient, call.now, who, external_id=target.identifier)
    call.saw(made)
    return made


def _answer(call: Call, made: Appointment) -> dict[str, Any]:
    told = tell_appointment(call, made)
    url = url_of("Appointment", made.id)
    call.headers |= {"Location": url, "ETag": f'W/"{made.version}"'}
    date_headers(call, told)
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "link": [{"relation": "self", "url": url}],
        "entry": [{"fullUrl": url, "resource": told, "search": {"mode": "match"}}],
    }
