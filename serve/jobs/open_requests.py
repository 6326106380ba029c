"""Open requests and free seats of a practice as a problem that `opt.allocate` solves.

A clinic day stands for a provider of the problem, with as many places as it has free seats, so
that what is given out is there. A request that names its provider is of a type of visit of its
own, which that provider's clinic days alone see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from opt.allocate import HalfDay, Importance, Problem, Provider, Request, VisitType
from serve.clock import wall_clock
from serve.models import (
    Appointment,
    ClinicDay,
    Patient,
    Practice,
    Preference,
    Seat,
    WaitlistEntry,
)
from serve.models import VisitType as VisitTypeRow
from serve.models.appointment import HOLDING

NOON = 12


@dataclass(frozen=True)
class Window:
    """From which date to which seats are given, and the moment and zone by which it is seen."""

    first: date
    last: date
    now: datetime
    zone: str


@dataclass(frozen=True)
class FreeDay:
    """A clinic day with its free seats, the first one first."""

    day: ClinicDay
    seats: tuple[Seat, ...]
    half_day: HalfDay

    @property
    def name(self) -> str:
        """What the problem calls it."""
        return str(self.day.id)


def gathered(
    session: Session, practice_id: UUID, first: date, last: date, now: datetime, importance: Any
) -> dict[str, Any]:
    """Return the problem and the seats to give, as plain names and numbers.

    Raises
    ------
    InvalidInput
        If no seat is free in the window.
    """
    zone = session.get_one(Practice, practice_id).zone
    window = Window(first, last, now, zone)
    days = _free_days(session, practice_id, window)
    if not days:
        allowed = "the first date of a window with free seats"
        raise InvalidInput("first", first.isoformat(), allowed)
    requests = _requests(session, practice_id, window, days)
    minutes = {
        str(row.id): row.minutes
        for row in session.scalars(
            select(VisitTypeRow).where(VisitTypeRow.practice_id == practice_id)
        )
    }
    bound = {one.visit_type for one in requests}
    types = bound | {str(one.day.visit_type_id) for one in days}
    problem = Problem(
        days=tuple(sorted({one.day.day for one in days})),
        visit_types=tuple(
            VisitType(name, float(minutes[name.split()[0]])) for name in sorted(types)
        ),
        providers=tuple(_provider(one, types, minutes) for one in days),
        requests=tuple(requests),
        importance=Importance.from_dict(importance),
    )
    return {
        "problem": problem.to_dict(),
        "seats": {
            one.name: {
                "provider_id": str(one.day.provider_id),
                "seats": [[str(seat.id), seat.starts_at.isoformat()] for seat in one.seats],
            }
            for one in days
        },
    }


def _free_days(session: Session, practice_id: UUID, window: Window) -> list[FreeDay]:
    taken = select(Appointment.seat_id).where(
        Appointment.seat_id.is_not(None), Appointment.status.in_(HOLDING)
    )
    rows = session.execute(
        select(ClinicDay, Seat)
        .join(Seat, Seat.clinic_day_id == ClinicDay.id)
        .where(
            ClinicDay.practice_id == practice_id,
            ClinicDay.day.between(window.first, window.last),
            ClinicDay.open,
            ~Seat.withdrawn,
            Seat.starts_at > window.now,
            Seat.id.not_in(taken),
        )
        .order_by(ClinicDay.starts_at, ClinicDay.id, Seat.interval, Seat.number)
    )
    found: dict[UUID, tuple[ClinicDay, list[Seat]]] = {}
    for day, seat in rows:
        found.setdefault(day.id, (day, []))[1].append(seat)
    return [
        FreeDay(day, tuple(seats), _half_day(day, window.zone)) for day, seats in found.values()
    ]


def _half_day(day: ClinicDay, zone: str) -> HalfDay:
    hour = wall_clock(day.starts_at, zone).hour
    return HalfDay(day.day, "am" if hour < NOON else "pm")


def _provider(one: FreeDay, types: Iterable[str], minutes: dict[str, int]) -> Provider:
    kind, own = str(one.day.visit_type_id), f"{one.day.visit_type_id} {one.day.provider_id}"
    places = len(one.seats)
    return Provider(
        one.name,
        tuple(name for name in sorted(types) if name in (kind, own)),
        seats=places,
        works=(),
        minutes_on={one.half_day: float(places * minutes[kind])},
    )


def _requests(
    session: Session, practice_id: UUID, window: Window, days: list[FreeDay]
) -> list[Request]:
    asked = session.scalars(
        select(Appointment)
        .where(Appointment.practice_id == practice_id, Appointment.status == "requested")
        .order_by(Appointment.created_at, Appointment.id)
    ).all()
    waiting = session.scalars(
        select(WaitlistEntry)
        .where(WaitlistEntry.practice_id == practice_id, WaitlistEntry.status == "waiting")
        .order_by(WaitlistEntry.created_at, WaitlistEntry.id)
    ).all()
    patients = {one.patient_id for one in [*asked, *waiting]}
    wishes = {
        one.patient_id: one
        for one in session.scalars(
            select(Preference).join(Patient).where(Patient.practice_id == practice_id)
        )
        if one.patient_id in patients
    }
    made = [
        Request(
            id=f"appointment {one.id}",
            visit_type=str(one.visit_type_id),
            earliest=window.first,
            latest=window.last,
            patient=str(one.patient_id),
            requested=min(_date(one.created_at, window), window.first),
            **_wish(wishes.get(one.patient_id), days),
        )
        for one in asked
    ]
    for entry in waiting:
        latest = _latest(session, entry, window)
        if latest >= entry.earliest:
            bound = "" if entry.provider_id is None else f" {entry.provider_id}"
            made.append(
                Request(
                    id=f"waitlist_entry {entry.id}",
                    visit_type=f"{entry.visit_type_id}{bound}",
                    earliest=entry.earliest,
                    latest=latest,
                    patient=str(entry.patient_id),
                    requested=min(_date(entry.created_at, window), entry.earliest),
                    urgency=entry.urgency,
                    **_wish(wishes.get(entry.patient_id), days),
                )
            )
    return made


def _latest(session: Session, entry: WaitlistEntry, window: Window) -> date:
    """Return the last date that helps: one that is not after the appointment that is moved."""
    if entry.appointment_id is None:
        return entry.latest
    moved = session.get_one(Appointment, entry.appointment_id).starts_at
    return entry.latest if moved is None else min(entry.latest, _date(moved, window))


def _date(moment: datetime, window: Window) -> date:
    return wall_clock(moment, window.zone).date()


def _wish(preference: Preference | None, days: list[FreeDay]) -> dict[str, Any]:
    """Return what a patient prefers, as a request has it."""
    if preference is None:
        return {}
    providers = {str(one) for one in preference.providers}
    halves = set()
    for begins, ends in preference.times:
        if time.fromisoformat(begins).hour < NOON:
            halves.add("am")
        if time.fromisoformat(ends) > time(NOON):
            halves.add("pm")
    return {
        "providers": tuple(one.name for one in days if str(one.day.provider_id) in providers),
        "weekdays": tuple(preference.weekdays),
        "halves": tuple(sorted(halves)) if len(halves) == 1 else (),
    }
