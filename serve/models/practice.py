"""A practice: where it is, who works there, what visits it offers."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from serve.models.base import Base, Counter, Versioned, one_of

#: What of a practice is scarce beside its providers.
RESOURCES = ("room", "equipment")
#: How a date is filled for which no template is published.
RULES = ("individual", "bailey_welch", "equispaced", "two_at_a_time")


class Practice(Versioned, Base):
    """A practice; its wall clock is that of its zone.

    Attributes
    ----------
    zone
        Name in the IANA database, such as Europe/Amsterdam.
    country
        Whose bank holidays its forecasts know, such as NL; empty for nobody's.
    hold_minutes, offer_minutes
        How long a seat is kept for somebody who is booking, and for somebody on the waiting list.
    reminder_hours
        How long before a visit its patient is reminded, if the patient does not say; 0 for never.
    delay_minutes
        By how much an expected start moves before its patient is told, if the patient does not say.
    contact
        Where patients reach the practice, as notices tell it.
    retention_days
        After how many days without a visit a patient's data are erased; 0 for never.
    forgotten_event
        The last event that is not kept any longer; 0 while all are.
    """

    __tablename__ = "practice"
    __table_args__ = (
        CheckConstraint("hold_minutes > 0 AND offer_minutes > 0", name="minutes"),
        CheckConstraint("retention_days >= 0", name="retention"),
        CheckConstraint("reminder_hours >= 0 AND delay_minutes > 0", name="notices"),
    )

    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(10), default="")
    hold_minutes: Mapped[int] = mapped_column(default=10)
    offer_minutes: Mapped[int] = mapped_column(default=120)
    reminder_hours: Mapped[int] = mapped_column(default=24)
    delay_minutes: Mapped[int] = mapped_column(default=15)
    contact: Mapped[str] = mapped_column(default="")
    retention_days: Mapped[int] = mapped_column(default=0)
    forgotten_event: Mapped[int] = mapped_column(Counter, default=0)


class Location(Versioned, Base):
    """A building of a practice."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("practice_id", "name"),)

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    name: Mapped[str]
    address: Mapped[str] = mapped_column(String(500), default="")


visit_type_resource = Table(
    "visit_type_resource",
    Base.metadata,
    Column("visit_type_id", ForeignKey("visit_type.id"), primary_key=True),
    Column("resource_id", ForeignKey("resource.id"), primary_key=True),
)


class Resource(Versioned, Base):
    """A room, or pieces of equipment of a kind, at a location."""

    __tablename__ = "resource"
    __table_args__ = (
        UniqueConstraint("location_id", "kind", "name"),
        one_of("kind", RESOURCES),
        CheckConstraint("pieces > 0 AND (kind = 'equipment' OR pieces = 1)", name="pieces"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    pieces: Mapped[int] = mapped_column(default=1)


class Provider(Versioned, Base):
    """Who sees patients."""

    __tablename__ = "provider"
    __table_args__ = (UniqueConstraint("practice_id", "name"),)

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    name: Mapped[str]
    external_id: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class VisitType(Versioned, Base):
    """A kind of visit.

    Attributes
    ----------
    minutes
        How long an appointment is in a patient's calendar.
    interval_minutes
        Length of an interval of its sessions.
    service_time
        Law of its consultations, as `objective.ServiceTime.to_dict` has it.
    no_show
        Probability that a patient does not come.
    default_rule
        The strategy that fills a date for which no template is published.
    book_notice_minutes, cancel_notice_minutes
        How long before the appointment a patient can still book it, and change or cancel it.
    """

    __tablename__ = "visit_type"
    __table_args__ = (
        UniqueConstraint("practice_id", "name"),
        one_of("default_rule", RULES),
        CheckConstraint("minutes > 0 AND interval_minutes > 0", name="minutes"),
        CheckConstraint("no_show >= 0 AND no_show < 1", name="no_show"),
        CheckConstraint("book_notice_minutes >= 0 AND cancel_notice_minutes >= 0", name="notice"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    name: Mapped[str]
    minutes: Mapped[int]
    interval_minutes: Mapped[int] = mapped_column(default=5)
    service_time: Mapped[dict[str, Any]]
    no_show: Mapped[float] = mapped_column(default=0.0)
    default_rule: Mapped[str] = mapped_column(String(20), default="individual")
    book_notice_minutes: Mapped[int] = mapped_column(default=60)
    cancel_notice_minutes: Mapped[int] = mapped_column(default=1440)
    active: Mapped[bool] = mapped_column(default=True)

    resources: Mapped[list[Resource]] = relationship(
        secondary=visit_type_resource, order_by=Resource.name
    )

    @property
    def resource_ids(self) -> list[UUID]:
        """The rooms and equipment that a visit needs."""
        return [resource.id for resource in self.resources]
