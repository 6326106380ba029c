"""Whether a notice is still true, and wished, at the moment of sending it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from serve.models import Appointment, Offer, OutboxMessage
from serve.notify.kinds import CHANNELS_OF, NEWS, way_of
from serve.notify.standing import AWAITED, OVER, is_erased, place_at
from serve.notify.wishes import wishes_of


def is_true(session: Session, message: OutboxMessage, now: datetime) -> bool:
    """Return whether a visit is as a notice about it says, and its patient wishes to know.

    What was committed before a courier took the message is seen here; what comes after is told by
    a notice of its own.
    """
    appointment = session.get_one(Appointment, message.appointment_id, populate_existing=True)
    place = place_at(appointment)
    if appointment.starts_at is None or is_erased(session, appointment):
        return False
    if any(message.details.get(name) != value for name, value in place.items()):
        return False
    wishes = wishes_of(session, appointment.patient_id, appointment.practice_id)
    if not wishes.want(message.kind, way_of(message.channel)):
        return False
    if message.kind == "offer":
        return _still_offered(session, appointment, message, now)
    if message.kind == "delay":
        expected_at = datetime.fromisoformat(message.details["expected_at"])
        return appointment.status in AWAITED and now < expected_at
    stands = OVER if message.kind == "cancellation" else ("booked",)
    if appointment.status not in stands or appointment.starts_at <= now:
        return False
    return not _superseded(session, message, now)


def _still_offered(
    session: Session, appointment: Appointment, message: OutboxMessage, now: datetime
) -> bool:
    offer = session.get(Offer, UUID(message.details["offer_id"]), populate_existing=True)
    return (
        appointment.status == "held"
        and offer is not None
        and offer.status == "offered"
        and offer.ends_at > now
    )


def _superseded(session: Session, message: OutboxMessage, now: datetime) -> bool:
    """Return whether later news went out already, or a later reminder is due as well."""
    handed_over = or_(
        OutboxMessage.state == "sent",
        and_(OutboxMessage.state == "waiting", OutboxMessage.claimed_until > now),
    )
    later = select(OutboxMessage.id).where(
        OutboxMessage.appointment_id == message.appointment_id,
        OutboxMessage.channel.in_(CHANNELS_OF[way_of(message.channel)]),
        OutboxMessage.due_at > message.due_at,
        OutboxMessage.id != message.id,
    )
    if message.kind == "reminder":
        later = later.where(
            OutboxMessage.kind == "reminder",
            OutboxMessage.due_at <= now,
            or_(OutboxMessage.state == "waiting", handed_over),
        )
    else:
        later = later.where(OutboxMessage.kind.in_(NEWS), handed_over)
    return session.scalar(later.limit(1)) is not None
