"""What a made-up practice has ahead of it: sessions are published, and patients book them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.holding import book
from serve.booking.publishing import Publication, publish
from serve.booking.who import THE_SERVICE
from serve.clock import wall_clock
from serve.database import lock
from serve.demo.behaviour import drawn, share
from serve.errors import Conflict
from serve.models import Appointment, ClinicDay, Patient, Practice, Provider, Seat, VisitType

#: Days ahead for which sessions are published.
AHEAD = 14
#: Of the seats that are free so many days ahead or fewer, the part that patients book by then.
BOOKED = ((0, 0.8), (7, 0.6), (AHEAD, 0.35))
#: Within so many hours before a date begins they do.
BEFORE = 14.0


def begin_day(session: Session, practice_id: UUID, seed: int, today: date, now: datetime) -> int:
    """Publish what is not published yet, and let patients book free seats; return how many.

    Done again on the same date it does nothing: each seat is one that somebody wants or not.
    """
    practice = lock(session, Practice, practice_id)
    if practice is None:
        return 0
    _publish(session, practice, today, now)
    return book_seats(session, practice, seed, today, today + timedelta(days=AHEAD), now)


def book_seats(
    session: Session, practice: Practice, seed: int, first: date, last: date, now: datetime
) -> int:
    """Let patients book the seats that somebody wants, from one date to another; return how many.

    Seats of sessions that have begun are booked as they were before that.
    """
    had = select(Appointment.seat_id).where(
        Appointment.practice_id == practice.id, Appointment.seat_id.is_not(None)
    )
    query = (
        select(Seat, ClinicDay, Provider.name)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .where(
            ClinicDay.practice_id == practice.id,
            ClinicDay.day.between(first, last),
            ClinicDay.ends_at > now,
            ClinicDay.open,
            Seat.extra.is_(False),
            Seat.withdrawn.is_(False),
            Seat.id.not_in(had),
        )
        .order_by(Seat.starts_at, Provider.name, Seat.number)
    )
    today = wall_clock(now, practice.zone).date()
    free: dict[date, Sequence[UUID]] = {}
    gone: dict[date, set[UUID]] = defaultdict(set)
    booked = 0
    for seat, day, provider in session.execute(query).all():
        key = f"{provider} {day.starts_at:%Y-%m-%d %H:%M} {seat.interval} {seat.number} wanted"
        wanted = share(seed, key)
        if wanted >= _part((day.day - today).days):
            continue
        if day.day not in free:
            free[day.day] = free_patients(session, practice.id, day.day)
        who = [one for one in free[day.day] if one not in gone[day.day]]
        if not who:
            continue
        patient_id = who[drawn(seed, key, len(who))]
        gone[day.day].add(patient_id)
        moment = min(now, seat.starts_at) - timedelta(hours=BEFORE * wanted, minutes=5)
        try:
            with session.begin_nested():
                book(session, seat.id, patient_id, moment, THE_SERVICE)
        except Conflict:
            continue
        booked += 1
    return booked


def free_patients(session: Session, practice_id: UUID, day: date) -> Sequence[UUID]:
    """Return the patients without an account who have no appointment on a date, in one order."""
    busy = (
        select(Appointment.patient_id)
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(ClinicDay.practice_id == practice_id, ClinicDay.day == day)
    )
    return session.scalars(
        select(Patient.id)
        .where(
            Patient.practice_id == practice_id,
            Patient.user_id.is_(None),
            Patient.erased_at.is_(None),
            Patient.id.not_in(busy),
        )
        .order_by(Patient.email, Patient.id)
    ).all()


def _publish(session: Session, practice: Practice, today: date, now: datetime) -> None:
    """Publish the dates after the last that is published: others may have been changed by hand."""
    mine = ClinicDay.practice_id == practice.id
    last = session.scalar(select(func.max(ClinicDay.day)).where(mine)) or today
    first, until = max(last + timedelta(days=1), today), today + timedelta(days=AHEAD)
    if first > until:
        return
    offered = select(VisitType).where(
        VisitType.practice_id == practice.id, VisitType.active.is_(True)
    )
    for visit_type in session.scalars(offered.order_by(VisitType.name)).all():
        publish(session, Publication(practice, visit_type, None, None, first, until), now)


def _part(days: int) -> float:
    return next((part for most, part in BOOKED if days <= most), 0.0)
