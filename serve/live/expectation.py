"""What is expected of days: the end of each, and when each patient is called, as moments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from objective import LiveProfile, live_profiles
from serve.live.observation import Observation, observe
from serve.live.planned_session import MASSES, STEP
from serve.live.standing import Standing, State, Visit


@dataclass(frozen=True)
class ExpectedCall:
    """When a patient who waits or is expected is called, if the patient comes.

    Attributes
    ----------
    starts_at
        The time of the appointment.
    expected_at, earliest_at, latest_at
        The mean, and the quantiles of 10 and 90 %: an interval of 80 %.
    before
        How many of the patients who are known come before, whoever is in consultation included.
    """

    appointment_id: UUID
    patient_id: UUID
    status: str
    walk_in: bool
    starts_at: datetime
    arrived_at: datetime | None
    expected_at: datetime
    earliest_at: datetime
    latest_at: datetime
    before: int


@dataclass(frozen=True)
class Expectation:
    """How a day is expected to go on.

    Attributes
    ----------
    at
        The moment of the observation.
    current_id, current_since
        The appointment whose consultation runs, and since when; None for none.
    finish_at, finish_earliest_at, finish_latest_at
        The end of the last consultation and its interval of 80 %. When nobody is to be seen any
        more all three are the end of the last one that was, or the start where there was none.
    overtime_probability, expected_overtime
        That the session ends after its planned end, and by how many minutes on average.
    calls
        Of each patient who waits or is expected, in the order of service.
    """

    clinic_day_id: UUID
    provider_id: UUID
    clinic_day_version: int
    state: State
    at: datetime
    starts_at: datetime
    ends_at: datetime
    away_until: datetime | None
    current_id: UUID | None
    current_since: datetime | None
    finish_at: datetime
    finish_earliest_at: datetime
    finish_latest_at: datetime
    overtime_probability: float
    expected_overtime: float
    calls: list[ExpectedCall] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many are there and wait."""
        return sum(call.status == "arrived" for call in self.calls)

    @property
    def to_come(self) -> int:
        """How many are booked and have not come."""
        return len(self.calls) - self.waiting


def expectations(days: Sequence[Standing], now: datetime) -> list[Expectation]:
    """Return what is expected of each day, all computed in one batch."""
    observed = {
        number: observe(day, now)
        for number, day in enumerate(days)
        if day.state(now) != "over" and _somebody_may_come(day)
    }
    profiles = live_profiles([one.day for one in observed.values()], STEP, masses=MASSES)
    by_number = dict(zip(observed, profiles, strict=True))
    return [
        _expected(day, now, observed[number], by_number[number])
        if number in observed
        else _settled(day, now)
        for number, day in enumerate(days)
    ]


def _somebody_may_come(day: Standing) -> bool:
    """Return whether a consultation runs, or one may still begin."""
    if day.current is not None or (day.open and day.planned.session.walk_ins is not None):
        return True
    return any(visit.status in ("booked", "arrived") for visit in day.visits)


def _settled(day: Standing, now: datetime) -> Expectation:
    """Return how a day ended on which nobody is to be seen any more."""
    ends = [visit.ended for visit in day.visits if visit.ended is not None]
    finish = max(ends, default=0.0)
    late = max(finish - day.length, 0.0)
    return _told(day, now, (finish, finish, finish), float(late > 0), late, [])


def _expected(
    day: Standing, now: datetime, observed: Observation, profile: LiveProfile
) -> Expectation:
    first = 0 if day.current is None else 1
    rows = profile.rank.tolist()
    starts = zip(
        profile.expected_start.tolist(),
        profile.start_low.tolist(),
        profile.start_high.tolist(),
        strict=True,
    )
    by_visit = {
        observed.visits[rank].appointment_id: times
        for rank, times in zip(rows, starts, strict=True)
    }
    calls = [
        _call(day, visit, by_visit[visit.appointment_id], first + number)
        for number, visit in enumerate(observed.line())
    ]
    finish = (
        profile.expected_finish,
        profile.finish_quantile(0.1),
        profile.finish_quantile(0.9),
    )
    return _told(day, now, finish, profile.overtime_probability, profile.expected_overtime, calls)


def _call(
    day: Standing, visit: Visit, times: tuple[float, float, float], before: int
) -> ExpectedCall:
    expected, low, high = (_moment(day, minutes) for minutes in times)
    return ExpectedCall(
        appointment_id=visit.appointment_id,
        patient_id=visit.patient_id,
        status=visit.status,
        walk_in=visit.walk_in,
        starts_at=_moment(day, visit.starts),
        arrived_at=None if visit.arrived is None else _moment(day, visit.arrived),
        expected_at=expected,
        earliest_at=low,
        latest_at=high,
        before=before,
    )


def _told(
    day: Standing,
    now: datetime,
    finish: tuple[float, float, float],
    overtime_probability: float,
    expected_overtime: float,
    calls: list[ExpectedCall],
) -> Expectation:
    current = day.current
    since = None if current is None or current.started is None else _moment(day, current.started)
    finish_at, earliest, latest = (_moment(day, minutes) for minutes in finish)
    away = day.away_until
    return Expectation(
        clinic_day_id=day.clinic_day_id,
        provider_id=day.provider_id,
        clinic_day_version=day.version,
        state=day.state(now),
        at=now,
        starts_at=day.starts_at,
        ends_at=day.ends_at,
        away_until=away if away is not None and away > now else None,
        current_id=None if current is None else current.appointment_id,
        current_since=since,
        finish_at=finish_at,
        finish_earliest_at=earliest,
        finish_latest_at=latest,
        # As far as they are worth being told: the same whatever else was computed with them.
        overtime_probability=round(overtime_probability, 6),
        expected_overtime=round(expected_overtime, 6),
        calls=calls,
    )


def _moment(day: Standing, minutes: float) -> datetime:
    """Return a moment to the second, as far as it is worth being told."""
    return day.starts_at + timedelta(seconds=round(60 * minutes))
