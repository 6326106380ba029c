"""Registering somebody who came unbooked to one's own session."""

from datetime import date

from flask import url_for

from serve.api.attendance import WalkInIn, post_walk_in
from serve.api.call import Call
from serve.api.fields import Identifier, Name, Sent
from serve.models import Patient
from serve.web.forms import read
from serve.web.front_desk.patients import Looked, look_for
from serve.web.page import Done, does, shows
from serve.web.provider.blueprint import pages
from serve.web.provider.day import own_provider
from serve.web.rendering import render
from serve.web.texts import _


class Who(Sent):
    """Who came."""

    patient_id: Identifier | None = None
    name: Name | None = None
    born_on: date | None = None


@shows(pages, "/walk-in", "walk_in.register")
def walk_in(call: Call) -> str:
    """Ask who came."""
    own_provider(call)
    who = read(Who)
    patient = None
    if who.patient_id is not None:
        patient = call.to("patient.read").find(Patient, who.patient_id)
    looked = Looked(name=who.name, born_on=who.born_on)
    people = look_for(call, looked) if patient is None else []
    return render("provider/walk_in.html", patient=patient, looked=looked, people=people)


@does(pages, "/walk-in", "walk_in.register", form=walk_in)
def register(call: Call) -> Done:
    """Let somebody who came unbooked be seen in the session that is held now."""
    made = post_walk_in(call, read(WalkInIn, provider_id=str(own_provider(call))))
    name = call.session.get_one(Patient, made.patient_id).name
    return Done(url_for(".today"), _("%(name)s waits as a walk-in.") % {"name": name})
