"""Who and what may still come on a day that runs, in the order of service."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from objective.laws import Array
from objective.live.day import LiveDay
from objective.service_time import ServiceTime

#: Law of the number of pieces of work of who is there.
ONE = np.array([0.0, 1.0])


@dataclass(frozen=True)
class Arrival:
    """A random number of pieces of work that come together, independently of all others.

    Attributes
    ----------
    time
        When it comes, minutes from the start of the session; what is there comes now.
    service_time
        How long each piece takes.
    counts
        Law of their number, (numbers,).
    rank
        The booked patient's rank, from 0; None for walk-ins and interruptions.
    by_patients
        Whether patients bring it; the end of an interruption is not the end of a consultation.
    """

    time: float
    service_time: ServiceTime
    counts: Array
    rank: int | None = None
    by_patients: bool = True

    @property
    def nothing(self) -> float:
        """Probability that nobody comes."""
        return float(self.counts[0])


def arrivals(day: LiveDay) -> list[Arrival]:
    """Return the arrivals of the rest of the day in the order of service.

    An expected patient whose appointment time is not after now comes now with the probability to
    come. Walk-ins and interruptions of an interval that starts now or earlier have been observed;
    those of later intervals are to come.
    """
    return [*_present(day), *_to_come(day)]


def _present(day: LiveDay) -> Iterator[Arrival]:
    """Yield who waits and who is overdue; walk-ins before booked patients of the same moment."""
    now = float(day.now)
    queue: list[tuple[tuple[float, int], Arrival]] = []
    if day.session.walk_ins is not None:
        law = day.session.walk_ins.service_time
        queue += [((came, -1), Arrival(now, law, ONE)) for came in day.waiting_walk_ins]
    for rank, status in enumerate(day.status):
        if status == "waiting":
            queue.append(((day.place(rank), rank), _booked(day, rank, now, certain=True)))
        elif status == "expected" and day.appointments[rank] <= now:
            queue.append(((now, rank), _booked(day, rank, now)))
    for _, arrival in sorted(queue, key=lambda entry: entry[0]):
        yield arrival


def _to_come(day: LiveDay) -> Iterator[Arrival]:
    """Yield, interval by interval, interruptions, then walk-ins, then booked patients."""
    session = day.session
    numbers = session.walk_ins.count_laws(session.intervals) if session.walk_ins else []
    booked: dict[int, list[int]] = {}
    for rank, minute in enumerate(day.appointments):
        if day.status[rank] == "expected":
            booked.setdefault(round(minute / session.interval_length), []).append(rank)
    for interval in range(session.intervals):
        time = interval * session.interval_length
        if time <= day.now:
            continue
        for one in session.interruptions:
            if one.interval == interval:
                chance = np.array([1 - one.probability, one.probability])
                yield Arrival(time, one.work, chance, by_patients=False)
        if session.walk_ins is not None and numbers[interval][0] < 1:
            yield Arrival(time, session.walk_ins.service_time, numbers[interval])
        for rank in booked.get(interval, ()):
            yield _booked(day, rank, time)


def _booked(day: LiveDay, rank: int, time: float, certain: bool = False) -> Arrival:
    law = day.session.roster[rank].service_time
    show = float(day.session.shows[rank])
    return Arrival(time, law, ONE if certain else np.array([1 - show, show]), rank)
