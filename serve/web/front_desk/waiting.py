"""Who waits for a time, what is offered, and visits that were requested without one."""

from datetime import timedelta
from uuid import UUID

from flask import url_for

from serve.api.appointments import AppointmentsIn, get_appointments
from serve.api.call import Call
from serve.api.fields import Identifier, Sent
from serve.api.messages import MessagesIn, get_messages, post_send_again
from serve.api.waiting_list import (
    EntriesIn,
    EntryIn,
    OffersIn,
    get_entries,
    get_offers,
    leave_list,
    post_entry,
)
from serve.models import Appointment, Patient, Seat
from serve.web.forms import read
from serve.web.front_desk.blueprint import pages
from serve.web.names import everything, patients_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall

WAITS = ("waiting", "offered")
#: For how long somebody waits if nothing else is said.
USUAL = timedelta(days=28)


class Whose(Sent):
    """Who is to wait."""

    patient_id: Identifier | None = None


@shows(pages, "/waiting-list", "waitlist.read")
def waiting_list(call: Call) -> str:
    """Show who waits and what is offered, and requests without a time."""
    whose = read(Whose, beside=EntryIn.model_fields.keys() - {"patient_id"})
    patient = None
    if whose.patient_id is not None:
        patient = call.to("patient.read").find(Patient, whose.patient_id)
    everybody = everything(get_entries, call, EntriesIn())
    entries = [one for one in everybody if one.status in WAITS]
    offers = {
        one.entry_id: (one, call.session.get_one(Seat, one.seat_id))
        for one in everything(get_offers, call, OffersIn(status="offered"))
    }
    to = call.to("appointment.read")
    requests = everything(get_appointments, to, AppointmentsIn(status="requested"))
    people = patients_of(call, {one.patient_id for one in [*entries, *requests]})
    today = on_wall(call.now)
    return render(
        "front_desk/waiting_list.html",
        patient=patient,
        entries=entries,
        offers=offers,
        requests=requests,
        people=people,
        visit_types=visit_types_of(call),
        providers=providers_of(call),
        earliest=today,
        latest=today + USUAL,
    )


@does(pages, "/waiting-list", "waitlist.change", form=waiting_list)
def wait(call: Call) -> Done:
    """Put a patient on the waiting list."""
    post_entry(call, read(EntryIn))
    return Done(url_for(".waiting_list"), _("The patient is on the waiting list."))


@does(pages, "/waiting-list/<uuid:entry_id>/leave", "waitlist.change", form=waiting_list)
def leave(call: Call, entry_id: UUID) -> Done:
    """Take somebody off the list."""
    leave_list(call, entry_id)
    return Done(url_for(".waiting_list"), _("The patient does not wait any more."))


@shows(pages, "/messages", "message.read")
def messages(call: Call) -> str:
    """Show what patients were told, the latest first, and what could not be sent."""
    asked = read(MessagesIn)
    found = get_messages(call, asked)
    visits = {
        one.appointment_id: call.session.get_one(Appointment, one.appointment_id)
        for one in found["items"]
    }
    return render(
        "front_desk/messages.html",
        asked=asked,
        found=found,
        visits=visits,
        people=patients_of(call, {one.patient_id for one in visits.values()}),
    )


@does(pages, "/messages/<uuid:message_id>/send-again", "message.change", form=messages)
def send_again(call: Call, message_id: UUID) -> Done:
    """Send a message again that failed."""
    post_send_again(call, message_id)
    return Done(url_for(".messages"), _("It is sent again within a minute."))
