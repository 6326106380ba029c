"""The practice's own settings, and who read and changed what."""

from flask import url_for

from serve.api.audit import AuditIn, get_audit
from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.practice import PracticeChange, get_practice, patch_practice
from serve.api.users import get_users
from serve.auth.policy import POLICY
from serve.models import Patient
from serve.web.administrator.blueprint import pages
from serve.web.forms import read
from serve.web.names import everything
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/settings", "practice.read")
def settings(call: Call) -> str:
    """Show the settings of the practice."""
    return render("administrator/settings.html", one=get_practice(call))


@does(pages, "/settings", "practice.change", form=settings)
def change_settings(call: Call) -> Done:
    """Change the practice."""
    patch_practice(call, read(PracticeChange, kept_empty=("country", "contact")))
    return Done(url_for(".settings"), _("The settings are changed."))


@shows(pages, "/audit", "audit.read")
def audit(call: Call) -> str:
    """Search who read and changed what."""
    asked = read(AuditIn)
    found = get_audit(call, asked)
    people = {one["id"]: one for one in everything(get_users, call.to("user.read"), PageIn())}
    patients = {
        one.patient_id: call.session.get(Patient, one.patient_id)
        for one in found["items"]
        if one.patient_id is not None
    }
    query = asked.model_dump(mode="json", exclude_defaults=True, exclude={"cursor"})
    return render(
        "administrator/audit.html",
        asked=asked,
        found=found,
        people=people,
        patients=patients,
        actions=sorted(POLICY),
        query=query,
    )
