"""Clinic days as the database has them at a moment: their grids and who is booked on them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from serve.live.planned_session import PlannedSession, planned_session
from serve.models import Appointment, ClinicDay, Seat, VisitType

#: Who is expected, is there, or was: not who only holds a seat, who cancelled or did not come.
COUNTED = ("booked", "arrived", "in_consultation", "completed")
#: Of the others a seat that was withdrawn says that they do not come.
PRESENT = ("arrived", "in_consultation", "completed")
#: Minutes after its planned end after which a session is over whatever was recorded.
LONGEST_OVERTIME = 720.0

State = Literal["ahead", "running", "over"]


@dataclass(frozen=True)
class Visit:
    """A patient of a clinic day; moments in minutes from the start of the session.

    Attributes
    ----------
    interval, starts
        The interval of its seat, and the time of the appointment.
    rank
        Which of the schedule's seats it has, from 0; None for a seat beside the schedule.
    arrived, started, ended
        When each happened; None for what has not.
    """

    appointment_id: UUID
    patient_id: UUID
    status: str
    walk_in: bool
    interval: int
    number: int
    starts: float
    rank: int | None = None
    arrived: float | None = None
    started: float | None = None
    ended: float | None = None


@dataclass(frozen=True)
class Standing:
    """A clinic day with who is booked on it.

    Attributes
    ----------
    version
        Of the clinic day.
    open
        Whether seats can be booked, and so whether patients may still walk in.
    away_until
        The moment before which the provider begins no consultation; None for no such moment.
    visits
        In the order of their seats.
    breaks
        Pairs of minutes: breaks that are only thought of.
    """

    clinic_day_id: UUID
    practice_id: UUID
    provider_id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    open: bool
    away_until: datetime | None
    planned: PlannedSession
    visits: Sequence[Visit]
    breaks: Sequence[tuple[float, float]] = ()

    @property
    def length(self) -> float:
        """Planned length, minutes."""
        return self.minutes(self.ends_at)

    def minutes(self, moment: datetime) -> float:
        """Return a moment in minutes from the start of the session."""
        return (moment - self.starts_at).total_seconds() / 60

    @property
    def current(self) -> Visit | None:
        """Who is in consultation; None for nobody.

        Of several consultations that are marked as running it is the one that began last; one that
        began before another that is over is taken to have ended when that one began: a provider
        sees one patient at a time, and ends are what is most easily forgotten.
        """
        begun = [
            (one.started, one.status == "in_consultation", number)
            for number, one in enumerate(self.visits)
            if one.started is not None
        ]
        if not begun:
            return None
        _, running, number = max(begun)
        return self.visits[number] if running else None

    def state(self, now: datetime) -> State:
        """Return whether the session is ahead, runs, or is over.

        It begins at its time, or with a consultation before it. After its planned end it runs until
        nobody who came is left, for at most twelve hours: who has not come by then comes no more.
        """
        there = any(one.status == "arrived" for one in self.visits) or self.current is not None
        if self.current is None and now < self.starts_at:
            return "ahead"
        late = self.minutes(now) - self.length
        return "over" if late >= 0 and (not there or late >= LONGEST_OVERTIME) else "running"


def standings(session: Session, clinic_day_ids: Iterable[UUID]) -> list[Standing]:
    """Return clinic days as they stand, in the order of their starts, in two queries."""
    identifiers = list(clinic_day_ids)
    days = session.execute(
        select(
            ClinicDay.id, ClinicDay.practice_id, ClinicDay.provider_id, ClinicDay.version,
            ClinicDay.starts_at, ClinicDay.ends_at, ClinicDay.open, ClinicDay.away_until,
            ClinicDay.interval_minutes, ClinicDay.objective,
            VisitType.service_time, VisitType.no_show,
        )
        .join(VisitType, VisitType.id == ClinicDay.visit_type_id)
        .where(ClinicDay.id.in_(identifiers))
        .order_by(ClinicDay.starts_at, ClinicDay.id)
    ).all()  # fmt: skip
    seats = _seats(session, identifiers)
    found = []
    for day in days:
        length = (day.ends_at - day.starts_at).total_seconds() / 60
        intervals = max(1, round(length / day.interval_minutes))
        planned = planned_session(
            day.objective, intervals, day.interval_minutes, day.service_time, day.no_show
        )
        found.append(
            Standing(
                day.id, day.practice_id, day.provider_id, day.version, day.starts_at, day.ends_at,
                day.open, day.away_until, planned, _visits(day.starts_at, intervals, seats[day.id]),
            )
        )  # fmt: skip
    return found


def _seats(session: Session, identifiers: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Return the seats of each day in their order, each with whoever has it."""
    has = and_(Appointment.seat_id == Seat.id, Appointment.status.in_(COUNTED))
    query = (
        select(
            Seat.clinic_day_id, Seat.interval, Seat.number, Seat.starts_at, Seat.extra,
            Seat.withdrawn, Appointment.id, Appointment.patient_id, Appointment.status,
            Appointment.walk_in, Appointment.arrived_at, Appointment.started_at,
            Appointment.ended_at,
        )
        .outerjoin(Appointment, has)
        .where(Seat.clinic_day_id.in_(identifiers))
        .order_by(Seat.clinic_day_id, Seat.interval, Seat.number)
    )  # fmt: skip
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.clinic_day_id].append(row)
    return found


def _visits(starts_at: datetime, intervals: int, seats: Iterable[Any]) -> list[Visit]:
    """Return the visits that are there.

    A patient's law is that for which the patient's seat was planned, by its place in the schedule,
    whoever else is booked: empty seats before it change nothing. Seats that staff added are of the
    session's own law. Who has a seat that was withdrawn counts only once the patient has come.
    """
    rank, visits = 0, []
    for seat in seats:
        planned = not (seat.extra or seat.withdrawn)
        if seat.id is not None and (not seat.withdrawn or seat.status in PRESENT):
            arrived, started, ended = (
                None if at is None else (at - starts_at).total_seconds() / 60
                for at in (seat.arrived_at, seat.started_at, seat.ended_at)
            )
            visits.append(
                Visit(
                    seat.id, seat.patient_id, seat.status, seat.walk_in,
                    min(max(seat.interval, 0), intervals - 1), seat.number,
                    (seat.starts_at - starts_at).total_seconds() / 60,
                    rank if planned else None, arrived, started, ended,
                )
            )  # fmt: skip
        rank += planned
    return visits
