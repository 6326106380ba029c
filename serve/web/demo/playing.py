"""The buttons that play the day of a made-up practice; whoever is signed in may press them."""

from flask import Response, make_response, request, url_for

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Day, Moment, Sent
from serve.clock import day_bounds, wall_clock
from serve.demo.clock import DemoClock
from serve.demo.opening import go_on
from serve.demo.playing import catch_up, demo_clock
from serve.errors import Conflict, NotFound
from serve.models import Practice
from serve.web.demo.blueprint import pages
from serve.web.demo.panel import FORWARD, next_day, panel
from serve.web.everybody.entrance import local
from serve.web.forms import read
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import clock as written
from serve.web.times import day as in_full

#: A field of each form: the page to come back to.
BACK = "back"


class ForwardIn(Sent):
    """To which moment the clock is put forward."""

    to: Moment


class NextDayIn(Sent):
    """With which date the practice goes on."""

    day: Day


@shows(pages, "", "practice.read")
def about(call: Call) -> Response:
    """Say what is simulated, and how the day is played."""
    shown = panel(call)
    response = make_response(render("demo/about.html", fragment="demo/_panel.html", demo=shown))
    asked = request.args.get("state")
    if asked is not None and shown is not None and asked != shown.state:
        # Other buttons are needed: not the time alone is shown anew.
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#demo-panel"
    return response


@does(pages, "/play", "practice.read", form=about, writes=False)
def post_play(call: Call) -> Done | Response:
    """Let time go faster until the day is over."""
    clock = _clock(call)
    if next_day(call, clock) is not None:
        raise Conflict(_("The day is over: go on to the next one."), "over")
    zone = call.session.get_one(Practice, call.practice_id).zone
    today = wall_clock(clock(), zone).date()
    # Whatever is or is not there to end it, the night is not played.
    clock.play(until=day_bounds(today, today, zone)[1])
    return _shown(call)


@does(pages, "/pause", "practice.read", form=about, writes=False)
def post_pause(call: Call) -> Done | Response:
    """Let time go by the machine's pace."""
    _clock(call).pause()
    return _shown(call)


@does(pages, "/forward", "practice.read", form=about, writes=False)
def post_forward(call: Call) -> Done:
    """Put the clock forward, and let happen what happens until then."""
    clock, given = _clock(call), read(ForwardIn, beside=(BACK,))
    if given.to > clock() + FORWARD:
        raise InvalidInput("to", given.to, _("at most a quarter of an hour ahead"))
    clock.forward_to(given.to)
    catch_up(clock)
    return Done(_back(), _("It is %(time)s now.") % {"time": written(clock())})


@does(pages, "/next-day", "practice.read", form=about, writes=False)
def post_next_day(call: Call) -> Done:
    """Go on to the next date on which clinic is held, once this one is over."""
    clock, given = _clock(call), read(NextDayIn, beside=(BACK,))
    zone = call.session.get_one(Practice, call.practice_id).zone
    # Whoever presses second finds it done.
    if wall_clock(clock(), zone).date() < given.day:
        if next_day(call, clock) != given.day:
            raise Conflict(_("The day is not over yet."), "not_over")
        go_on(clock, given.day)
    return Done(_back(), _("It is %(day)s now.") % {"day": in_full(clock())})


def _clock(call: Call) -> DemoClock:
    clock = demo_clock()
    if clock is None or clock.pace is None or clock.pace.practice_id != call.practice_id:
        raise NotFound("demo")
    return clock


def _shown(call: Call) -> Done | Response:
    """Return the buttons as they are now, or the way back to the page."""
    if request.headers.get("HX-Request") == "true":
        return make_response(render("demo/_panel.html", demo=panel(call)))
    return Done(_back())


def _back() -> str:
    return local(request.form.get(BACK)) if request.form.get(BACK) else url_for(".about")
