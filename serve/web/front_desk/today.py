"""Today's list across providers: who is here, who is expected, and how late each day runs."""

from uuid import UUID

from flask import url_for
from pydantic import Field

from serve.api.appointments import get_appointment
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.clock import now
from serve.models import Appointment, Patient
from serve.web.day_list import STATE_WORDS, STATES, Row, day_list, following, since
from serve.web.forms import read
from serve.web.front_desk.blueprint import pages
from serve.web.names import providers_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.stepping import take_step
from serve.web.texts import _
from serve.web.times import on_wall


class DayIn(Sent):
    """Which day, and what of it."""

    day: Day | None = None
    provider_id: Identifier | None = None
    state: str | None = Field(None, pattern=f"^({'|'.join(STATES)})$")


@shows(pages, "", "appointment.attend")
def today(call: Call) -> str:
    """Show the day list."""
    asked = read(DayIn)
    on = on_wall(call.now)
    found = day_list(call, asked.day or on, on, asked.provider_id)
    rows = [row for row in found.rows if asked.state in (None, row.state)]
    return render(
        "front_desk/today.html",
        fragment="front_desk/_today.html",
        asked=asked,
        found=found,
        rows=rows,
        is_today=found.day == on,
        states=STATE_WORDS,
        providers=providers_of(call),
        query={name: str(value) for name, value in asked if value is not None},
    )


@does(pages, "/appointments/<uuid:appointment_id>/<step>", "appointment.attend", form=today)
def note(call: Call, appointment_id: UUID, step: str) -> Done:
    """Note what happens to a visit."""
    made, said = take_step(call, appointment_id, step)
    undo = "" if step == "undo" else url_for(".undoing", appointment_id=made.id)
    return Done(url_for(".today", day=day_of(made)), said, undo, _("Undo"))


@shows(pages, "/appointments/<uuid:appointment_id>", "appointment.attend")
def undoing(call: Call, appointment_id: UUID) -> str:
    """Show one visit of the list, with everything that can be noted of it."""
    get_appointment(call.to("appointment.read"), appointment_id)
    visit = call.session.get_one(Appointment, appointment_id)
    patient = call.to("patient.read").find(Patient, visit.patient_id)
    row = Row(visit, patient, None, since(visit), following(visit, call.now))
    return render("front_desk/visit.html", row=row, providers=providers_of(call))


def day_of(visit: Appointment) -> str | None:
    """Return the date of a visit, as a day list's address names it; None for today's."""
    if visit.starts_at is None or on_wall(visit.starts_at) == on_wall(now()):
        return None
    return on_wall(visit.starts_at).isoformat()
