"""What is told to people and programs outside: messages to send, webhooks, calendar feeds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serve.models.base import Base, Counter, Identified, Versioned, one_of

#: By what a message goes out.
CHANNELS = ("email", "file", "apprise", "webhook")
#: What a message may be; ``withdrawn`` is one that became untrue before it was sent.
MESSAGES = ("waiting", "sent", "withdrawn", "failed")


class Webhook(Versioned, Base):
    """An address of a practice's own program, to which events are sent.

    Attributes
    ----------
    kinds
        Kinds of events that are sent; empty for all.
    secret_number
        Raised to get another secret, by which what is sent is signed.
    """

    __tablename__ = "webhook"

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    secret_number: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)


class OutboxMessage(Identified, Base):
    """A message to send once what it tells is committed; never two of one kind and moment.

    Attributes
    ----------
    channel, kind
        By what it goes out, and what it tells, such as ``reminder`` or ``appointment.booked``.
    appointment_id
        The visit that a notice to a patient is about; None for a webhook's.
    webhook_id, event_id
        To which webhook which event is sent; None for a notice. What the event told is in
        ``details``, so that it can be sent again after the event itself is forgotten.
    due_at, try_at
        When it is to be sent, and when it is tried next.
    claimed_until
        Until when a courier has it in hand; None for nobody.
    attempts, problem
        How often it was tried, and what the last attempt came to in a few words.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("state", MESSAGES),
        CheckConstraint(
            "(appointment_id IS NULL) <> (webhook_id IS NULL) "
            "AND (webhook_id IS NULL) = (event_id IS NULL)",
            name="about",
        ),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        UniqueConstraint("appointment_id", "channel", "kind", "due_at"),
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_outbox_message_try", "state", "try_at"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(60))
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"), default=None)
    webhook_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhook.id"), default=None)
    event_id: Mapped[int | None] = mapped_column(Counter, default=None)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    try_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    problem: Mapped[str] = mapped_column(String(500), default="")


class CalendarFeed(Versioned, Base):
    """An address under which a calendar program reads appointments, until it is revoked.

    Attributes
    ----------
    user_id
        Who made it.
    patient_id, provider_id
        Whose appointments it has: one of the two.
    token_hash
        A hash of the secret in its address, which is told once and not kept.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("(patient_id IS NULL) <> (provider_id IS NULL)", name="whose"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    patient_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("patient.id"), index=True, default=None
    )
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("provider.id"), default=None)
    name: Mapped[str] = mapped_column(default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
