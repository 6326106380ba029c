"""Holds that ran out: they never keep anybody from a seat."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from serve.booking.status import step
from serve.booking.who import THE_SERVICE
from serve.models import Appointment, Offer, WaitlistEntry

#: Most holds that one transaction of the job ends.
AT_ONCE = 200


def expire_holds(session: Session, now: datetime) -> int:
    """End holds whose time is over, up to 200; return how many.

    Holds that somebody else has in hand are left to them.
    """
    holds = session.scalars(
        select(Appointment)
        .where(Appointment.status == "held", Appointment.held_until <= now)
        .order_by(Appointment.held_until, Appointment.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    expire(session, holds, now)
    return len(holds)


def expire_in_the_way(
    session: Session, seat_id: UUID, patient_id: UUID, now: datetime, but: UUID | None = None
) -> None:
    """End holds that ran out on a seat and of a patient, both of which are locked.

    Parameters
    ----------
    but
        An appointment that is left as it is.
    """
    holds = session.scalars(
        select(Appointment)
        .where(
            Appointment.status == "held",
            Appointment.held_until <= now,
            or_(Appointment.seat_id == seat_id, Appointment.patient_id == patient_id),
        )
        .order_by(Appointment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    expire(session, [hold for hold in holds if hold.id != but], now)


def expire(session: Session, holds: Sequence[Appointment], now: datetime) -> None:
    """End holds, which are locked, and the offers that they were for."""
    for hold in holds:
        step(session, hold, "expired", now, THE_SERVICE)
    close_offers(session, [hold.id for hold in holds], "expired", now)


def close_offers(
    session: Session, hold_ids: Sequence[UUID], status: str, now: datetime
) -> Sequence[Offer]:
    """End the open offers of some holds; whoever had one waits again, for other seats."""
    if not hold_ids:
        return []
    offers = session.scalars(
        select(Offer)
        .where(Offer.hold_id.in_(hold_ids), Offer.status == "offered")
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for offer in offers:
        offer.status = status
        offer.answered_at = None if status == "expired" else now
        entry = session.get_one(WaitlistEntry, offer.entry_id, with_for_update=True)
        if entry.status == "offered":
            entry.status = "waiting"
    session.flush()
    return offers
