"""How a session is called off: the provider is ill, the building is closed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.expiry import close_offers
from serve.booking.status import step
from serve.booking.who import Who
from serve.models import Appointment, ClinicDay, Seat

#: What of a session is called off; whoever is there already is seen.
TO_COME = ("held", "booked")


def call_off(
    session: Session, day: ClinicDay, now: datetime, who: Who, reason: str
) -> Sequence[Appointment]:
    """Close a session, which is locked, and cancel what of it is to come; return what was.

    Whoever had the offer of a seat of it waits again.
    """
    day.open = False
    session.flush()
    found = session.scalars(
        select(Appointment)
        .join(Seat, Appointment.seat_id == Seat.id)
        .where(Seat.clinic_day_id == day.id, Appointment.status.in_(TO_COME))
        .order_by(Appointment.id)
        .with_for_update(of=Appointment)
        .execution_options(populate_existing=True)
    ).all()
    close_offers(session, [one.id for one in found if one.status == "held"], "expired", now)
    for one in found:
        step(session, one, "cancelled_by_practice", now, who, reason=reason)
    return found
