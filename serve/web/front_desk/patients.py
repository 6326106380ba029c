"""Patients: searched, registered, and one of them with visits and what was sent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for

from serve.api.appointments import AppointmentsIn, get_appointments
from serve.api.call import Call
from serve.api.fields import Day, Name, Sent
from serve.api.messages import MessagesIn, get_messages
from serve.api.patients import (
    CarerIn,
    PatientChange,
    PatientIn,
    PatientsIn,
    delete_carer,
    get_carers,
    get_patients,
    patch_patient,
    post_carer,
    post_patient,
)
from serve.models import Patient
from serve.web.day_list import Row, following, since
from serve.web.forms import model_of, read
from serve.web.front_desk.blueprint import pages
from serve.web.names import everything, providers_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall

LANGUAGES = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}
#: Patients that one search shows.
SHOWN = 50


class Looked(Sent):
    """Whom somebody looks for."""

    name: Name | None = None
    identifier: Name | None = None
    born_on: Day | None = None

    @property
    def anything(self) -> bool:
        """Whether there is something to look for."""
        return any(value is not None for value in self.model_dump().values())


def look_for(call: Call, looked: Looked) -> list[Patient]:
    """Return patients whom a search finds; nobody where nothing is looked for."""
    if not looked.anything:
        return []
    asked = PatientsIn(**looked.model_dump(), limit=SHOWN)
    found: list[Patient] = get_patients(call.to("patient.read"), asked)["items"]
    return found


@shows(pages, "/patients", "patient.create")
def patients(call: Call) -> str:
    """Search patients."""
    looked = read(Looked)
    return render(
        "front_desk/patients.html", looked=looked, found=look_for(call, looked), most=SHOWN
    )


@shows(pages, "/patients/new", "patient.create")
def registering(call: Call) -> str:
    """Show the form of a new patient."""
    return render("front_desk/register.html", languages=LANGUAGES, given=request.args)


@does(pages, "/patients/new", "patient.create", form=registering)
def register(call: Call) -> Done:
    """Add a patient, and go on to booking."""
    made = post_patient(call, _with_identifier(PatientIn))
    name = {"name": made.name}
    return Done(
        url_for(".book", patient_id=made.id),
        _("%(name)s is registered.") % name,
        url_for(".patient", patient_id=made.id),
        _("See the record"),
    )


@shows(pages, "/patients/<uuid:patient_id>", "patient.create")
def patient(call: Call, patient_id: UUID) -> str:
    """Show a patient."""
    found = call.to("patient.read").find(Patient, patient_id)
    today = on_wall(call.now)
    asked = AppointmentsIn(
        patient_id=patient_id,
        first=today - timedelta(days=199),
        last=today + timedelta(days=200),
    )
    visits = everything(get_appointments, call.to("appointment.read"), asked)
    rows = [Row(one, found, None, since(one), following(one, call.now)) for one in visits]
    messages: list[Any] = []
    for one in visits[-5:]:
        sent = MessagesIn(appointment_id=one.id)
        messages += get_messages(call.to("message.read"), sent)["items"]
    return render(
        "front_desk/patient.html",
        patient=found,
        rows=list(reversed(rows)),
        carers=get_carers(call.to("patient.read"), patient_id)["items"],
        messages=sorted(messages, key=lambda one: one.due_at, reverse=True),
        providers=providers_of(call),
        languages=LANGUAGES,
    )


@does(pages, "/patients/<uuid:patient_id>", "patient.create", form=patient)
def change_patient(call: Call, patient_id: UUID) -> Done:
    """Change who a patient is and how the patient is reached."""
    made = patch_patient(call.to("patient.change"), patient_id, _with_identifier(PatientChange))
    return Done(url_for(".patient", patient_id=made.id), _("The record is changed."))


@does(pages, "/patients/<uuid:patient_id>/carers", "patient.carers", form=patient)
def add_carer(call: Call, patient_id: UUID) -> Done:
    """Let a user act for a patient."""
    post_carer(call, patient_id, read(CarerIn))
    return Done(
        url_for(".patient", patient_id=patient_id), _("That user now acts for the patient.")
    )


@does(pages, "/patients/<uuid:patient_id>/carers/<uuid:user_id>", "patient.carers", form=patient)
def end_carer(call: Call, patient_id: UUID, user_id: UUID) -> Done:
    """Let a user act for a patient no longer."""
    delete_carer(call, patient_id, user_id)
    said = _("That user acts for the patient no longer.")
    return Done(url_for(".patient", patient_id=patient_id), said)


def _with_identifier(model: type[PatientIn]) -> Any:
    """Return a patient of a form, whose identifiers are lines of a system and a value."""
    form = request.form
    lines = [line.partition(" ") for line in form.get("identifiers", "").splitlines()]
    given: dict[str, Any] = {
        name: form[name].strip()
        for name in ("name", "born_on", "email", "phone", "language", "area")
        if name in form and (form[name].strip() or name in ("email", "phone", "area"))
    }
    given["identifiers"] = [
        {"system": system, "value": value.strip()} for system, _blank, value in lines if system
    ]
    return model_of(model, given)
