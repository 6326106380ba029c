"""One's day: where one is, how late, and who is next."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import request, url_for

from serve.api.call import Call
from serve.api.fields import Day, Sent
from serve.api.live import BreakIn, WhatIfIn, delete_break, post_break, post_what_if
from serve.api.publishing import ClinicDaysIn, get_clinic_days
from serve.errors import Conflict
from serve.live.expectation import Expectation
from serve.models import ClinicDay
from serve.web.day_list import DayList, Row, day_list
from serve.web.forms import read
from serve.web.names import visit_types_of
from serve.web.page import Done, does, shows
from serve.web.provider.blueprint import pages
from serve.web.rendering import render
from serve.web.stepping import take_step
from serve.web.texts import _
from serve.web.timeline import Timeline, timeline_of
from serve.web.times import clock, on_wall

#: How far ahead the next session is looked for, days.
AHEAD = 60


class DayIn(Sent):
    """Which day."""

    day: Day | None = None


@dataclass(frozen=True)
class SessionView:
    """A session of the day.

    Attributes
    ----------
    current, following
        Who is in consultation, and who is to be called next; None for nobody.
    """

    session: Expectation
    line: Timeline
    rows: list[Row]
    current: Row | None
    following: Row | None


def own_provider(call: Call) -> UUID:
    """Return the provider that the reader is; raise `Conflict` if the account is none's."""
    if call.actor.provider_id is None:
        told = _("Your account is not connected with a provider: ask an administrator to do so.")
        raise Conflict(told, "not_connected")
    return call.actor.provider_id


def sessions_of(call: Call, found: DayList) -> list[SessionView]:
    """Return the sessions of a day list with their lines."""
    views = []
    for session in found.sessions:
        rows = found.of(session)
        by_id = {row.visit.id: row for row in rows}
        order = [by_id[one.appointment_id] for one in session.calls if one.appointment_id in by_id]
        here = [row for row in order if row.visit.status == "arrived"]
        views.append(
            SessionView(
                session,
                timeline_of(session, rows, call.now),
                rows,
                by_id.get(session.current_id) if session.current_id else None,
                next(iter(here or order), None),
            )
        )
    return views


@shows(pages, "", "live.read")
def today(call: Call) -> str:
    """Show the day."""
    provider_id = own_provider(call)
    on = on_wall(call.now)
    day = read(DayIn).day or on
    found = day_list(call, day, on, provider_id)
    ahead = ClinicDaysIn(
        first=on + timedelta(days=1),
        last=on + timedelta(days=AHEAD),
        provider_id=provider_id,
        limit=1,
    )
    coming = get_clinic_days(call.to("clinic_day.read"), ahead)["items"]
    return render(
        "provider/day.html",
        fragment="provider/_day.html",
        found=found,
        is_today=day == on,
        day_before=day - timedelta(days=1),
        day_after=day + timedelta(days=1),
        views=sessions_of(call, found),
        coming=coming[0] if coming else None,
        visit_types=visit_types_of(call),
    )


@does(pages, "/appointments/<uuid:appointment_id>/<step>", "appointment.attend", form=today)
def note(call: Call, appointment_id: UUID, step: str) -> Done:
    """Note what happens to a visit."""
    made, said = take_step(call, appointment_id, step)
    undo = "" if step == "undo" else url_for(".today", _anchor=f"visit-{made.id}")
    return Done(url_for(".today"), said, undo, _("Undo it in the list"))


@shows(pages, "/sessions/<uuid:clinic_day_id>/plan", "live.plan")
def plan(call: Call, clinic_day_id: UUID) -> str:
    """Ask what a break, walk-ins or a cancellation would change."""
    call.find(ClinicDay, clinic_day_id)
    asked = read(WhatIfIn) if _asks() else None
    told = None if asked is None else post_what_if(call, clinic_day_id, asked)
    found = day_list(call, on_wall(call.now), on_wall(call.now), own_provider(call))
    rows = [row for row in found.rows if row.visit.clinic_day_id == clinic_day_id]
    return render(
        "provider/plan.html",
        clinic_day_id=clinic_day_id,
        asked=asked,
        told=told,
        rows=[row for row in rows if row.visit.status == "booked"],
        names={row.visit.id: row.patient.name for row in rows},
    )


def _asks() -> bool:
    return any(value.strip() for value in request.args.values())


@does(pages, "/sessions/<uuid:clinic_day_id>/break", "live.break", form=today)
def begin_break(call: Call, clinic_day_id: UUID) -> Done:
    """Begin no consultation for some minutes."""
    call.find(ClinicDay, clinic_day_id)
    day = post_break(call, clinic_day_id, read(BreakIn))
    return Done(url_for(".today"), _("Break until %(time)s.") % {"time": clock(day.away_until)})


@does(pages, "/sessions/<uuid:clinic_day_id>/break/end", "live.break", form=today)
def end_break(call: Call, clinic_day_id: UUID) -> Done:
    """Begin consultations again."""
    delete_break(call, clinic_day_id)
    return Done(url_for(".today"), _("The break is over."))
