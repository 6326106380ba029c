"""How late events are while forty providers' days run, many listen and others book."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from serve.database import transaction
from serve.settings import Settings
from tests.serve.events.conftest import wait_until
from tests.serve.events.crowd import Followers
from tests.serve.events.running_days import Attendance, add_running_days, all_are_looked_at
from tests.serve.events.service import (
    PATIENCE,
    STREAMS_OF_USER,
    Bookers,
    Events,
    Sender,
    place,
    web_server,
    worker,
)

#: What the worker tells of days that run.
EXPECTED = ("appointment.expected", "clinic_day.outlook")


@dataclass(frozen=True)
class Figures:
    """What a crowd was told, and how late; seconds.

    Attributes
    ----------
    streams, events, told
        Clients, events that happened, and how often a client was told one.
    median, p99, latest
        From the beginning of the request that made an event until a client has it.
    after_answer_p99
        From the answer to that request until a client has it; 0 where the client was first.
    expected, expected_p99
        Events of what is expected of days that run, and how late they are after the worker began to
        look at what had happened.
    requests, request_p99
        Requests that booked, cancelled or noted, and how long they took.
    failures
        Requests that were not taken.
    wrong
        Clients that missed an event, were told one twice, in another order, or not for them.
    losses
        How often a client lost its stream.
    """

    streams: int
    events: int
    told: int
    median: float
    p99: float
    latest: float
    after_answer_p99: float
    expected: int
    expected_p99: float
    requests: int
    request_p99: float
    failures: tuple[str, ...]
    wrong: int
    losses: int


def measured(settings: Settings, seconds: float) -> Figures:
    """Let two hundred clients listen to forty days that run, while others book for some seconds."""
    with place(settings) as at, web_server(settings) as address, worker(settings):
        days = transaction(lambda session: add_running_days(session, at.clinic, STREAMS_OF_USER))
        wait_until(all_are_looked_at, PATIENCE)
        events = Events(settings)
        begun = at.last()
        followers = Followers(events.port, [one.token for one in days.listeners])
        try:
            assert followers.know(begun, PATIENCE), "not all streams are open"
            first = [one.known for one in followers.all]
            bookers = Bookers(address, at)
            attendance = Attendance(Sender(address, at.booker), days)
            time.sleep(seconds)
            bookers.stop()
            attendance.stop()
            last = at.last()
            all_there = followers.know(last, 30)
        finally:
            followers.go()
            events.stop()
        assert all_there, "some clients are not told everything"
        happened = at.events()
        senders = (bookers.sender, attendance.sender)
        answered = bookers.sender.answered | attendance.sender.answered
        late = [one for follower in followers.all for one in follower.late]
        by_people = [seconds for kind, seconds in late if kind not in EXPECTED]
        done = [one for sender in senders for one in sender.done]
        return Figures(
            streams=len(followers.all),
            events=sum(begun < one.id <= last for one in happened),
            told=len(late),
            median=at_rank(by_people, 0.5),
            p99=at_rank(by_people, 0.99),
            latest=max(by_people),
            after_answer_p99=at_rank(
                [
                    max(0.0, got - answered[what])
                    for follower in followers.all
                    for what, got in follower.got.items()
                    if what in answered
                ],
                0.99,
            ),
            expected=sum(one.kind in EXPECTED and begun < one.id <= last for one in happened),
            expected_p99=at_rank([seconds for kind, seconds in late if kind in EXPECTED], 0.99),
            requests=len(done),
            request_p99=at_rank(done, 0.99),
            failures=tuple(one for sender in senders for one in sender.failed),
            wrong=sum(
                [number for number in one.seen if number <= last]
                != [
                    event.id
                    for event in happened
                    if started < event.id <= last and listener.is_told(event)
                ]
                for one, started, listener in zip(followers.all, first, days.listeners, strict=True)
            ),
            losses=sum(one.losses for one in followers.all),
        )


def at_rank(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the others is."""
    return sorted(values)[int(part * len(values))]
