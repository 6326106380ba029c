"""Finding a time: the first that suits on top, and a hold on the one that is chosen."""

from typing import Any
from uuid import UUID

from flask import g, request, url_for

from serve.api.appointments import SeatFor, post_hold
from serve.api.call import Call
from serve.models import Seat
from serve.web.finding import WEEKDAYS, Chosen, Found, Wishes, find_times
from serve.web.forms import read
from serve.web.names import locations_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.visits import own_visit
from serve.web.patient.whom import for_whom
from serve.web.rendering import render


@shows(pages, "/find", "appointment.read")
def find(call: Call) -> str:
    """Show free times."""
    whom = for_whom(call)
    wishes = read(Wishes, lists=("weekdays",), beside=("whom", "seat_id"))
    moving = None if wishes.appointment_id is None else own_visit(call, wishes.appointment_id)
    visit_types = {key: one for key, one in visit_types_of(call).items() if one.active}
    wanted = moving.visit_type_id if moving is not None else wishes.visit_type_id
    visit_type = visit_types.get(wanted) if wanted else next(iter(visit_types.values()), None)
    patient_id = whom.patient.id if moving is None else moving.patient_id
    found = None
    if visit_type is not None:
        found = find_times(call, wishes, visit_type, patient_id)
    return render(
        "patient/find.html",
        fragment="patient/_times.html",
        whom=whom,
        wishes=wishes,
        moving=moving,
        visit_type=visit_type,
        visit_types=visit_types,
        providers={key: one for key, one in providers_of(call).items() if one.active},
        locations=locations_of(call),
        found=found,
        others=[] if found is None else others_than_taken(call, found),
        weekdays=WEEKDAYS,
    )


def others_than_taken(call: Call, found: Found) -> list[dict[str, Any]]:
    """Return the nearest other times, if the one that was chosen could not be had."""
    if "refusal" not in g:
        return []
    try:
        seat = call.session.get(Seat, UUID(request.form.get("seat_id", "")))
    except ValueError:
        seat = None
    return [] if seat is None else found.nearest(seat.starts_at)


@does(pages, "/find", "appointment.book", form=find)
def hold(call: Call) -> Done:
    """Keep a time for a while, until it is confirmed."""
    whom = for_whom(call)
    seat_id = read(Chosen, beside=(*Wishes.model_fields, "whom")).seat_id
    made = post_hold(call, SeatFor(seat_id=seat_id, patient_id=whom.patient.id))
    return Done(url_for(".visit", appointment_id=made.id))
