"""What one prefers when times are searched, how to be told of visits, and where one is reached."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for

from serve.api.call import Call
from serve.api.patients import (
    NoticesIn,
    PatientChange,
    PreferenceIn,
    PreferenceOut,
    get_preferences,
    patch_patient,
    put_preferences,
)
from serve.web.finding import WEEKDAYS
from serve.web.forms import model_of, read
from serve.web.names import providers_of
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.texts import _, marked

#: Times of day that somebody may prefer, as they are kept.
TIMES = {"morning": ["00:00", "12:00"], "afternoon": ["12:00", "23:59"]}
#: What is told unless one does not want it.
KINDS = {
    "confirmation": marked("that a visit is booked"),
    "reminder": marked("a reminder before a visit"),
    "change": marked("that a visit was moved"),
    "cancellation": marked("that a visit was cancelled"),
    "delay": marked("that a visit will begin later or earlier"),
    "offer": marked("that a time came free"),
}
LANGUAGES = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}


@shows(pages, "/preferences", "patient.read")
def preferences(call: Call) -> str:
    """Show what one prefers."""
    whom = for_whom(call)
    kept = get_preferences(call, whom.patient.id)
    plain = PreferenceOut.model_validate(kept).model_dump(mode="json")
    parts = list(TIMES.items()) + [("-".join(one), one) for one in own_times(plain["times"])]
    return render(
        "patient/preferences.html",
        whom=whom,
        kept_preferences=plain,
        parts=[name for name, pair in parts],
        preferred=[name for name, one in parts if one in plain["times"]],
        providers={key: one for key, one in providers_of(call).items() if one.active},
        weekdays=WEEKDAYS,
        kinds=KINDS,
        told=_told(plain["notices"]),
        languages=LANGUAGES,
    )


def own_times(times: Sequence[list[str]]) -> list[list[str]]:
    """Return the times of day that somebody prefers and that the form has no words for."""
    return [one for one in times if one not in TIMES.values()]


@does(pages, "/preferences", "patient.change", form=preferences)
def post_preferences(call: Call) -> Done:
    """Keep what one prefers, of the version that was read."""
    whom = for_whom(call)
    form = request.form
    before = PreferenceOut.model_validate(get_preferences(call, whom.patient.id))
    own = {"-".join(one): one for one in own_times(before.times)}
    preferred = [one for name, one in (TIMES | own).items() if name in form.getlist("parts")]
    given = {
        "providers": form.getlist("providers"),
        "weekdays": form.getlist("weekdays"),
        "times": [{"first": first, "last": last} for first, last in preferred],
        "notices": model_of(NoticesIn, _notices(before.notices)),
    }
    put_preferences(call, whom.patient.id, model_of(PreferenceIn, given))
    return Done(url_for(".preferences", whom=whom.patient.id), _("Your wishes are kept."))


def _told(notices: Mapping[str, Any]) -> list[str]:
    """Return what is told; reminders so many as none are not."""
    silent = set(notices.get("opted_out", []))
    if notices.get("reminder_hours") == []:
        silent.add("reminder")
    return [one for one in KINDS if one not in silent]


def _notices(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the form says to be told; of what it does not ask, what was said before."""
    form = request.form
    notices: dict[str, Any] = {
        "channels": form.getlist("channels"),
        "opted_out": [one for one in KINDS if one not in form.getlist("told")],
    }
    if before.get("delay_every_minutes") is not None:
        notices["delay_every_minutes"] = before["delay_every_minutes"]
    if form.get("reminder_hours", "").strip():
        notices["reminder_hours"] = [
            one.strip() for one in form["reminder_hours"].split(",") if one.strip()
        ]
    if form.get("delay_minutes", "").strip():
        notices["delay_minutes"] = form["delay_minutes"].strip()
    return notices


@does(pages, "/contact", "patient.change", form=preferences)
def post_contact(call: Call) -> Done:
    """Keep where one is reached, and in which language."""
    whom = for_whom(call)
    patch_patient(
        call, whom.patient.id, read(PatientChange, beside=("whom",), kept_empty=("email", "phone"))
    )
    return Done(url_for(".preferences", whom=whom.patient.id), _("Where you are reached is kept."))
