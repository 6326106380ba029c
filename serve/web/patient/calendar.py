"""One's visits in one's own calendar, which reads them from an address that nobody else knows."""

from uuid import UUID

from flask import Response, make_response, url_for

from serve.api.calendars import CalendarFeedIn, delete_calendar_feed, post_calendar_feed
from serve.api.call import Call
from serve.models import CalendarFeed
from serve.web.feeds import feeds_of
from serve.web.forms import read
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/calendar", "calendar_feed.read")
def calendar(call: Call) -> str:
    """Show the feeds that there are."""
    whom = for_whom(call)
    return render("patient/calendar.html", whom=whom, feeds=feeds_of(call, whom.patient.id))


@does(pages, "/calendar", "calendar_feed.change", form=calendar)
def post_calendar(call: Call) -> Response:
    """Make a feed, and show its address this once."""
    whom = for_whom(call)
    given = read(CalendarFeedIn, beside=("whom",), patient_id=whom.patient.id)
    feed = post_calendar_feed(call, given)
    return make_response(
        render("shared/feed.html", feed=feed, back=url_for(".calendar", whom=whom.patient.id))
    )


@does(pages, "/calendar/<uuid:calendar_feed_id>/end", "calendar_feed.change", form=calendar)
def end_calendar(call: Call, calendar_feed_id: UUID) -> Done:
    """Let no calendar read a feed any more."""
    delete_calendar_feed(call, calendar_feed_id)
    whom = call.session.get_one(CalendarFeed, calendar_feed_id).patient_id
    return Done(
        url_for(".calendar", whom=whom), _("That calendar is not told of your visits any more.")
    )
