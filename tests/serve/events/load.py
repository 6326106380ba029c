"""How late events are while many listen and others book, measured on real processes."""

import time
from dataclasses import dataclass

from serve.settings import Settings
from tests.serve.events.crowd import Followers
from tests.serve.events.service import Bookers, Events, place, web_server


@dataclass(frozen=True)
class Figures:
    """What a crowd was told, and how late; seconds.

    Attributes
    ----------
    streams, events, told
        Clients, events that happened, and events that clients were told.
    median, p99, latest
        From the beginning of the request that made an event until a client has it.
    after_answer_p99
        From the answer to that request until a client has it; 0 where the client was first.
    bookings, booking_p99
        Requests that booked or cancelled, and how long they took.
    failures
        Requests that were not taken.
    wrong
        Clients that missed an event, were told one twice, or in another order.
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
    bookings: int
    booking_p99: float
    failures: tuple[str, ...]
    wrong: int
    losses: int


def measured(settings: Settings, streams: int, seconds: float) -> Figures:
    """Let so many clients listen while others book for some seconds."""
    with place(settings, streams) as at, web_server(settings) as address:
        events = Events(settings)
        followers = Followers(events.port, at.listeners)
        try:
            assert followers.know(at.last(), 120), "not all streams are open"
            bookers = Bookers(address, at)
            time.sleep(seconds)
            bookers.stop()
            all_there = followers.know(at.last(), 30)
        finally:
            followers.go()
            events.stop()
        happened = at.events()
        late = sorted(one for follower in followers.all for one in follower.late)
        after_answer = sorted(
            max(0.0, got - bookers.answered[what])
            for follower in followers.all
            for what, got in follower.got.items()
        )
        assert all_there, "some clients are not told everything"
        return Figures(
            streams=streams,
            events=len(happened),
            told=len(late),
            median=late[len(late) // 2],
            p99=late[int(0.99 * len(late))],
            latest=late[-1],
            after_answer_p99=after_answer[int(0.99 * len(after_answer))],
            bookings=len(bookers.done),
            booking_p99=sorted(bookers.done)[int(0.99 * len(bookers.done))],
            failures=tuple(bookers.failed),
            wrong=sum(one.seen != happened for one in followers.all),
            losses=sum(one.losses for one in followers.all),
        )
