"""The rest of a clinic day, simulated patient by patient in continuous time.

Nothing here is shared with the live laws but the observed state: durations are drawn from the laws
themselves, what is left of the consultation that runs by drawing until a duration is long enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from objective import LiveDay, ServiceTime

Minutes = NDArray[np.float64]


@dataclass(frozen=True)
class SimulatedRest:
    """What happened on simulated days.

    Attributes
    ----------
    start
        By rank, when the patient was called, or would have been if it had come, (days,) minutes.
    earliest
        By rank, the moment before which the patient is certainly not called, minutes.
    end
        End of the last consultation, (days,) minutes; now where nobody was seen any more.
    free
        When the provider had done all work, absences included, (days,) minutes.
    """

    start: dict[int, Minutes]
    earliest: dict[int, float]
    end: Minutes
    free: Minutes


def simulate_rest(
    day: LiveDay, days: int, seed: int, before: float = float("inf")
) -> SimulatedRest:
    """Simulate independent days that go on from the observed state; arrivals until ``before``."""
    random = np.random.default_rng(seed)
    session, now = day.session, day.now
    available = max(0.0, now) if day.away_until is None else max(0.0, now, day.away_until)
    free, end = np.full(days, available), np.full(days, float(now))
    if day.since is not None:
        law = session.walk_ins.service_time if session.walk_ins else session.service_time
        if "in_consultation" in day.status:
            law = service_of(day, list(day.status).index("in_consultation"))
        end = day.since + longer_than(law, now - day.since, days, random)
        free = np.maximum(end, available)
    start: dict[int, Minutes] = {}
    earliest: dict[int, float] = {}

    def serve(law: ServiceTime, time: float, present: NDArray[np.bool_], patient: bool) -> Minutes:
        """Let somebody come, on the days on which the person is present."""
        nonlocal free, end
        called = np.maximum(free, time)
        for first, last in sorted(day.breaks) if patient else ():
            called = np.where((called >= first) & (called < last), last, called)
        done = called + law.sample((days,), random)
        free = np.where(present, done, free)
        end = np.where(present & patient, done, end)
        return called

    def book(rank: int, time: float, show: float) -> None:
        law = service_of(day, rank)
        start[rank] = serve(law, time, random.random(days) < show, True)
        earliest[rank] = max(available, time)

    minutes = [t * session.interval_length for t, x in enumerate(day.schedule) for _ in range(x)]
    line: list[tuple[float, int, int]] = [(came, 0, -1) for came in day.waiting_walk_ins]
    for rank, status in enumerate(day.status):
        if status == "waiting":
            line.append((max(minutes[rank], day.arrived.get(rank, minutes[rank])), 1, rank))
        if status == "expected" and minutes[rank] <= now:
            line.append((now, 1, rank))
    for _, booked, rank in sorted(line):
        if booked:
            book(rank, now, 1.0 if day.status[rank] == "waiting" else show_of(day, rank))
        else:
            assert session.walk_ins is not None
            serve(session.walk_ins.service_time, now, np.ones(days, bool), True)
    for interval in range(session.intervals):
        time = interval * session.interval_length
        if not now < time < before:
            continue
        for one in session.interruptions:
            if one.interval == interval:
                serve(one.work, time, random.random(days) < one.probability, False)
        if session.walk_ins is not None:
            law = session.walk_ins.count_laws(session.intervals)[interval]
            number = random.choice(law.size, size=days, p=law)
            for ahead in range(int(number.max())):
                serve(session.walk_ins.service_time, time, number > ahead, True)
        for rank, minute in enumerate(minutes):
            if minute == time and day.status[rank] == "expected":
                book(rank, time, show_of(day, rank))
    return SimulatedRest(start, earliest, end, free)


def longer_than(
    law: ServiceTime, elapsed: float, days: int, random: np.random.Generator
) -> Minutes:
    """Draw durations, given that they are longer than ``elapsed``, by rejection."""
    drawn = np.empty(0)
    while drawn.size < days:
        more = law.sample((days,), random)
        drawn = np.concatenate([drawn, more[more > elapsed + 1e-9]])
    return drawn[:days]


def service_of(day: LiveDay, rank: int) -> ServiceTime:
    """Return the law of a booked patient's consultation time."""
    session = day.session
    if session.patient_types is None or session.order is None:
        return session.service_time
    return session.patient_types[session.order[rank]].service_time or session.service_time


def show_of(day: LiveDay, rank: int) -> float:
    """Return the probability of a booked patient to come."""
    session = day.session
    if session.patient_types is not None and session.order is not None:
        no_show = session.patient_types[session.order[rank]].no_show
        return 1 - (session.no_show if no_show is None else no_show)
    return 1 - session.no_show
