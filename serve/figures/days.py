"""Sessions of a practice with their appointments, as far as figures need them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, ClinicDay, Seat

#: Patients who are expected, or came, or did not: not those who cancelled or only hold a seat.
BOOKED = ("booked", "arrived", "in_consultation", "completed", "no_show")
CAME = ("arrived", "in_consultation", "completed")


@dataclass(frozen=True)
class Visit:
    """An appointment of a session, in moments of UTC."""

    interval: int
    status: str
    walk_in: bool
    requested_at: datetime
    starts_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def seen(self) -> tuple[datetime, datetime] | None:
        """When the consultation began and ended; None if one of both is not known."""
        if self.started_at is None or self.ended_at is None or self.ended_at < self.started_at:
            return None
        return self.started_at, self.ended_at


@dataclass(frozen=True)
class Day:
    """A session with its visits."""

    provider_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    objective: dict[str, Any]
    visits: list[Visit] = field(default_factory=list)

    @property
    def week(self) -> date:
        """The Monday of the session's week."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def minutes(self) -> float:
        """Planned length."""
        return minutes_between(self.starts_at, self.ends_at)

    @property
    def consultations(self) -> list[tuple[datetime, datetime]]:
        """When consultations began and ended, as far as both are known, in order."""
        return sorted(visit.seen for visit in self.visits if visit.seen is not None)


def days_of_practice(session: Session, practice_id: UUID, first: date, last: date) -> list[Day]:
    """Return the sessions from one date to another, both included, with their appointments."""
    within = (
        ClinicDay.practice_id == practice_id,
        ClinicDay.day >= first,
        ClinicDay.day <= last,
    )
    visits = _visits(session, within)
    query = select(
        ClinicDay.id,
        ClinicDay.provider_id,
        ClinicDay.day,
        ClinicDay.starts_at,
        ClinicDay.ends_at,
        ClinicDay.objective,
    ).where(*within)
    return [
        Day(provider, day, starts, ends, objective, visits[identifier])
        for identifier, provider, day, starts, ends, objective in session.execute(
            query.order_by(ClinicDay.starts_at, ClinicDay.id)
        )
    ]


def minutes_between(first: datetime, last: datetime) -> float:
    """Return how many minutes lie between two moments."""
    return (last - first).total_seconds() / 60


def _visits(session: Session, within: Iterable[Any]) -> dict[UUID, list[Visit]]:
    query = (
        select(
            Seat.clinic_day_id,
            Seat.interval,
            Seat.starts_at,
            Appointment.status,
            Appointment.walk_in,
            Appointment.booked_at,
            Appointment.created_at,
            Appointment.arrived_at,
            Appointment.started_at,
            Appointment.ended_at,
        )
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(*within, Appointment.status.in_(BOOKED))
        .order_by(Seat.starts_at, Appointment.id)
    )
    found: dict[UUID, list[Visit]] = defaultdict(list)
    for day, interval, starts, status, walk_in, booked, made, *times in session.execute(query):
        found[day].append(Visit(interval, status, walk_in, booked or made, starts, *times))
    return found
