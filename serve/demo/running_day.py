"""What happens next in the sessions of a made-up practice, as they stand.

Nothing is planned ahead: what is next follows from what the database has, so that whoever else
calls a patient, notes a no-show or registers a walk-in is part of the day, and two who play it at
once do everything once. What staff took back is left to them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from serve.demo.behaviour import GIVEN_UP, TURN, Conduct, conduct, walk_ins
from serve.models import Appointment, ClinicDay, Patient, Provider, Seat, StatusChange, VisitType

What = Literal["completed", "cancelled", "arrived", "walk_in", "in_consultation", "no_show"]
#: Of what happens at one moment ends come first and starts after arrivals.
ORDER: tuple[What, ...] = (
    "completed", "cancelled", "arrived", "walk_in", "in_consultation", "no_show",
)  # fmt: skip
#: How long before a session its first patients may come, or call off.
AHEAD = timedelta(hours=4)
#: Who is still to come or there.
OPEN = ("booked", "arrived", "in_consultation")


@dataclass(frozen=True)
class Happening:
    """Something that happens to an appointment, or a walk-in who comes to a session."""

    at: datetime
    what: What
    session: "RunningSession"
    appointment: Appointment | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place in the order of a day."""
        return self.at, ORDER.index(self.what)


@dataclass
class RunningSession:
    """A session with its appointments, and by whose account each patient comes for certain.

    Attributes
    ----------
    left_alone
        Appointments whose last step staff took back.
    certain
        Patients who come: those of whom somebody signs in.
    """

    day: ClinicDay
    provider: str
    visit: str
    seed: int
    appointments: list[Appointment]
    left_alone: frozenset[UUID] = frozenset()
    certain: frozenset[UUID] = frozenset()
    refused: set[datetime] = field(default_factory=set)

    @property
    def key(self) -> str:
        """What tells the session from all others, the same in every practice of a seed."""
        return f"{self.provider} {self.day.starts_at:%Y-%m-%d %H:%M}"

    def next(self) -> Happening | None:
        """Return what happens next; None if nothing does any more."""
        return min(self._candidates(), key=lambda one: one.place, default=None)

    def _candidates(self) -> Iterator[Happening]:
        busy = False
        for one in self.appointments:
            if one.id in self.left_alone or one.starts_at is None:
                continue
            if one.status == "booked":
                yield self._of_booked(one, one.starts_at)
            elif one.status == "in_consultation":
                busy = True
                began = one.started_at or one.starts_at
                yield Happening(began + self._conduct(one).consultation, "completed", self, one)
        if not busy:
            yield from self._call()
        if self.day.open:
            come = {one.arrived_at for one in self.appointments if one.walk_in} | self.refused
            for moment in walk_ins(self.seed, self.key, self.day.starts_at, self.day.ends_at):
                if moment not in come:
                    yield Happening(moment, "walk_in", self)

    def _of_booked(self, one: Appointment, starts_at: datetime) -> Happening:
        drawn, booked_at = self._conduct(one), one.booked_at or starts_at
        if one.patient_id not in self.certain:
            if drawn.cancels is not None and booked_at < starts_at - drawn.cancels:
                return Happening(starts_at - drawn.cancels, "cancelled", self, one)
            if not drawn.comes:
                return Happening(starts_at + GIVEN_UP, "no_show", self, one)
        return Happening(max(starts_at - drawn.early, booked_at), "arrived", self, one)

    def _call(self) -> Iterator[Happening]:
        """Yield that the first of those who are there is called, once the provider is free."""
        there = [
            one for one in self.appointments
            if one.status == "arrived" and one.id not in self.left_alone
        ]  # fmt: skip
        if not there:
            return
        free = max((one.ended_at + TURN for one in self.appointments if one.ended_at), default=None)
        free = max(one for one in (free, self.day.starts_at, self.day.away_until) if one)
        # Among those who are there when the provider is free; else whoever comes first.
        ready = [one for one in there if _came(one) <= free]
        first = min(
            ready or there, key=lambda one: (one.starts_at, one.id) if ready else _came(one)
        )
        yield Happening(max(free, _came(first)), "in_consultation", self, first)

    def _conduct(self, one: Appointment) -> Conduct:
        seat = one.seat
        number = "" if seat is None else f"{seat.interval} {seat.number}"
        return conduct(self.seed, f"{self.key} {number}", self.visit)


def running(
    session: Session, practice_id: UUID, seed: int, now: datetime, lock: bool = False
) -> list[RunningSession]:
    """Return the sessions in which something may have happened up to now, in order.

    Parameters
    ----------
    lock
        Whether nobody else is to change them before the transaction ends.
    """
    unsettled = (
        select(Seat.clinic_day_id)
        .join(Appointment, Appointment.seat_id == Seat.id)
        .where(Appointment.practice_id == practice_id, Appointment.status.in_(OPEN))
    )
    query = (
        select(ClinicDay, Provider.name, VisitType.name)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .join(VisitType, VisitType.id == ClinicDay.visit_type_id)
        .where(
            ClinicDay.practice_id == practice_id,
            ClinicDay.starts_at <= now + AHEAD,
            (ClinicDay.ends_at > now) | ClinicDay.id.in_(unsettled),
        )
        .order_by(ClinicDay.id)
    )
    if lock:
        query = query.with_for_update(of=ClinicDay).execution_options(populate_existing=True)
    rows = session.execute(query).all()
    identifiers = [day.id for day, _, _ in rows]
    mine: dict[UUID, list[Appointment]] = {one: [] for one in identifiers}
    appointments = _appointments(session, identifiers, lock)
    for one in appointments:
        if one.clinic_day_id is not None:
            mine[one.clinic_day_id].append(one)
    left_alone = _taken_back(session, [one.id for one in appointments if one.status in OPEN])
    certain = session.scalars(
        select(Patient.id).where(Patient.practice_id == practice_id, Patient.user_id.is_not(None))
    )
    sure = frozenset(certain)
    return [
        RunningSession(day, provider, visit, seed, mine[day.id], left_alone, sure)
        for day, provider, visit in rows
    ]


def _appointments(
    session: Session, identifiers: Sequence[UUID], lock: bool
) -> Sequence[Appointment]:
    query = (
        select(Appointment)
        .join(Seat, Seat.id == Appointment.seat_id)
        .where(
            Seat.clinic_day_id.in_(identifiers),
            Appointment.status.in_((*OPEN, "completed")) | Appointment.walk_in,
        )
        .options(joinedload(Appointment.seat).joinedload(Seat.clinic_day))
        .order_by(Appointment.id)
    )
    if lock:
        query = query.with_for_update(of=Appointment).execution_options(populate_existing=True)
    return session.scalars(query).all()


def _taken_back(session: Session, identifiers: Sequence[UUID]) -> frozenset[UUID]:
    """Return the appointments whose last change took a step back."""
    last = (
        select(StatusChange.appointment_id, func.max(StatusChange.number).label("number"))
        .where(StatusChange.appointment_id.in_(identifiers))
        .group_by(StatusChange.appointment_id)
        .subquery()
    )
    changes = session.execute(
        select(StatusChange.appointment_id, StatusChange.before).join(
            last,
            (last.c.appointment_id == StatusChange.appointment_id)
            & (last.c.number == StatusChange.number),
        )
    )
    return frozenset(identifier for identifier, before in changes if "undoes" in before)


def _in_the_book(one: Appointment) -> tuple[datetime, int]:
    seat = one.seat
    return one.starts_at or _came(one), 0 if seat is None else seat.number


def _came(one: Appointment) -> datetime:
    moment = one.arrived_at or one.starts_at
    assert moment is not None
    return moment
