"""The figures of some sessions together, each with how much it is told from.

What nothing was recorded for is None, not 0.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, median
from uuid import UUID

from serve.figures.days import CAME, Day, Visit
from serve.figures.measured import Measured, measured_figures, waits_of
from serve.figures.planned import Planned, planned_figures

#: Standard deviations that hold 95% of a normal law.
NORMAL_95 = 1.959963984540054
SECONDS_OF_A_DAY = 86_400
GROUPS = ("total", "provider", "week", "provider_week")


@dataclass(frozen=True)
class Compared:
    """A figure as planned and as measured.

    Attributes
    ----------
    planned, planned_count
        Over all sessions with a booked patient, and how many sessions those are.
    measured, measured_count
        As recorded, and of how many: patients for waits, sessions for all else.
    planned_where_measured
        Over the sessions that were measured, to compare the two.
    """

    planned: float | None
    planned_count: int
    measured: float | None
    measured_count: int
    planned_where_measured: float | None


@dataclass(frozen=True)
class Access:
    """Days from the request to the appointment."""

    appointments: int
    mean_days: float | None
    median_days: float | None


@dataclass(frozen=True)
class NoShows:
    """How many of those expected did not come, and Wilson's 95% interval of the rate (1927)."""

    expected: int
    missed: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Figures:
    """Figures of sessions; minutes unless it is said otherwise.

    Attributes
    ----------
    provider_id, week
        Whose sessions, and the Monday of which week; None for all.
    sessions, booked, walk_ins
        How many sessions, appointments without walk-ins, and walk-ins.
    utilisation
        Time with patients as a share of the sessions' planned time.
    waiting
        Of a booked patient who comes.
    overtime, idle
        Of the provider, in a session.
    """

    provider_id: UUID | None
    week: date | None
    sessions: int
    booked: int
    walk_ins: int
    utilisation: Compared
    access: Access
    no_shows: NoShows
    waiting: Compared
    overtime: Compared
    idle: Compared


@dataclass(frozen=True)
class Session:
    """A session, what was expected of it and what was recorded; None for nothing."""

    day: Day
    planned: Planned | None
    measured: Measured | None


def sessions_of(days: Sequence[Day]) -> list[Session]:
    """Return sessions with what was expected of each and what was recorded."""
    return [
        Session(day, planned, measured_figures(day))
        for day, planned in zip(days, planned_figures(days), strict=True)
    ]


def figures_by(sessions: Sequence[Session], by: str) -> list[Figures]:
    """Return the figures of sessions, by one of `GROUPS`; in total also if there is no session."""
    groups: dict[tuple[UUID | None, date | None], list[Session]] = defaultdict(list)
    if by == "total":
        groups[None, None] = []
    for one in sessions:
        provider = one.day.provider_id if by in ("provider", "provider_week") else None
        week = one.day.week if by in ("week", "provider_week") else None
        groups[provider, week].append(one)
    order = sorted(groups, key=lambda key: (str(key[0]), key[1] or date.min))
    return [_figures(groups[key], *key) for key in order]


def no_show_rate(missed: int, expected: int) -> NoShows:
    """Return the share of those expected who did not come, with its interval."""
    if not expected:
        return NoShows(0, 0, None, None, None)
    rate, square = missed / expected, NORMAL_95**2
    middle = (rate + square / (2 * expected)) / (1 + square / expected)
    spread = math.sqrt(rate * (1 - rate) / expected + square / (4 * expected**2))
    half = NORMAL_95 * spread / (1 + square / expected)
    return NoShows(expected, missed, rate, max(0.0, middle - half), min(1.0, middle + half))


def _figures(group: list[Session], provider: UUID | None, week: date | None) -> Figures:
    booked = [visit for one in group for visit in one.day.visits if not visit.walk_in]
    missed = sum(visit.status == "no_show" for visit in booked)
    came = sum(visit.status in CAME for visit in booked)
    visits = sum(len(one.day.visits) for one in group)
    return Figures(
        provider_id=provider,
        week=week,
        sessions=len(group),
        booked=len(booked),
        walk_ins=visits - len(booked),
        utilisation=_utilisation(group),
        access=_access(booked),
        no_shows=no_show_rate(missed, missed + came),
        waiting=_waiting(group),
        overtime=_per_session(group, "overtime"),
        idle=_per_session(group, "idle"),
    )


def _access(booked: list[Visit]) -> Access:
    days = [
        max(0.0, (visit.starts_at - visit.requested_at).total_seconds()) / SECONDS_OF_A_DAY
        for visit in booked
    ]
    if not days:
        return Access(0, None, None)
    return Access(len(days), fmean(days), median(days))


def _utilisation(group: list[Session]) -> Compared:
    planned = [(one.planned.work, one.day.minutes) for one in group if one.planned is not None]
    both = [
        (one.planned.work, one.day.minutes)
        for one in group
        if one.planned is not None and one.measured is not None
    ]
    measured = [(one.measured.work, one.day.minutes) for one in group if one.measured is not None]
    return Compared(_share(planned), len(planned), _share(measured), len(measured), _share(both))


def _waiting(group: list[Session]) -> Compared:
    planned = [one.planned for one in group if one.planned is not None]
    waits = [wait for one in group for wait in waits_of(one.day)]
    both = [one.planned for one in group if one.planned is not None and waits_of(one.day)]
    return Compared(
        _mean_wait(planned),
        len(planned),
        fmean(waits) if waits else None,
        len(waits),
        _mean_wait(both),
    )


def _per_session(group: list[Session], name: str) -> Compared:
    """Return a figure of which each session has one, by its name."""
    planned = [getattr(one.planned, name) for one in group if one.planned is not None]
    measured = [getattr(one.measured, name) for one in group if one.measured is not None]
    both = [
        getattr(one.planned, name)
        for one in group
        if one.planned is not None and one.measured is not None
    ]
    return Compared(_mean(planned), len(planned), _mean(measured), len(measured), _mean(both))


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None


def _share(pairs: list[tuple[float, float]]) -> float | None:
    """Return the sum of parts over the sum of wholes."""
    return sum(part for part, _ in pairs) / sum(whole for _, whole in pairs) if pairs else None


def _mean_wait(planned: list[Planned]) -> float | None:
    """Return the mean wait of all who are expected to come."""
    return _share([(one.waiting * one.seen, one.seen) for one in planned])
