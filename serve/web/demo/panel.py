"""What is shown of the simulated time on every page of a made-up practice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from flask import request

from serve.api.call import Call
from serve.clock import wall_clock
from serve.demo.clock import DemoClock
from serve.demo.playing import demo_clock, is_over
from serve.demo.today import next_sessions
from serve.models import Practice

#: How far a button puts the clock forward.
FORWARD = timedelta(minutes=15)


@dataclass(frozen=True)
class Panel:
    """Simulated time, and what can be done about it.

    Attributes
    ----------
    state
        Whether the day goes by the machine's pace, is played, or is over.
    forward
        The moment to which a button puts the clock forward: pressed twice it does so once.
    next_day
        The date that follows; None while this one is not over.
    back
        The page to come back to.
    """

    now: datetime
    state: Literal["going", "playing", "over"]
    forward: str
    next_day: date | None
    back: str


def panel(call: Call | None) -> Panel | None:
    """Return what is shown; None where the practice of whoever asks is not made up."""
    clock = demo_clock()
    if call is None or clock is None or clock.pace is None:
        return None
    if call.actor.practice_id != clock.pace.practice_id:
        return None
    now = clock()
    following = next_day(call, clock)
    state: Literal["going", "playing", "over"] = "playing" if clock.playing else "going"
    return Panel(
        now=now,
        state="over" if following is not None else state,
        forward=(now + FORWARD).replace(second=0, microsecond=0).isoformat(),
        next_day=following,
        back=_back(),
    )


def next_day(call: Call, clock: DemoClock) -> date | None:
    """Return the date that can be gone on to; None while this one is not over."""
    pace, now = clock.pace, clock()
    if pace is None or not is_over(call.session, pace.practice_id, pace.seed, now):
        return None
    zone = call.session.get_one(Practice, pace.practice_id).zone
    found = next_sessions(call.session, pace.practice_id, wall_clock(now, zone).date())
    return None if found is None else found[0]


def _back() -> str:
    """Return the address of the page in the window; of a form's answer that of the first page."""
    if request.headers.get("HX-Request") == "true":
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
        return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
