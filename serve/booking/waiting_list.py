"""Who waits for a seat that comes free, and what they answer to offers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.booking.changing import put
from serve.booking.claiming import lock_patient
from serve.booking.expiry import close_offers, expire
from serve.booking.holding import confirm
from serve.booking.status import step
from serve.booking.who import THE_SERVICE, Who
from serve.clock import wall_clock
from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.events.announce import announce
from serve.models import Appointment, Offer, Practice, Provider, VisitType, WaitlistEntry

#: Most offers, or waits, that one transaction of the job ends.
AT_ONCE = 200


def join(
    session: Session,
    patient_id: UUID,
    visit_type_id: UUID,
    earliest: date,
    latest: date,
    now: datetime,
    provider_id: UUID | None = None,
    appointment_id: UUID | None = None,
    urgency: float = 1.0,
) -> WaitlistEntry:
    """Put a patient on the waiting list for a type of visit.

    Parameters
    ----------
    appointment_id
        An appointment that moves when an earlier seat is accepted.

    Raises
    ------
    NotFound, Conflict
        If something that is named is not there, or the patient waits for such a visit already.
    """
    if latest < earliest:
        raise InvalidInput("latest", latest.isoformat(), "a date from the earliest on")
    visit_type = session.get(VisitType, visit_type_id)
    if visit_type is None:
        raise NotFound("visit type")
    if not visit_type.active:
        raise Conflict("Visits of this type are not booked any more.", "visit_type_inactive")
    practice_id = visit_type.practice_id
    provider = None if provider_id is None else session.get(Provider, provider_id)
    if provider_id is not None and (provider is None or provider.practice_id != practice_id):
        raise NotFound("provider")
    if appointment_id is not None:
        moved = lock(session, Appointment, appointment_id)
        if moved is None or moved.patient_id != patient_id:
            raise NotFound("appointment")
        if moved.status != "booked":
            raise Conflict("Only an appointment that is booked can be moved.", "status")
        if moved.visit_type_id != visit_type_id:
            raise Conflict("The appointment is of another type of visit.", "visit_type")
    lock_patient(session, patient_id, practice_id)
    entry = WaitlistEntry(
        practice_id=practice_id,
        patient_id=patient_id,
        visit_type_id=visit_type_id,
        provider_id=provider_id,
        appointment_id=appointment_id,
        earliest=earliest,
        latest=latest,
        urgency=urgency,
        created_at=now,
    )
    session.add(entry)
    session.flush()
    _tell(session, entry, "joined", now)
    return entry


def leave(session: Session, entry: WaitlistEntry, now: datetime) -> WaitlistEntry:
    """Take an entry, which is locked, off the list; a seat that was offered is free again."""
    if entry.status not in ("waiting", "offered"):
        raise Conflict("The patient does not wait any more.", "status")
    offer = session.scalar(
        select(Offer)
        .where(Offer.entry_id == entry.id, Offer.status == "offered")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if offer is not None:
        _release(session, offer, "declined", now)
    entry.status = "left"
    session.flush()
    _tell(session, entry, "left", now)
    return entry


def accept(session: Session, offer: Offer, now: datetime, who: Who) -> Appointment:
    """Book the seat of an offer, which is locked; or move the appointment that was to be moved.

    Raises
    ------
    Conflict
        If the offer was answered or is over, or the appointment to be moved is under way.
    """
    _check_open(offer, now)
    entry, hold = _of(session, offer)
    offer.status, offer.answered_at = "accepted", now
    entry.status = "served"
    session.flush()
    moved = None
    if entry.appointment_id is not None:
        moved = lock(session, Appointment, entry.appointment_id)
    if moved is not None and moved.status == "booked":
        seat_id = offer.seat_id
        step(session, hold, "expired", now, THE_SERVICE)
        # The offer was made in time, and frees a seat for somebody else.
        made = put(session, moved, seat_id, now, Who(who.user_id, staff=True), "waiting list")
    elif moved is not None and moved.status in ("arrived", "in_consultation", "completed"):
        raise Conflict("The appointment to be moved has taken place.", "status")
    else:
        made = confirm(session, hold, now, who)
    _tell(session, entry, "served", now)
    return made


def decline(session: Session, offer: Offer, now: datetime) -> Offer:
    """Give the seat of an offer, which is locked, to the next; the patient waits for another."""
    _check_open(offer, now)
    _release(session, offer, "declined", now)
    return offer


def end_entries(session: Session, now: datetime) -> int:
    """Take entries off the list whose last date is over, up to 200; return how many."""
    waiting = session.execute(
        select(WaitlistEntry, Practice.zone)
        .join(Practice, Practice.id == WaitlistEntry.practice_id)
        .where(
            WaitlistEntry.status == "waiting",
            # No zone is further from UTC than a day; what is left is looked at below.
            WaitlistEntry.latest <= now.date(),
        )
        .order_by(WaitlistEntry.latest, WaitlistEntry.id)
        .limit(AT_ONCE)
        .with_for_update(of=WaitlistEntry, skip_locked=True)
    ).all()
    over = [entry for entry, zone in waiting if entry.latest < wall_clock(now, zone).date()]
    for entry in over:
        leave(session, entry, now)
    return len(over)


def expire_offers(session: Session, now: datetime) -> int:
    """End offers that nobody answered in time, up to 200; return how many."""
    holds = session.scalars(
        select(Appointment)
        .join(Offer, Offer.hold_id == Appointment.id)
        .where(Offer.status == "offered", Offer.ends_at <= now, Appointment.status == "held")
        .order_by(Offer.ends_at, Offer.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Appointment)
        .execution_options(populate_existing=True)
    ).all()
    expire(session, holds, now)
    return len(holds)


def _check_open(offer: Offer, now: datetime) -> None:
    if offer.status != "offered":
        raise Conflict("The offer was answered, or is over.", "offer_over")
    if offer.ends_at <= now:
        raise Conflict("The offer is over.", "offer_over")


def _release(session: Session, offer: Offer, status: str, now: datetime) -> None:
    hold = lock(session, Appointment, offer.hold_id)
    if hold is not None and hold.status == "held":
        step(session, hold, "expired", now, THE_SERVICE)
    close_offers(session, [offer.hold_id], status, now)


def _of(session: Session, offer: Offer) -> tuple[WaitlistEntry, Appointment]:
    entry = lock(session, WaitlistEntry, offer.entry_id)
    hold = lock(session, Appointment, offer.hold_id)
    if entry is None or hold is None:
        raise NotFound("offer")
    return entry, hold


def _tell(session: Session, entry: WaitlistEntry, what: str, now: datetime) -> None:
    details = {"visit_type_id": str(entry.visit_type_id)}
    announce(session, entry.practice_id, f"waitlist.{what}", entry.id, now, details)
    session.flush()
