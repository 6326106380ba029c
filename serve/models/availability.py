"""When a provider holds clinic: recurring rules on the wall clock, and exceptions to them."""

from datetime import date, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from serve.models.base import Base, Versioned, one_of

#: What an exception does: takes a time away, or adds one.
EXCEPTIONS = ("away", "extra")


class AvailabilityRule(Versioned, Base):
    """A recurring block in which a provider holds sessions of a type of visit.

    Attributes
    ----------
    first_date, last_date
        From when until when; without an end if None.
    starts, minutes
        Time of day at which the block begins on the practice's wall clock, and how long it is.
    recurrence
        RRULE of RFC 5545 without a prefix, by dates, such as ``FREQ=WEEKLY;BYDAY=MO,TH``.
    template_id
        What its dates are filled by; None for the default rule of the type of visit.
    """

    __tablename__ = "availability_rule"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND minutes <= 1440", name="minutes"),
        CheckConstraint("last_date IS NULL OR last_date >= first_date", name="dates"),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"), index=True)
    visit_type_id: Mapped[UUID] = mapped_column(ForeignKey("visit_type.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource.id"), default=None)
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("template.id"), default=None)
    first_date: Mapped[date]
    last_date: Mapped[date | None] = mapped_column(default=None)
    starts: Mapped[time]
    minutes: Mapped[int]
    recurrence: Mapped[str] = mapped_column(String(500))


class AvailabilityException(Versioned, Base):
    """A time on one date at which a provider is away, or holds clinic beside the rules.

    Attributes
    ----------
    starts, minutes
        Time of day and length; None for the whole date, which only being away may be.
    visit_type_id, location_id, room_id
        Of an extra block; None where the provider is away.
    """

    __tablename__ = "availability_exception"
    __table_args__ = (
        one_of("kind", EXCEPTIONS),
        CheckConstraint("(starts IS NULL) = (minutes IS NULL)", name="whole_date"),
        CheckConstraint("minutes IS NULL OR (minutes > 0 AND minutes <= 1440)", name="minutes"),
        CheckConstraint(
            "kind = 'away' OR (starts IS NOT NULL AND visit_type_id IS NOT NULL "
            "AND location_id IS NOT NULL)",
            name="extra",
        ),
        Index("ix_availability_exception_provider_day", "provider_id", "day"),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))
    starts: Mapped[time | None] = mapped_column(default=None)
    minutes: Mapped[int | None] = mapped_column(default=None)
    visit_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit_type.id"), default=None)
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"), default=None)
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource.id"), default=None)
    reason: Mapped[str] = mapped_column(default="")
