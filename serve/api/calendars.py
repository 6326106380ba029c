"""Appointments in people's calendars: as files, and as feeds that a calendar program reads."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request, url_for
from sqlalchemy import select

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Identifier, Sent, Text, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.calendars.access import feed_with, make_feed
from serve.calendars.appointment import Method, calendar_of
from serve.calendars.component import CALENDAR
from serve.calendars.feed import feed_of
from serve.calendars.revision import shown
from serve.errors import Conflict, SignInNeeded
from serve.models import Appointment, CalendarFeed, Patient, Provider, User
from serve.patients import still_there

calendars = APIBlueprint("calendars", __name__, url_prefix="/api/v1")


class CalendarFeedIn(Sent):
    """Whose visits a feed has: a patient's, or else those of the provider who asks."""

    name: Text = ""
    patient_id: Identifier | None = None


class CalendarFeedOut(Told):
    """A feed, without its address."""

    id: UUID
    name: str
    patient_id: UUID | None
    provider_id: UUID | None
    created_at: datetime
    revoked_at: datetime | None
    version: int


class NewCalendarFeedOut(CalendarFeedOut):
    """A new feed; its address is told this once, and whoever has it reads the feed."""

    told_once = frozenset({"address"})
    address: str | None


class CalendarFeedsOut(PageOut):
    """A page of feeds."""

    items: list[CalendarFeedOut]


@route(
    calendars, "GET", "/appointments/<uuid:appointment_id>/calendar", "appointment.read",
    "Get an appointment as a file for a calendar", files=(CALENDAR,),
)  # fmt: skip
def get_appointment_calendar(call: Call, appointment_id: UUID) -> Response:
    """Return a calendar that adds the appointment, or takes it out once it is cancelled."""
    found = call.find(Appointment, appointment_id)
    cancelled = shown(found.status) == "CANCELLED"
    method: Method = "CANCEL" if cancelled else "PUBLISH"
    content = calendar_of(call.session, found, call.now, method)
    return _file(content, f"{CALENDAR}; charset=utf-8; method={method}", "appointment.ics")


@route(
    calendars, "GET", "/calendar-feeds", "calendar_feed.read", "List one's calendar feeds",
    query=PageIn, gives=CalendarFeedsOut,
)  # fmt: skip
def get_calendar_feeds(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of the feeds of whoever asks, the latest first."""
    query = select(CalendarFeed).where(CalendarFeed.user_id == call.actor.user_id)
    order = (CalendarFeed.created_at, CalendarFeed.id)
    return page(call.session, query, order, asked, latest_first=True)


@route(
    calendars, "POST", "/calendar-feeds", "calendar_feed.change", "Make a calendar feed",
    takes=CalendarFeedIn, gives=NewCalendarFeedOut, status=201,
)  # fmt: skip
def post_calendar_feed(call: Call, given: CalendarFeedIn) -> dict[str, Any]:
    """Make a feed of a patient for whom one acts, or of one's own sessions as a provider."""
    user = None if call.actor.user_id is None else call.session.get(User, call.actor.user_id)
    if user is None:
        raise SignInNeeded
    patient_id, provider_id = given.patient_id, None
    if patient_id is not None:
        still_there(call.find(Patient, patient_id))
    else:
        provider_id = call.actor.provider_id
        if provider_id is None:
            raise InvalidInput("patient_id", "nobody", "a patient for whom you act")
        if not call.session.get_one(Provider, provider_id).active:
            raise Conflict("The provider is not active.", "inactive")
    made, secret = make_feed(call.session, user, given.name, call.now, patient_id, provider_id)
    call.note("calendar_feed", made.id, made.patient_id, {"what": "make"})
    address = url_for("calendars.get_feed", secret=secret, _external=True)
    return {**CalendarFeedOut.model_validate(made).model_dump(), "address": address}


@route(
    calendars, "DELETE", "/calendar-feeds/<uuid:calendar_feed_id>", "calendar_feed.change",
    "Revoke a calendar feed", status=204,
)  # fmt: skip
def delete_calendar_feed(call: Call, calendar_feed_id: UUID) -> None:
    """Let nobody read a feed any more; its address never comes back."""
    found = call.find_to_change(CalendarFeed, calendar_feed_id)
    if found.revoked_at is None:
        found.revoked_at = call.now
        call.note("calendar_feed", found.id, found.patient_id, {"what": "revoke"})


@route(
    calendars, "GET", "/calendars/<secret>.ics", "calendar_feed.follow", "Read a calendar feed",
    files=(CALENDAR,), linked=True,
)  # fmt: skip
def get_feed(call: Call, secret: str) -> Response:
    """Return the feed that the secret opens; nothing tells a wrong one from one that is over."""
    feed = feed_with(call.session, secret)
    call.opened(feed.practice_id)
    call.note("calendar_feed", feed.id, feed.patient_id)
    content = feed_of(call.session, feed, call.now)
    answer = _file(content, f"{CALENDAR}; charset=utf-8", "calendar.ics")
    answer.set_etag(hashlib.sha256(content).hexdigest())
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


def _file(content: bytes, kind: str, name: str) -> Response:
    disposition = f"attachment; filename={name}"
    headers = {"Content-Type": kind, "Content-Disposition": disposition}
    return Response(content, headers=headers)
