"""Published sessions: what is booked of each; opened, closed and called off."""

from datetime import timedelta
from uuid import UUID

from flask import url_for

from serve.api.appointments import Why
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.api.publishing import (
    ClinicDayChange,
    ClinicDaysIn,
    get_clinic_day,
    get_clinic_days,
    patch_clinic_day,
    post_call_off,
)
from serve.api.templates import TemplatesIn, get_templates
from serve.web.administrator.blueprint import pages
from serve.web.forms import read
from serve.web.names import everything, locations_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _, plural
from serve.web.times import on_wall

#: Days that one page shows.
DAYS = 14


class SessionsIn(Sent):
    """Which sessions."""

    first: Day | None = None
    provider_id: Identifier | None = None


@shows(pages, "/sessions", "clinic_day.read")
def sessions(call: Call) -> str:
    """List the sessions of two weeks."""
    asked = read(SessionsIn)
    first = asked.first or on_wall(call.now)
    window = ClinicDaysIn(
        first=first, last=first + timedelta(days=DAYS - 1), provider_id=asked.provider_id
    )
    templates = everything(get_templates, call.to("template.read"), TemplatesIn())
    return render(
        "administrator/sessions.html",
        asked=asked,
        first=first,
        days=timedelta(days=DAYS),
        sessions=everything(get_clinic_days, call, window),
        providers=providers_of(call),
        visit_types=visit_types_of(call),
        templates={one.id: one for one in templates},
    )


@shows(pages, "/sessions/<uuid:clinic_day_id>", "clinic_day.read")
def session(call: Call, clinic_day_id: UUID) -> str:
    """Show a session with its seats."""
    return render(
        "administrator/session.html",
        session=get_clinic_day(call, clinic_day_id),
        providers=providers_of(call),
        visit_types=visit_types_of(call),
        locations=locations_of(call),
    )


@does(pages, "/sessions/<uuid:clinic_day_id>/open", "clinic_day.change", form=session)
def open_session(call: Call, clinic_day_id: UUID) -> Done:
    """Let seats of a session be booked, or no more."""
    change = read(ClinicDayChange)
    patch_clinic_day(call, clinic_day_id, change)
    said = (
        _("Its seats can be booked.") if change.open else _("Nobody books a seat of it any more.")
    )
    return Done(url_for(".session", clinic_day_id=clinic_day_id), said)


@does(pages, "/sessions/<uuid:clinic_day_id>/call-off", "clinic_day.change", form=session)
def call_off(call: Call, clinic_day_id: UUID) -> Done:
    """Call a session off with all its appointments."""
    told = post_call_off(call, clinic_day_id, read(Why))
    number = told["cancelled"]
    said = plural(
        "The session is called off, %(number)s appointment is cancelled.",
        "The session is called off, %(number)s appointments are cancelled.",
        number,
    ) % {"number": number}
    return Done(url_for(".sessions"), said)
