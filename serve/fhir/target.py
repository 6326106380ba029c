"""Which appointment is to be held or booked: a proposal, one that is there, or one that is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text

from serve.api.call import Call
from serve.fhir.identifiers import kept_as, of_external
from serve.fhir.inputs import Input, named, nothing_there, patient_id, reference_input
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.references import UUIDS, id_in, proposal_in, split
from serve.fhir.statuses import STATUS_OF
from serve.fhir.validation import checked
from serve.models import Appointment, Seat
from serve.models.appointment import HOLDING

#: Names of a resource among the parameters, of the profile and of those before it.
RESOURCE = ("appointment-resource", "appt-resource", "appointment")
KNOWN = ("appointment-reference", *RESOURCE, "patient-reference")
#: Longest identifier of another system, with the system.
LONGEST_IDENTIFIER = 200
#: Tells the locks of identifiers from any other advisory lock.
LOCKS = 0x66686972


@dataclass(frozen=True)
class Target:
    """What is to be held, booked, moved or cancelled.

    Attributes
    ----------
    appointment_id
        An appointment that is there; None for a new one.
    seat_id, patient_id
        Which seat for whom, as far as it was said.
    identifier
        What the client calls the appointment, as a row keeps it; empty for nothing.
    status
        What a resource that was sent should become, in R4's word; empty for a reference.
    place
        Where it was said, as FHIRPath.
    resource
        The resource that was sent; empty for a reference.
    """

    appointment_id: UUID | None = None
    seat_id: UUID | None = None
    patient_id: UUID | None = None
    identifier: str = ""
    status: str = ""
    place: str = "Parameters"
    resource: Any = None


def target_of(call: Call, inputs: Sequence[Input]) -> Target:
    """Return what the parameters of an operation mean.

    Raises
    ------
    NotTaken
        If they name nothing, more than one thing, or what is not there.
    """
    references, resources = named(inputs, "appointment-reference"), named(inputs, *RESOURCE)
    if len(references) + len(resources) != 1:
        message = "must have one appointment-reference or one appointment-resource"
        raise NotTaken([Issue("required", message, "Parameters.parameter")])
    patients = [patient_id(call, one) for one in named(inputs, "patient-reference")]
    if len(set(patients)) > 1:
        raise NotTaken([Issue("not-supported", "must be one patient", "Parameters.parameter")])
    patient = patients[0] if patients else None
    if references:
        return _referred(call, references[0], patient)
    one = resources[0]
    return target_in(call, checked(one.resource, "Appointment", one.place), one.place, patient)


def _referred(call: Call, one: Input, patient: UUID | None) -> Target:
    if one.identifier is not None:
        kept = kept_as(*one.identifier)
        existing = identified(call, kept)
        if existing is None:
            raise nothing_there(one.place)
        return Target(existing, None, patient, kept, place=one.place)
    kind, identifier = split(one.text, "Appointment")
    found = proposal_in(identifier)
    if kind != "Appointment" or (found is None and not UUIDS.fullmatch(identifier)):
        raise nothing_there(one.place)
    if found is not None:
        return Target(None, found[0], patient or found[1], place=one.place)
    return Target(UUID(identifier), None, patient, place=one.place)


def target_in(call: Call, sent: dict[str, Any], place: str, patient: UUID | None = None) -> Target:
    """Return what an appointment that was sent, and is one of R4, means."""
    identifier = str(sent.get("id", ""))
    proposed = proposal_in(identifier)
    appointment_id = None
    if UUIDS.fullmatch(identifier):
        there = call.session.get(Appointment, UUID(identifier))
        appointment_id = None if there is None else there.id
    return Target(
        appointment_id,
        seat_of(sent, place) or (proposed[0] if proposed else None),
        patient or patient_of(call, sent, place) or (proposed[1] if proposed else None),
        _identifier(sent, place),
        str(sent["status"]),
        place,
        sent,
    )


def seat_of(sent: dict[str, Any], place: str) -> UUID | None:
    """Return the seat of the slot that was sent; None for none."""
    slots = sent.get("slot", [])
    if len(slots) > 1:
        raise NotTaken([Issue("not-supported", "must be one slot", f"{place}.slot[1]")])
    for one in slots:
        found = id_in(str(one.get("reference", "")), "Slot")
        if found is None:
            raise nothing_there(f"{place}.slot[0].reference")
        return found
    return None


def patient_of(call: Call, sent: dict[str, Any], place: str) -> UUID | None:
    """Return the patient among the participants that were sent; None for none."""
    found = []
    for number, one in enumerate(sent.get("participant", [])):
        actor, where = one.get("actor", {}), f"{place}.participant[{number}].actor"
        kind = split(str(actor.get("reference", "")))[0]
        if kind == "Patient" or actor.get("type") == "Patient":
            found.append(patient_id(call, reference_input("patient", actor, where)))
    if len(set(found)) > 1:
        raise NotTaken([Issue("not-supported", "must be one patient", f"{place}.participant")])
    return found[0] if found else None


def identified(call: Call, kept: str) -> UUID | None:
    """Return the appointment that somebody's identifier means and that is still on; or None."""
    on = [*HOLDING, *(status for status in STATUS_OF if status == "requested")]
    query = (
        select(Appointment.id)
        .where(
            Appointment.practice_id == call.practice_id,
            of_external(Appointment.external_id, kept if "|" in kept else f"|{kept}"),
            Appointment.status.in_(on),
            or_(Appointment.status != "held", Appointment.held_until > call.now),
        )
        .order_by(Appointment.created_at.desc())
    )
    return call.session.scalars(query.limit(1)).first()


def alone(call: Call, kept: str) -> None:
    """Let requests with one identifier come one after another, so that the second finds the first.

    SQLite has one writer at a time anyway.
    """
    if kept and call.session.get_bind().dialect.name == "postgresql":
        call.session.execute(
            text("SELECT pg_advisory_xact_lock(:locks, hashtext(:key))"),
            {"locks": LOCKS, "key": f"{call.practice_id} {kept}"},
        )


def has_it(call: Call, seat_id: UUID, patient: UUID) -> UUID | None:
    """Return the appointment by which a patient has a seat already; None for none."""
    query = select(Appointment.id).where(
        Appointment.seat_id == seat_id,
        Appointment.patient_id == patient,
        Appointment.status.in_(("held", "booked")),
        or_(Appointment.status != "held", Appointment.held_until > call.now),
    )
    return call.session.scalars(query).first()


def seat_there(call: Call, target: Target) -> Seat:
    """Return the seat of a new appointment; raise `NotTaken` if there is none."""
    if target.seat_id is None:
        raise NotTaken([Issue("required", "must name a slot", f"{target.place}.slot")])
    seat = call.session.get(Seat, target.seat_id)
    if seat is None:
        raise nothing_there(f"{target.place}.slot" if target.resource else target.place)
    return seat


def _identifier(sent: dict[str, Any], place: str) -> str:
    for number, one in enumerate(sent.get("identifier", [])):
        if one.get("value"):
            kept = kept_as(str(one.get("system", "")), str(one["value"]))
            if len(kept) > LONGEST_IDENTIFIER:
                message = f"must have at most {LONGEST_IDENTIFIER} characters with its system"
                raise NotTaken([Issue("too-long", message, f"{place}.identifier[{number}]")])
            return kept
    return ""
