"""Another time for a visit that is booked: asked before, because the old one is given away."""

from uuid import UUID

from flask import Response, g, redirect, url_for

from serve.api.appointments import MoveIn, move_appointment
from serve.api.call import Call
from serve.web.finding import Wishes
from serve.web.forms import read
from serve.web.names import providers_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.find import page_of_times, seat_that_is_meant
from serve.web.patient.visits import own_visit
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import clock

#: What is looked for goes along, to be there again if the time is taken meanwhile.
BESIDE = ("seat_id", "whom")


@shows(pages, "/visits/<uuid:appointment_id>/move", "appointment.read")
def move_form(call: Call, appointment_id: UUID) -> str | Response:
    """Ask whether a visit is to move from its time to the one that was chosen."""
    found = own_visit(call, appointment_id)
    wishes = read(Wishes, lists=("weekdays",), beside=BESIDE, appointment_id=appointment_id)
    seat = seat_that_is_meant(call)
    if seat is None:
        # None was chosen, or one that is not there: first to the times that are free.
        return redirect(url_for(".find", **wishes.with_()))  # type: ignore[return-value]
    if "refusal" in g:
        return page_of_times(call, wishes)
    return render(
        "patient/move.html", visit=found, seat=seat, wishes=wishes, providers=providers_of(call)
    )


@does(pages, "/visits/<uuid:appointment_id>/move", "appointment.change", form=move_form)
def move(call: Call, appointment_id: UUID) -> Done:
    """Give a visit the other time, and its old one back."""
    own_visit(call, appointment_id)
    moved = move_appointment(
        call, appointment_id, read(MoveIn, beside=(*Wishes.model_fields, "whom"))
    )
    return Done(
        url_for(".visit", appointment_id=moved.id),
        _("Your visit is now at %(time)s.") % {"time": clock(moved.starts_at)},
    )
