"""``Appointment/$find``: which appointments are possible (IHE ITI-115)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import or_, select

from serve.api.call import Call
from serve.api.pages import LONGEST_PAGE
from serve.api.route import route
from serve.booking.searching import FoundSeat, Wish, search_seats
from serve.booking.who import Who
from serve.clock import wall_clock
from serve.fhir.appointment import participants, times
from serve.fhir.dialect import FHIR, Resource, fhir, resource
from serve.fhir.inputs import (
    Input,
    known_patient,
    named,
    nothing_there,
    only,
    patient_id,
    provider_id,
    read_inputs,
)
from serve.fhir.location import at_address
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.practice import local, of_service_type, rows_by_id, service_type, zone_of
from serve.fhir.references import id_in, proposal_id, reference, url_of
from serve.fhir.search import USUAL
from serve.fhir.values import span, wrong
from serve.models import Appointment, Location, Patient, Practice, Provider, VisitType

#: What is understood: those of the profile, and the names of a search of Slots; of the profile's
#: further ones, reason, referral, insurance and timing, nothing here depends.
KNOWN = (
    "start", "end", "specialty", "visit-type", "service-type", "practitioner", "organization",
    "location-string", "location-reference", "patient-reference", "patient-resource",
    "appointment-reference", "reason", "referral-identifier", "timing", "insurance-reference",
    "_count",
)  # fmt: skip
TYPES = ("specialty", "visit-type", "service-type")
#: Days that are looked through without an end, and most days.
USUAL_DAYS, LONGEST_DAYS = 28, 92
#: Texts in the address of a find, as OpenAPI describes them.
DESCRIBED = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    }
    for name in KNOWN
    if name not in ("patient-resource", "timing")
]
BUNDLE = resource("Bundle")


@route(
    fhir, "POST", "/Appointment/$find", "seat.search", "Find potential appointments (ITI-115)",
    takes=Resource, gives=BUNDLE, effect="computes", dialect=FHIR,
    example={"resourceType": "Parameters", "parameter": [{"name": "_count", "valueInteger": 5}]},
)  # fmt: skip
def post_find(call: Call, given: Resource) -> dict[str, Any]:
    """Return what is possible, the best first, as proposed appointments."""
    return found(call, read_inputs(given.model_dump(), KNOWN))


@route(
    fhir, "GET", "/Appointment/$find", "seat.search", "Find potential appointments (ITI-115)",
    gives=BUNDLE, dialect=FHIR, parameters=DESCRIBED,
)  # fmt: skip
def get_find(call: Call) -> dict[str, Any]:
    """Return the same of an address."""
    given = (Input(name, text, place=f"http.{name}") for name, text in request.args.items(True))
    return found(call, only((one for one in given if one.name != "_format"), KNOWN))


def found(call: Call, inputs: Sequence[Input]) -> dict[str, Any]:
    """Return the proposed appointments that fit, as a Bundle."""
    practice = call.session.get_one(Practice, call.practice_id)
    begins, ends = _period(inputs, call.now, practice.zone)
    patient, moving = _patient(call, inputs), _moving(call, inputs)
    providers = [provider_id(call, one) for one in named(inputs, "practitioner")]
    wish = Wish(
        first=wall_clock(begins, practice.zone).date(),
        last=wall_clock(ends - timedelta(microseconds=1), practice.zone).date(),
        provider_id=providers[0] if len(providers) == 1 else None,
        patient_id=patient,
        moving=moving,
        # Who is named first is preferred.
        providers=tuple(providers) or None,
    )
    who = Who(call.actor.user_id, staff=call.actor.roles != {"patient"})
    seats = [
        (one, visit_type)
        for visit_type in _types(call, inputs)
        for one in search_seats(
            call.session, practice, visit_type, wish, call.now, who, limit=LONGEST_DAYS * 1440
        )
        if begins <= one.seat.starts_at < ends
    ]
    if providers:
        seats = [(one, kind) for one, kind in seats if one.day.provider_id in providers]
    places = _places(call, inputs)
    if places is not None:
        seats = [(one, kind) for one, kind in seats if one.day.location_id in places]
    shown = seats[: _count(inputs)]
    told = _told(call, shown, patient, (begins, ends))
    entries = [
        {"fullUrl": url_of("Appointment", one["id"]), "resource": one, "search": {"mode": "match"}}
        for one in told
    ]
    answer: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(seats),
        "link": [{"relation": "self", "url": url_of("Appointment", "$find")}],
    }
    return answer | ({"entry": entries} if entries else {})


def _told(
    call: Call,
    seats: Sequence[tuple[FoundSeat, VisitType]],
    patient: UUID | None,
    period: tuple[datetime, datetime],
) -> list[dict[str, Any]]:
    zone = zone_of(call)
    asked = {"start": local(period[0], zone), "end": local(period[1], zone)}
    providers = rows_by_id(call, Provider, (one.day.provider_id for one, _ in seats))
    places = rows_by_id(call, Location, (one.day.location_id for one, _ in seats))
    return [
        {
            "resourceType": "Appointment",
            "id": proposal_id(one.seat.id, patient),
            "status": "proposed",
            "serviceType": service_type(visit_type),
            **times(one.seat.starts_at, one.seat.ends_at, zone),
            "requestedPeriod": [asked],
            "slot": [reference("Slot", one.seat.id)],
            "participant": participants(
                patient, providers[one.day.provider_id], places[one.day.location_id], "held"
            ),
        }
        for one, visit_type in seats
    ]


def _period(inputs: Sequence[Input], now: datetime, zone: str) -> tuple[datetime, datetime]:
    starts, ends = named(inputs, "start"), named(inputs, "end")
    for given in (starts, ends):
        if len(given) > 1:
            raise NotTaken([Issue("invalid", "must be given once", given[1].place)], 400)
    begins = span("start", starts[0].text, zone)[0] if starts else now
    until = begins + timedelta(days=USUAL_DAYS)
    if ends:
        # A day that is named is looked through to its end, a moment is the end itself.
        low, high = span("end", ends[0].text, zone)
        until = low if "T" in ends[0].text else high
    if not begins < until <= begins + timedelta(days=LONGEST_DAYS):
        raise wrong("end", f"after the start, within {LONGEST_DAYS} days")
    return begins, until


def _types(call: Call, inputs: Sequence[Input]) -> list[VisitType]:
    query = select(VisitType).where(VisitType.practice_id == call.practice_id, VisitType.active)
    given = named(inputs, *TYPES)
    if given:
        query = query.where(or_(*(of_service_type(one.text) for one in given)))
    organisations = named(inputs, "organization")
    if organisations and call.practice_id not in {
        id_in(one.text, "Organization") for one in organisations
    }:
        return []
    return list(call.session.scalars(query.order_by(VisitType.name)))


def _patient(call: Call, inputs: Sequence[Input]) -> UUID | None:
    """Return for whom it is; whoever is one patient looks for that one."""
    given = named(inputs, "patient-reference", "patient-resource")
    if len(given) > 1:
        raise NotTaken([Issue("not-supported", "must be one patient", given[1].place)])
    for one in given:
        found = patient_id(call, one) if one.resource is None else known_patient(call, one)
        return None if found is None else call.find(Patient, found, "patient.read").id
    if call.actor.roles == {"patient"} and len(call.actor.patient_ids) == 1:
        return next(iter(call.actor.patient_ids))
    return None


def _moving(call: Call, inputs: Sequence[Input]) -> UUID | None:
    """Return the appointment that would be moved, and so is in nobody's way."""
    for one in named(inputs, "appointment-reference"):
        identifier = id_in(one.text, "Appointment")
        if identifier is None:
            raise nothing_there(one.place)
        return call.find(Appointment, identifier, "appointment.read").id
    return None


def _places(call: Call, inputs: Sequence[Input]) -> set[UUID] | None:
    """Return where it may be; None for anywhere."""
    texts, references = named(inputs, "location-string"), named(inputs, "location-reference")
    if not texts and not references:
        return None
    there = {id_in(one.text, "Location") for one in references} - {None}
    query = select(Location.id).where(Location.practice_id == call.practice_id)
    known = set(call.session.scalars(query))
    if references and not there & known:
        raise nothing_there(references[0].place)
    for one in texts:
        there |= set(call.session.scalars(query.where(at_address(one.text))))
    return {one for one in there if one is not None} & known


def _count(inputs: Sequence[Input]) -> int:
    for one in named(inputs, "_count"):
        if not (one.text.isascii() and one.text.isdecimal() and 0 < len(one.text) < 10):
            raise wrong("_count", "a whole number from 0 on")
        return min(int(one.text), LONGEST_PAGE)
    return USUAL
