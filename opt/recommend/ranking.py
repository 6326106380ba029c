"""Every open seat of many sessions priced in one batch per law, and put in order for one patient.

A seat's score, in weighted minutes, is what one more patient there costs everybody
(`objective.price_additions`), and what it does not fulfil (`opt.recommend.Importance`): days of
waiting times urgency, a provider, weekday or time that was not preferred, and an offer that may be
refused. The least score comes first.
"""

import time as clocks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import torch

from objective import Additions, InvalidInput, price_additions
from opt.recommend.importance import Importance
from opt.recommend.open_session import OpenSession
from opt.recommend.request import Request, same_clock
from opt.recommend.words import explanation
from opt.words import WEEKDAYS

#: Scores that differ by less are equal; then the earlier seat comes first, in the order given.
DIGITS = 9
#: Why seats are not offered.
EARLY, LATE = "before the earliest date", "after the latest date"


@dataclass(frozen=True)
class RankedSeat:
    """An open seat, what it costs and what it fulfils; minutes unless it says otherwise.

    Attributes
    ----------
    session, provider, interval, begins
        Where and when it is; ``begins`` is None if it is not known when the session does, and
        ``minute`` counts from there.
    score, cost
        Weighted minutes: what decides the order, and what the others lose alone.
    others_wait, own_wait
        What is added to the waits of all other patients together, and the new patient's own.
    waiting, idle, tardiness
        What is added to the mean wait, to the idle time and to the overtime.
    acceptance
        Probability that it is accepted.
    days
        Days from the earliest date on; None without dates.
    met, unmet
        Preferences that it fulfils, and that it does not: provider, weekday, time.
    """

    session: str
    provider: str
    interval: int
    minute: float
    begins: datetime | None
    score: float
    cost: float
    others_wait: float
    own_wait: float
    waiting: float
    idle: float
    tardiness: float
    acceptance: float
    days: float | None
    met: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def explanation(self) -> str:
        """What booking it means, in words."""
        return explanation(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the seat as plain names and numbers, with its explanation."""
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__},
            "begins": self.begins and self.begins.isoformat(),
            "met": list(self.met),
            "unmet": list(self.unmet),
            "explanation": self.explanation,
        }


@dataclass(frozen=True)
class Recommendation:
    """The seats in the order in which to offer them, and how many are not offered and why."""

    seats: tuple[RankedSeat, ...]
    left_out: Mapping[str, int]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the recommendation as plain names and numbers."""
        return {
            "seats": [{"rank": rank, **seat.to_dict()} for rank, seat in enumerate(self.seats, 1)],
            "left_out": dict(self.left_out),
            "seconds": self.seconds,
        }


def recommend(
    request: Request, sessions: Sequence[OpenSession], importance: Importance | None = None
) -> Recommendation:
    """Rank the open seats of published sessions for a new patient.

    Parameters
    ----------
    request
        The patient, the window and the preferences.
    sessions
        At least one, with names that differ.
    importance
        What preferences count for beside minutes.

    Raises
    ------
    InvalidInput
        If an argument is outside its range, if some moments have a time zone and some have none, if
        a window is asked for and a session has no date, or if a session's patients differ and the
        type of the new one is not among them.
    """
    began = clocks.perf_counter()
    if not isinstance(request, Request):
        raise InvalidInput("request", request, "a Request")
    importance = Importance() if importance is None else importance
    if not isinstance(importance, Importance):
        raise InvalidInput("importance", importance, "an Importance")
    sessions = _checked(request, sessions)
    left_out = {EARLY: 0, LATE: 0}
    seats: list[tuple[int, int]] = []
    begins: list[datetime | None] = []
    for index, session in enumerate(sessions):
        for interval in session.open:
            moment = session.begins(interval)
            why = _outside(request, moment)
            if why is None:
                seats.append((index, interval))
                begins.append(moment)
            else:
                left_out[why] += 1
    # Days count from the earliest date, else from the first seat.
    since = request.earliest or min((one for one in begins if one is not None), default=None)
    ranked = []
    for (index, interval), moment, numbers in zip(
        seats, begins, _priced(request, sessions, seats), strict=True
    ):
        seat = _seat(request, sessions[index], interval, moment, numbers, importance, since)
        ranked.append((round(seat.score, DIGITS), seat.days or 0.0, index, interval, seat))
    ranked.sort(key=lambda one: one[:4])
    return Recommendation(
        seats=tuple(seat for *_, seat in ranked),
        left_out={why: number for why, number in left_out.items() if number},
        seconds=clocks.perf_counter() - began,
    )


def _checked(request: Request, sessions: Sequence[OpenSession]) -> Sequence[OpenSession]:
    listed = isinstance(sessions, Sequence) and len(sessions) > 0
    if not listed or not all(isinstance(one, OpenSession) for one in sessions):
        raise InvalidInput("sessions", sessions, "a list of at least one OpenSession")
    names: set[str] = set()
    moments = [one for one in (request.earliest, request.latest) if one is not None]
    for session in sessions:
        if session.name in names:
            raise InvalidInput("session.name", session.name, "the name of one session only")
        names.add(session.name)
        if session.starts is not None:
            moments.append(session.starts)
            same_clock(f"session {session.name!r}, starts", moments[0], session.starts)
        elif request.earliest or request.latest:
            allowed = "known where an earliest or latest date is asked for"
            raise InvalidInput(f"session {session.name!r}, starts", None, allowed)
    return sessions


def _outside(request: Request, begins: datetime | None) -> str | None:
    """Return why a seat is not in the window; None if it is."""
    if begins is not None and request.earliest is not None and begins < request.earliest:
        return EARLY
    if begins is not None and request.latest is not None and begins > request.latest:
        return LATE
    return None


def _priced(
    request: Request, sessions: Sequence[OpenSession], seats: Sequence[tuple[int, int]]
) -> list[dict[str, float]]:
    """Return the minutes that each seat adds; sessions with the same law are priced together."""
    laws: dict[int, str] = {}
    by_law: dict[str, list[int]] = {}
    for place, (index, _) in enumerate(seats):
        objective = sessions[index].objective
        law = laws.get(id(objective)) or laws.setdefault(id(objective), sessions[index].law())
        by_law.setdefault(law, []).append(place)
    priced: list[dict[str, float]] = [{} for _ in seats]
    for places in by_law.values():
        # Sessions with the same bookings are one row, and their seats one.
        rows: dict[Sequence[int], int] = {}
        wanted: dict[tuple[int, int], int] = {}
        which = []
        for place in places:
            index, interval = seats[place]
            row = rows.setdefault(sessions[index].booked, len(rows))
            which.append(wanted.setdefault((row, interval), len(wanted)))
        added = price_additions(
            sessions[seats[places[0]][0]].objective,
            torch.tensor(list(rows)),
            torch.tensor(list(wanted)),
            request.patient,
        )
        columns = _columns(added)
        for place, one in zip(places, which, strict=True):
            priced[place] = {name: values[one] for name, values in columns.items()}
    return priced


def _columns(added: Additions) -> dict[str, list[float]]:
    names = ("cost", "others_wait", "own_wait", "waiting", "idle", "tardiness")
    return {name: getattr(added, name).tolist() for name in names}


def _seat(
    request: Request,
    session: OpenSession,
    interval: int,
    begins: datetime | None,
    numbers: Mapping[str, float],
    importance: Importance,
    since: datetime | None,
) -> RankedSeat:
    acceptance = session.accepted(interval)
    days = None
    if begins is not None and since is not None:
        days = (begins - since).total_seconds() / 86_400
    wanted: dict[str, bool] = {}
    if request.providers:
        wanted["provider"] = session.provider in request.providers
    if request.weekdays:
        wanted["weekday"] = begins is not None and WEEKDAYS[begins.weekday()] in request.weekdays
    if request.times:
        at = None if begins is None else begins.time()
        wanted["time"] = at is not None and any(low <= at < high for low, high in request.times)
    unmet = tuple(name for name, met in wanted.items() if not met)
    score = (
        numbers["cost"]
        + importance.day * request.urgency * (days or 0.0)
        + sum(getattr(importance, name) for name in unmet)
        + importance.refusal * (1 - acceptance)
    )
    return RankedSeat(
        session=session.name,
        provider=session.provider,
        interval=interval,
        minute=interval * session.objective.session.interval_length,
        begins=begins,
        score=score,
        acceptance=acceptance,
        days=days,
        met=tuple(name for name, met in wanted.items() if met),
        unmet=unmet,
        **numbers,
    )
