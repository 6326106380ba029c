"""What sessions turned out to be, by the times that were recorded."""

from dataclasses import dataclass
from datetime import datetime

from serve.figures.days import Day, minutes_between


@dataclass(frozen=True)
class Measured:
    """What was recorded of a session; minutes.

    Attributes
    ----------
    waits
        Of booked patients whose consultation began: from the appointment, or from the arrival of
        one who came later.
    idle
        Without a consultation, from the session's start to its planned end or a later last one.
    overtime
        From the planned end to that of the last consultation.
    work
        Time with a consultation.
    """

    waits: list[float]
    idle: float
    overtime: float
    work: float


def measured_figures(day: Day) -> Measured | None:
    """Return what was recorded of a session; None if no consultation has a beginning and an end."""
    consultations = day.consultations
    if not consultations:
        return None
    end = max(day.ends_at, max(ended for _, ended in consultations))
    return Measured(
        waits=waits_of(day),
        idle=minutes_between(day.starts_at, end) - _busy(consultations, day.starts_at, end),
        overtime=minutes_between(day.ends_at, end),
        work=_busy(consultations, min(day.starts_at, consultations[0][0]), end),
    )


def waits_of(day: Day) -> list[float]:
    """Return the waits of booked patients whose consultation began, in the order of their seats."""
    waits = []
    for visit in day.visits:
        if visit.started_at is None or visit.walk_in:
            continue
        ready = max(visit.starts_at, visit.arrived_at or visit.starts_at)
        waits.append(max(0.0, minutes_between(ready, visit.started_at)))
    return waits


def _busy(consultations: list[tuple[datetime, datetime]], first: datetime, last: datetime) -> float:
    """Return for how many minutes within a time there was a consultation, overlaps counted once."""
    busy, until = 0.0, first
    for started, ended in consultations:
        begins, ends = max(started, until), min(ended, last)
        if ends > begins:
            busy += minutes_between(begins, ends)
            until = ends
    return busy
