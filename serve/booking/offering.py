"""Seats that come free are offered to those who wait, the most urgent and longest waiting first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serve.booking.free_seats import FreeSeat, busy_times, overlaps, seats_of_days
from serve.booking.holding import hold
from serve.booking.who import THE_SERVICE
from serve.clock import wall_clock
from serve.errors import Refused
from serve.events.announce import announce
from serve.models import (
    Appointment,
    ClinicDay,
    Offer,
    Patient,
    Practice,
    Seat,
    VisitType,
    WaitlistEntry,
)
from serve.notify.derive import rederive

#: Most offers that one call makes, so that its locks are few and short.
AT_ONCE = 50


@dataclass
class _Waiting:
    """An entry, where its patient is expected, and the seats it was offered before."""

    entry: WaitlistEntry
    moved: Appointment | None
    busy: list[tuple[datetime, datetime]]
    offered: set[UUID]

    def priority(self, now: datetime) -> tuple[float, datetime, UUID]:
        """Return what is least for whoever is first."""
        days = (now - self.entry.created_at).total_seconds() / 86_400
        return -self.entry.urgency * days, self.entry.created_at, self.entry.id


def offer_freed_seats(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Offer free seats to those who wait for one; return how many offers were made.

    Each seat goes to the entry with the most urgency times days waited, of those that want such a
    visit, with this provider, on this date, that can be there, and that were not offered it
    before. The offer holds the seat until it ends, which is never after the last moment at which a
    patient can book it.
    """
    made = 0
    groups = session.execute(
        select(Practice, VisitType)
        .join(VisitType, VisitType.practice_id == Practice.id)
        .where(
            VisitType.active,
            select(WaitlistEntry.id)
            .where(WaitlistEntry.visit_type_id == VisitType.id, WaitlistEntry.status == "waiting")
            .exists(),
        )
        .order_by(Practice.id, VisitType.id)
    ).all()
    for practice, visit_type in groups:
        made += _offer(session, practice, visit_type, now, limit - made)
        if made >= limit:
            break
    return made


def _offer(
    session: Session, practice: Practice, visit_type: VisitType, now: datetime, limit: int
) -> int:
    waiting = sorted(_waiting(session, visit_type, now), key=lambda one: one.priority(now))
    if not waiting:
        return 0
    last_to_book = timedelta(minutes=visit_type.book_notice_minutes)
    made = 0
    for day, seat in _free(session, practice, visit_type, waiting, now):
        ends_at = min(
            now + timedelta(minutes=practice.offer_minutes), seat.starts_at - last_to_book
        )
        if ends_at <= now:
            continue
        first = next((one for one in waiting if _fits(one, day, seat, visit_type, now)), None)
        if first is None:
            continue
        if offer_seat(session, first.entry, seat.id, ends_at, now):
            waiting.remove(first)
            made += 1
            if made >= limit or not waiting:
                break
    return made


def _waiting(session: Session, visit_type: VisitType, now: datetime) -> Iterable[_Waiting]:
    """Return who waits for a type of visit; those whom somebody else has in hand come later."""
    entries = session.scalars(
        select(WaitlistEntry)
        .join(Patient, Patient.id == WaitlistEntry.patient_id)
        .where(
            WaitlistEntry.visit_type_id == visit_type.id,
            WaitlistEntry.status == "waiting",
            Patient.erased_at.is_(None),
        )
        .order_by(WaitlistEntry.id)
        .with_for_update(skip_locked=True, of=WaitlistEntry)
        .execution_options(populate_existing=True)
    ).all()
    busy = busy_times(session, [entry.patient_id for entry in entries], now)
    moved = {
        one.id: one
        for one in session.scalars(
            select(Appointment).where(
                Appointment.id.in_([entry.appointment_id for entry in entries])
            )
        )
    }
    before: dict[UUID, set[UUID]] = {}
    for entry_id, seat_id in session.execute(
        select(Offer.entry_id, Offer.seat_id).where(
            Offer.entry_id.in_([entry.id for entry in entries])
        )
    ):
        before.setdefault(entry_id, set()).add(seat_id)
    return [
        _Waiting(
            entry,
            moved.get(entry.appointment_id) if entry.appointment_id else None,
            busy.get(entry.patient_id, []),
            before.get(entry.id, set()),
        )
        for entry in entries
    ]


def _free(
    session: Session,
    practice: Practice,
    visit_type: VisitType,
    waiting: Sequence[_Waiting],
    now: datetime,
) -> list[tuple[ClinicDay, FreeSeat]]:
    today = wall_clock(now, practice.zone).date()
    first = max(today, min(one.entry.earliest for one in waiting))
    last = max(one.entry.latest for one in waiting)
    days = seats_of_days(session, practice.id, visit_type.id, first, last, now)
    free = [(one.day, seat) for one in days for seat in one.free]
    return sorted(free, key=lambda pair: (pair[1].starts_at, pair[1].id))


def _fits(
    one: _Waiting, day: ClinicDay, seat: FreeSeat, visit_type: VisitType, now: datetime
) -> bool:
    entry = one.entry
    if not entry.earliest <= day.day <= entry.latest or seat.id in one.offered:
        return False
    if entry.provider_id is not None and entry.provider_id != day.provider_id:
        return False
    if overlaps(seat.starts_at, seat.ends_at, one.busy):
        return False
    if one.moved is None or one.moved.starts_at is None or one.moved.status != "booked":
        # What was to be moved and has taken place needs no other seat.
        return one.moved is None or one.moved.status.startswith("cancelled")
    can_leave = one.moved.starts_at - timedelta(minutes=visit_type.cancel_notice_minutes)
    return seat.starts_at < one.moved.starts_at and now <= can_leave


def offer_seat(
    session: Session, entry: WaitlistEntry, seat_id: UUID, ends_at: datetime, now: datetime
) -> bool:
    """Make an offer to an entry, which is locked; return whether seat and patient were free."""
    try:
        with session.begin_nested():
            # A seat that somebody is taking just now is not waited for.
            if not _at_hand(session, seat_id, entry.patient_id):
                return False
            kept = hold(session, seat_id, entry.patient_id, now, THE_SERVICE, until=ends_at)
            offer = Offer(
                entry_id=entry.id,
                seat_id=seat_id,
                hold_id=kept.id,
                ends_at=ends_at,
                created_at=now,
            )
            entry.status = "offered"
            session.add(offer)
            session.flush()
            rederive(session, kept, now)
    except (IntegrityError, Refused):
        return False
    details = {"seat_id": str(seat_id)}
    announce(session, entry.practice_id, "waitlist.offered", offer.id, now, details, about=kept)
    return True


def _at_hand(session: Session, seat_id: UUID, patient_id: UUID) -> bool:
    day = session.scalar(
        select(ClinicDay.id)
        .join(Seat, Seat.clinic_day_id == ClinicDay.id)
        .where(Seat.id == seat_id)
        .with_for_update(read=True, skip_locked=True, of=ClinicDay)
    )
    if day is None:
        return False
    for model, identifier in ((Seat, seat_id), (Patient, patient_id)):
        row = select(model.id).where(model.id == identifier).with_for_update(skip_locked=True)
        if session.scalar(row) is None:
            return False
    return True
