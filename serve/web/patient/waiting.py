"""The waiting list: for whoever finds no time that suits, or wants an earlier one."""

from datetime import timedelta
from uuid import UUID

from flask import url_for

from serve.api.call import Call
from serve.api.waiting_list import EntriesIn, EntryIn, get_entries, leave_list, post_entry
from serve.web.forms import read
from serve.web.names import everything, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.offers import open_offers
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall

WAITS = ("waiting", "offered")
#: For how long one waits if one does not say.
USUAL = timedelta(days=28)


@shows(pages, "/waiting-list", "waitlist.read")
def waiting_list(call: Call) -> str:
    """Show for what one waits, what is offered, and the form to wait for more."""
    whom = for_whom(call)
    asked = EntriesIn(patient_id=whom.patient.id)
    today = on_wall(call.now)
    return render(
        "patient/waiting_list.html",
        fragment="patient/_waiting.html",
        whom=whom,
        entries=[one for one in everything(get_entries, call, asked) if one.status in WAITS],
        offers=open_offers(call, whom.patient.id),
        visit_types={key: one for key, one in visit_types_of(call).items() if one.active},
        providers={key: one for key, one in providers_of(call).items() if one.active},
        earliest=today,
        latest=today + USUAL,
    )


@does(pages, "/waiting-list", "waitlist.change", form=waiting_list)
def wait(call: Call) -> Done:
    """Join the waiting list."""
    whom = for_whom(call)
    post_entry(call, read(EntryIn, beside=("whom",), patient_id=whom.patient.id))
    return Done(
        url_for(".waiting_list", whom=whom.patient.id),
        _("You are on the waiting list. You are told when a time comes free."),
    )


@does(pages, "/waiting-list/<uuid:entry_id>/leave", "waitlist.change", form=waiting_list)
def leave(call: Call, entry_id: UUID) -> Done:
    """Wait no longer."""
    whom = leave_list(call, entry_id).patient_id
    return Done(url_for(".waiting_list", whom=whom), _("You are not on the waiting list any more."))
