"""From a clinic day as it stands to what `objective` follows: the one place where they meet.

What the exact evaluation takes for granted, a real day does not keep to. So that there is a profile
whatever was recorded, only what bears on the rest of the day is handed on, in these ways:

- Who is done, did not come or cancelled no longer matters, so that no order in which patients were
  called can contradict anything. Who is in consultation is put first; whoever waits comes after,
  also a patient who was passed over.
- The consultation that runs is the one that began last (`Standing.current`). One that takes longer
  than its law allows is expected to go on for as long again as it is too long already, by an
  exponential law, and on average for no longer than a whole consultation.
- Moments after now count as now, and those a day before the session as then.
- Everybody is a booked patient, walk-ins and extra seats too, each with a law of its own: so
  walk-ins who wait have an expected start like all others. They follow who came before them, and
  precede the patient booked for the moment at which they came; with priority they go before all who
  wait.
- A patient who came before the appointment goes before nobody who is booked earlier and may still
  come in time: the patient is then expected at the own time, for certain. Where nobody is booked
  in between, the patient is called as soon as the provider is free.
- A patient who is overdue comes the less probably the later it is: of those who come late the mean
  lateness is taken to be ten minutes, and one patient in a hundred not to come where the session
  says that all do. Without that every no-show that nobody records would delay the day to its end.
- No walk-ins are to come to a session that is closed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from objective import InvalidInput, LiveDay, PatientType, ServiceTime, Status
from objective.live.arrivals import arrivals
from objective.live.day import MARGIN
from objective.patients import Patient
from serve.live.standing import Standing, Visit

#: Mean lateness of a patient who comes late, minutes.
LATENESS = 10.0
#: Smallest and largest probability of a patient who is overdue not to come.
LEAST_NO_SHOW, MOST_NO_SHOW = 0.01, 1 - 1e-6
#: Minutes before its start from which a session is observed: until then waiting changes nothing.
BEFORE_START = 1.0


@dataclass(frozen=True)
class Observation:
    """A clinic day as `objective` follows it.

    Attributes
    ----------
    day
        What has been observed.
    visits
        Who is meant by each rank of the day.
    """

    day: LiveDay
    visits: Sequence[Visit]

    def line(self) -> list[Visit]:
        """Return who waits or is expected, in the order of service."""
        return [self.visits[one.rank] for one in arrivals(self.day) if one.rank is not None]


@dataclass(frozen=True)
class _Place:
    """Where a visit stands in the day that is followed."""

    interval: int
    order: tuple[float, ...]
    visit: Visit
    patient: Patient
    status: Status
    arrived: float | None = None


def observe(standing: Standing, now: datetime) -> Observation:
    """Return what is observed of a session that is not over."""
    minute, current = standing.minutes(now), standing.current
    minute = max(minute, -BEFORE_START if current is None else -MARGIN)
    places = list(_waiting_and_expected(standing, minute))
    since = None
    if current is not None and current.started is not None:
        patient = _patient(standing, current)
        since = min(max(current.started, -MARGIN), minute)
        law, elapsed = _running(patient.service_time, minute - since)
        since = minute - elapsed
        patient = replace(patient, service_time=law)
        came = min(since, 0.0)
        places.append(_Place(0, (-2.0,), current, patient, "in_consultation", came))
    return _observation(standing, minute, since, places)


def _waiting_and_expected(standing: Standing, minute: float) -> Sequence[_Place]:
    found = []
    length = standing.planned.session.interval_length
    times = [one.interval * length for one in standing.visits if one.status == "booked"]
    next_due = min((due for due in times if due > minute), default=math.inf)
    for visit in standing.visits:
        patient, due = _patient(standing, visit), visit.interval * length
        # Of the same interval walk-ins come first, as in the chains.
        order = (0.0 if visit.walk_in else 1.0, visit.starts, visit.number)
        if visit.status == "arrived":
            came = visit.starts if visit.arrived is None else visit.arrived
            came = min(max(came, -MARGIN), minute)
            if visit.walk_in and standing.planned.priority:
                first = min(0.0, minute)
                found.append(_Place(0, (-1.0, came), visit, patient, "waiting", first))
            elif next_due < due:
                certain = replace(patient, no_show=0.0)
                found.append(_Place(visit.interval, order, visit, certain, "expected"))
            else:
                found.append(_Place(visit.interval, order, visit, patient, "waiting", came))
        elif visit.status == "booked":
            no_show = _still_to_miss(patient.no_show, minute - due)
            patient = replace(patient, no_show=no_show)
            found.append(_Place(visit.interval, order, visit, patient, "expected"))
    return found


def _observation(
    standing: Standing, minute: float, since: float | None, places: Sequence[_Place]
) -> Observation:
    session = standing.planned.session
    places = sorted(places, key=lambda one: (one.interval, one.order))
    kinds: dict[tuple[int, float], str] = {}
    types: dict[str, PatientType] = {}
    order = []
    for place in places:
        key = (id(place.patient.service_time), place.patient.no_show)
        name = kinds.setdefault(key, str(len(kinds)))
        types.setdefault(name, PatientType(place.patient.service_time, place.patient.no_show))
        order.append(name)
    schedule = [0] * session.intervals
    for place in places:
        schedule[place.interval] += 1
    status: list[Status] = [place.status for place in places]
    if not places:
        # A session has a patient at least: here one who does not come.
        schedule[0], status = 1, ["cancelled"]
    away = None if standing.away_until is None else standing.minutes(standing.away_until)
    day = LiveDay(
        replace(
            session,
            patients=max(1, len(places)),
            walk_ins=session.walk_ins if standing.open else None,
            patient_types=types or None,
            order=order or None,
        ),
        schedule,
        minute,
        status,
        since,
        arrived={
            rank: place.arrived for rank, place in enumerate(places) if place.arrived is not None
        },
        away_until=away if away is not None and away > minute else None,
        breaks=standing.breaks,
    )
    return Observation(day, [place.visit for place in places])


def _patient(standing: Standing, visit: Visit) -> Patient:
    """Return what is known of a patient before the day."""
    if visit.walk_in:
        return standing.planned.walk_in
    return standing.planned.of_seat(visit.rank)


def _still_to_miss(no_show: float, overdue: float) -> float:
    """Return the probability that a patient does not come who is overdue by some minutes."""
    if overdue <= 0:
        return no_show
    missing = max(no_show, LEAST_NO_SHOW)
    late = missing / (missing + (1 - missing) * math.exp(-overdue / LATENESS))
    return min(late, MOST_NO_SHOW)


def _running(law: ServiceTime, elapsed: float) -> tuple[ServiceTime, float]:
    """Return a law of a consultation that runs, and for how long it has: what a law allows."""
    try:
        law.remaining(elapsed)
    except InvalidInput:
        beyond = elapsed - _longest(law, elapsed)
        return ServiceTime.exponential(min(max(beyond, 1e-3), law.mean)), 0.0
    return law, elapsed


def _longest(law: ServiceTime, elapsed: float) -> float:
    """Return how long a consultation may take by its law, which is less than ``elapsed``."""
    possible, impossible = 0.0, elapsed
    while impossible - possible > 1e-3:
        middle = (possible + impossible) / 2
        try:
            law.remaining(middle)
        except InvalidInput:
            impossible = middle
        else:
            possible = middle
    return possible
