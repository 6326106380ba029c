"""One's week: each session with what is booked, free and expected."""

from datetime import timedelta
from itertools import groupby

from flask import Response, redirect, url_for

from serve.api.call import Call
from serve.api.fields import Day, Sent
from serve.api.publishing import ClinicDaysIn, get_clinic_days
from serve.web.forms import read
from serve.web.names import everything, locations_of, visit_types_of
from serve.web.page import shows
from serve.web.provider.blueprint import pages
from serve.web.provider.day import own_provider
from serve.web.rendering import render
from serve.web.times import on_wall


class WeekIn(Sent):
    """Which week: any of its days."""

    day: Day | None = None


@shows(pages, "/week", "clinic_day.read")
def week(call: Call) -> str:
    """Show the week."""
    provider_id = own_provider(call)
    day = read(WeekIn).day or on_wall(call.now)
    monday = day - timedelta(days=day.weekday())
    asked = ClinicDaysIn(first=monday, last=monday + timedelta(days=6), provider_id=provider_id)
    sessions = everything(get_clinic_days, call, asked)
    return render(
        "provider/week.html",
        monday=monday,
        week=timedelta(days=7),
        days=[(on, list(found)) for on, found in groupby(sessions, lambda one: one["day"])],
        visit_types=visit_types_of(call),
        locations=locations_of(call),
    )


@shows(pages, "/availability", "availability.read")
def availability(call: Call) -> Response:
    """Lead to one's own availability."""
    return redirect(url_for("hours.hours", provider_id=own_provider(call)))  # type: ignore[return-value]
