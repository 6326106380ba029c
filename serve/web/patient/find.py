"""Finding a time: the first that suits on top, and a hold on the one that is chosen."""

from uuid import UUID

from flask import Response, g, request, url_for

from serve.api.appointments import SeatFor, post_hold
from serve.api.call import Call
from serve.models import Seat
from serve.web.finding import WEEKDAYS, Chosen, Wishes, find_times, nearest_others
from serve.web.forms import read
from serve.web.names import locations_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.visits import changeable_until, own_visit, visit
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.seat_news import SINCE, last_event, nothing_new


@shows(pages, "/find", "appointment.read")
def find(call: Call) -> str | Response:
    """Show free times."""
    return page_of_times(call, read(Wishes, lists=("weekdays",), beside=("whom", "seat_id", SINCE)))


def page_of_times(call: Call, wishes: Wishes) -> str | Response:
    """Return the page with the free times that somebody looks for."""
    if nothing_new(call):
        return Response(status=204)
    since = last_event(call)
    moving = None if wishes.appointment_id is None else own_visit(call, wishes.appointment_id)
    every = visit_types_of(call)
    if moving is not None:
        until = changeable_until(moving, every)
        if until is None or until < call.now:
            # Its own page says why it cannot be moved.
            return visit(call, moving.id)
    whom = for_whom(call, None if moving is None else moving.patient_id)
    visit_types = {key: one for key, one in every.items() if one.active}
    wanted = moving.visit_type_id if moving is not None else wishes.visit_type_id
    visit_type = visit_types.get(wanted) if wanted else next(iter(visit_types.values()), None)
    found, others = None, []
    if visit_type is not None:
        # If the one that was chosen could not be had, others are offered first.
        taken = seat_that_is_meant(call) if "refusal" in g else None
        if taken is not None:
            others = nearest_others(call, wishes, visit_type, whom.patient.id, taken)
        found = find_times(call, wishes, visit_type, whom.patient.id)
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
        since=since,
        others=others,
        weekdays=WEEKDAYS,
    )


def seat_that_is_meant(call: Call) -> Seat | None:
    """Return the seat that a request names; None if it names none that there is."""
    try:
        seat = call.session.get(Seat, UUID(request.values.get("seat_id", "")))
    except ValueError:
        return None
    return seat if seat is not None and seat.clinic_day.practice_id == call.practice_id else None


@does(pages, "/find", "appointment.book", form=find)
def hold(call: Call) -> Done:
    """Keep a time for a while, until it is confirmed."""
    whom = for_whom(call)
    seat_id = read(Chosen, beside=(*Wishes.model_fields, "whom")).seat_id
    made = post_hold(call, SeatFor(seat_id=seat_id, patient_id=whom.patient.id))
    return Done(url_for(".visit", appointment_id=made.id))
