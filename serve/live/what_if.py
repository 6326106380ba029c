"""A day as it would go on if something were done: a break, walk-ins, a cancellation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from objective import InvalidInput
from serve.errors import Conflict, NotFound
from serve.live.expectation import Expectation, ExpectedCall, expectations
from serve.live.standing import Standing, Visit


@dataclass(frozen=True)
class WhatIf:
    """What is thought of; of several things all together.

    Attributes
    ----------
    break_minutes, break_at
        A break of so many minutes from that moment on; None for none, and for now.
    walk_ins
        How many more patients come unbooked now.
    cancelled_id
        The appointment that is cancelled; None for none.
    """

    break_minutes: int | None = None
    break_at: datetime | None = None
    walk_ins: int = 0
    cancelled_id: UUID | None = None


@dataclass(frozen=True)
class StartDifference:
    """By how many minutes a patient is called later."""

    appointment_id: UUID
    minutes: float


@dataclass(frozen=True)
class Comparison:
    """A day as it is and with what is thought of.

    Attributes
    ----------
    starts
        Of each patient who is expected either way, in the order of service as it is.
    finish_minutes, overtime_probability, expected_overtime
        By how much each would grow.
    """

    as_it_is: Expectation
    with_it: Expectation
    starts: Sequence[StartDifference]
    finish_minutes: float
    overtime_probability: float
    expected_overtime: float


def compare(day: Standing, thought: WhatIf, now: datetime) -> Comparison:
    """Return a day as it is and with what is thought of, both from the same state.

    Raises
    ------
    InvalidInput
        If the break does not begin from now on and within the session's day.
    NotFound
        If nobody has such an appointment on this day.
    Conflict
        If the day is over, no patients can come unbooked now, or the one to cancel is being seen
        or was.
    """
    if day.state(now) == "over":
        raise Conflict("The session is over.", "over")
    as_it_is, with_it = expectations([day, changed(day, thought, now)], now)
    later = {call.appointment_id: call.expected_at for call in with_it.calls}
    return Comparison(
        as_it_is=as_it_is,
        # Walk-ins who are only thought of are nobody's appointments.
        with_it=replace(with_it, calls=_known(day, with_it)),
        starts=[
            StartDifference(
                call.appointment_id, _minutes(later[call.appointment_id] - call.expected_at)
            )
            for call in as_it_is.calls
            if call.appointment_id in later
        ],
        finish_minutes=_minutes(with_it.finish_at - as_it_is.finish_at),
        overtime_probability=with_it.overtime_probability - as_it_is.overtime_probability,
        expected_overtime=with_it.expected_overtime - as_it_is.expected_overtime,
    )


def changed(day: Standing, thought: WhatIf, now: datetime) -> Standing:
    """Return a day with what is thought of; raise what `compare` raises."""
    if thought.cancelled_id is not None:
        day = _without(day, thought.cancelled_id)
    if thought.walk_ins:
        day = _with_walk_ins(day, thought.walk_ins, now)
    if thought.break_minutes is not None:
        day = _with_break(day, thought.break_minutes, thought.break_at or now, now)
    return day


def _without(day: Standing, appointment_id: UUID) -> Standing:
    found = [visit for visit in day.visits if visit.appointment_id == appointment_id]
    if not found:
        raise NotFound("appointment")
    if found[0].status not in ("booked", "arrived"):
        raise Conflict("The patient is being seen, or was.", "status")
    return replace(day, visits=[visit for visit in day.visits if visit is not found[0]])


def _with_walk_ins(day: Standing, number: int, now: datetime) -> Standing:
    if not (day.open and day.starts_at <= now < day.ends_at):
        raise Conflict("The provider holds no open session now.", "no_session")
    came = day.minutes(now)
    interval = int(came // day.planned.session.interval_length)
    interval = min(interval, day.planned.session.intervals - 1)
    # Numbered beyond all seats: they come after everybody who came unbooked before.
    walk_ins = [
        Visit(uuid4(), uuid4(), "arrived", True, interval, 10**9 + one, came, arrived=came)
        for one in range(number)
    ]
    return replace(day, visits=[*day.visits, *walk_ins])


def _with_break(day: Standing, minutes: int, at: datetime, now: datetime) -> Standing:
    if at == now:
        # As it is done: a break that is taken is replaced.
        return replace(day, away_until=now + timedelta(minutes=minutes))
    last = max(day.ends_at, now) + timedelta(hours=12)
    if not now <= at <= last:
        allowed = "a moment from now on, and at most twelve hours after the end of the session"
        raise InvalidInput("break_at", at.isoformat(), allowed)
    first = day.minutes(at)
    return replace(day, breaks=[*day.breaks, (first, first + minutes)])


def _known(day: Standing, found: Expectation) -> list[ExpectedCall]:
    known = {visit.appointment_id for visit in day.visits}
    return [call for call in found.calls if call.appointment_id in known]


def _minutes(difference: timedelta) -> float:
    return difference.total_seconds() / 60
