"""One's sessions in one's own calendar."""

from uuid import UUID

from flask import Response, make_response, url_for

from serve.api.calendars import CalendarFeedIn, delete_calendar_feed, post_calendar_feed
from serve.api.call import Call
from serve.web.feeds import feeds_of
from serve.web.forms import read
from serve.web.page import Done, does, shows
from serve.web.provider.blueprint import pages
from serve.web.provider.day import own_provider
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/calendar", "calendar_feed.read")
def calendar(call: Call) -> str:
    """Show the feeds that there are."""
    own_provider(call)
    return render("provider/calendar.html", feeds=feeds_of(call, None))


@does(pages, "/calendar", "calendar_feed.change", form=calendar)
def post_calendar(call: Call) -> Response:
    """Make a feed, and show its address this once."""
    feed = post_calendar_feed(call, read(CalendarFeedIn))
    return make_response(render("shared/feed.html", feed=feed, back=url_for(".calendar")))


@does(pages, "/calendar/<uuid:calendar_feed_id>/end", "calendar_feed.change", form=calendar)
def end_calendar(call: Call, calendar_feed_id: UUID) -> Done:
    """Let no calendar read a feed any more."""
    delete_calendar_feed(call, calendar_feed_id)
    return Done(url_for(".calendar"), _("That calendar is not told of your sessions any more."))
