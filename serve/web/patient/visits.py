"""What one has booked: the next visit first, and on its day when it will begin."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask import url_for

from serve.api.appointments import (
    AppointmentsIn,
    CancelIn,
    cancel_appointment,
    confirm_appointment,
    get_appointment,
    get_appointments,
)
from serve.api.call import Call
from serve.api.live import get_expected
from serve.errors import NotFound
from serve.live.own_call import OwnCall
from serve.models import Appointment, VisitType
from serve.web.names import everything, locations_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.expected import bar_of
from serve.web.patient.offers import open_offers
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import clock, on_wall

#: Days ahead and back whose visits are shown.
AHEAD, BACK = 365, 365
#: How long after its end a visit that nobody ended is still shown as one to come.
BEYOND = timedelta(hours=6)
#: In these a visit is to come or goes on.
OPEN = ("held", "booked", "arrived", "in_consultation")
#: In these the patient waits to be called.
WAITED_FOR = ("booked", "arrived")


@shows(pages, "", "appointment.read")
def visits(call: Call) -> str:
    """Show when it is one's turn, or what is booked."""
    whom = for_whom(call)
    today = on_wall(call.now)
    asked = AppointmentsIn(
        patient_id=whom.patient.id,
        first=today - timedelta(days=BACK),
        last=today + timedelta(days=30),
    )
    found = everything(get_appointments, call, asked)
    later = asked.model_copy(
        update={"first": today + timedelta(days=31), "last": today + timedelta(days=AHEAD)}
    )
    found += everything(get_appointments, call, later)
    offers = open_offers(call, whom.patient.id)
    offered = {one.seat.id for one in offers}
    coming = [
        one
        for one in found
        if one.status in OPEN
        and one.ends_at > call.now - BEYOND
        # A seat that is offered is above, and one that is not kept any longer is anybody's.
        and not (one.status == "held" and (one.seat_id in offered or ran_out(call, one)))
    ]
    # What was kept and never booked was no visit.
    past = [one for one in reversed(found) if one not in coming and one.booked_at is not None]
    visit_types = visit_types_of(call)
    first = next((one for one in coming if one.status != "held"), None)
    told = None if first is None else expected(call, first)
    return render(
        "patient/visits.html",
        fragment="patient/_visits.html",
        whom=whom,
        first=first,
        told=told,
        bar=None if told is None else bar_of(told),
        further=[one for one in coming if one is not first],
        until={one.id: changeable_until(one, visit_types) for one in coming},
        past=past[:50],
        offers=offers,
        providers=providers_of(call),
        visit_types=visit_types,
        locations=locations_of(call),
    )


def expected(call: Call, visit: Appointment) -> OwnCall | None:
    """Return when a visit is expected to begin; None if its session does not run yet."""
    if visit.status not in WAITED_FOR:
        return None
    told = get_expected(call.to("live.expected"), visit.id)
    if told.expected_at is None or told.starts_at is None:
        return None
    return told if on_wall(told.starts_at) == on_wall(call.now) else None


@shows(pages, "/visits/<uuid:appointment_id>", "appointment.read")
def visit(call: Call, appointment_id: UUID) -> str:
    """Show one visit, and what can be done about it."""
    found = own_visit(call, appointment_id)
    visit_types = visit_types_of(call)
    told = expected(call, found)
    return render(
        "patient/visit.html",
        fragment="patient/_visit.html",
        visit=found,
        told=told,
        bar=None if told is None else bar_of(told),
        until=changeable_until(found, visit_types),
        ran_out=found.status == "expired" or ran_out(call, found),
        providers=providers_of(call),
        visit_types=visit_types,
        locations=locations_of(call),
    )


def changeable_until(visit: Appointment, visit_types: Mapping[UUID, VisitType]) -> datetime | None:
    """Return until when a visit's patient can move or cancel it; None if that is not possible."""
    if visit.status != "booked" or visit.starts_at is None:
        return None
    notice = timedelta(minutes=visit_types[visit.visit_type_id].cancel_notice_minutes)
    return visit.starts_at - notice


def ran_out(call: Call, visit: Appointment) -> bool:
    """Return whether a seat was kept, and is not kept any longer."""
    return visit.held_until is not None and visit.held_until <= call.now


def own_visit(call: Call, appointment_id: UUID) -> Appointment:
    """Return a visit of somebody for whom the reader acts."""
    get_appointment(call.to("appointment.read"), appointment_id)
    found = call.session.get_one(Appointment, appointment_id)
    if found.patient_id not in call.actor.patient_ids:
        raise NotFound("appointment")
    return found


@does(pages, "/visits/<uuid:appointment_id>/confirm", "appointment.book", form=visit)
def confirm(call: Call, appointment_id: UUID) -> Done:
    """Book the seat that is held."""
    own_visit(call, appointment_id)
    made = confirm_appointment(call, appointment_id)
    to = url_for(".visit", appointment_id=made.id)
    return Done(url_for(".visits", whom=made.patient_id),
                _("%(time)s is booked.") % {"time": clock(made.starts_at)},
                to, _("Change or cancel it"))  # fmt: skip


@does(pages, "/visits/<uuid:appointment_id>/cancel", "appointment.change", form=visit)
def cancel(call: Call, appointment_id: UUID) -> Done:
    """Cancel a visit, or give back the seat that is held."""
    found = own_visit(call, appointment_id)
    held = found.status == "held"
    visit_type_id, patient_id = found.visit_type_id, found.patient_id
    cancel_appointment(call, appointment_id, CancelIn(by="patient"))
    said = _("The time is given back.") if held else _("Your visit is cancelled.")
    again = url_for(".find", visit_type_id=visit_type_id, whom=patient_id)
    return Done(url_for(".visits", whom=patient_id), said, again, _("Find another time"))
