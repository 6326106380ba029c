"""Appointments and what became of them, and the waiting list with its offers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forecast.data.tables import STATUSES as RECORDED
from serve.models.base import Base, Identified, Versioned, one_of
from serve.models.clinic import Seat

#: What an appointment may be, as in `forecast.data.tables.STATUSES`; ``expired`` was a hold that
#: nobody confirmed, which counts as never made.
STATUSES = (*RECORDED, "expired")
#: In these somebody has the seat; at most one appointment of a seat is in one of them.
HOLDING = ("held", "booked", "arrived", "in_consultation", "completed", "no_show")
#: In these the patient is expected or there; they do not overlap for one patient.
BUSY = ("held", "booked", "arrived", "in_consultation")

WAITING = ("waiting", "offered", "served", "left")
OFFERS = ("offered", "accepted", "declined", "expired")


def listed(statuses: tuple[str, ...]) -> str:
    """Return statuses as SQL has them."""
    return ", ".join(f"'{status}'" for status in statuses)


class Appointment(Versioned, Base):
    """A patient's visit: planned, held for a while, booked, and what became of it.

    Attributes
    ----------
    seat_id
        None for a request that has no seat yet.
    starts_at, ends_at
        Those of the seat, by which the database keeps a patient from being in two places.
    held_until
        Until when a hold lasts; None in every other status.
    booked_at, arrived_at, started_at, ended_at, cancelled_at
        When each happened, as far as it did.
    walk_in
        Whether the patient came unbooked.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("(status = 'held') = (held_until IS NOT NULL)", name="held"),
        CheckConstraint(
            f"status NOT IN ({listed(HOLDING)}) OR seat_id IS NOT NULL", name="has_seat"
        ),
        CheckConstraint(
            "(seat_id IS NULL) = (starts_at IS NULL) AND (starts_at IS NULL) = (ends_at IS NULL)",
            name="times",
        ),
        CheckConstraint("started_at IS NULL OR ended_at IS NULL OR ended_at >= started_at",
                        name="ended"),
        Index(
            "uq_appointment_seat_holder",
            "seat_id",
            unique=True,
            sqlite_where=text(f"status IN ({listed(HOLDING)})"),
            postgresql_where=text(f"status IN ({listed(HOLDING)})"),
        ),
        Index("ix_appointment_patient_starts", "patient_id", "starts_at"),
        Index("ix_appointment_practice_starts", "practice_id", "starts_at"),
        Index("ix_appointment_held_until", "held_until"),
    )  # fmt: skip

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    visit_type_id: Mapped[UUID] = mapped_column(ForeignKey("visit_type.id"))
    seat_id: Mapped[UUID | None] = mapped_column(ForeignKey("seat.id"), default=None)
    status: Mapped[str] = mapped_column(String(30))
    starts_at: Mapped[datetime | None] = mapped_column(default=None)
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    booked_at: Mapped[datetime | None] = mapped_column(default=None)
    arrived_at: Mapped[datetime | None] = mapped_column(default=None)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    walk_in: Mapped[bool] = mapped_column(default=False)
    external_id: Mapped[str] = mapped_column(default="")

    seat: Mapped[Seat | None] = relationship()
    changes: Mapped[list["StatusChange"]] = relationship(
        order_by="StatusChange.number", back_populates="appointment"
    )

    @property
    def clinic_day_id(self) -> UUID | None:
        """The session of its seat."""
        return self.seat.clinic_day_id if self.seat is not None else None

    @property
    def provider_id(self) -> UUID | None:
        """Whose session it is."""
        return self.seat.clinic_day.provider_id if self.seat is not None else None


class StatusChange(Identified, Base):
    """A step of an appointment: from which status to which, when, by whom.

    Attributes
    ----------
    before
        Statuses and moments as they were, so that staff can undo the step.
    """

    __tablename__ = "status_change"
    __table_args__ = (
        one_of("status", STATUSES),
        Index("uq_status_change_number", "appointment_id", "number", unique=True),
    )

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), default=None)
    reason: Mapped[str] = mapped_column(String(500), default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)

    appointment: Mapped[Appointment] = relationship(back_populates="changes")


class WaitlistEntry(Versioned, Base):
    """A patient who wants a seat when one comes free.

    Attributes
    ----------
    provider_id
        With whom; None for anybody.
    earliest, latest
        First and last date of the visit.
    urgency
        How much a day of waiting counts, as a multiple of the least urgent's.
    appointment_id
        An appointment that is moved when an earlier seat is accepted; None for a new one.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        one_of("status", WAITING),
        CheckConstraint("latest >= earliest", name="window"),
        CheckConstraint("urgency > 0", name="urgency"),
        Index(
            "uq_waitlist_entry_open",
            "patient_id",
            "visit_type_id",
            unique=True,
            sqlite_where=text("status IN ('waiting', 'offered')"),
            postgresql_where=text("status IN ('waiting', 'offered')"),
        ),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    visit_type_id: Mapped[UUID] = mapped_column(ForeignKey("visit_type.id"))
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("provider.id"), default=None)
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"), default=None)
    earliest: Mapped[date]
    latest: Mapped[date]
    urgency: Mapped[float] = mapped_column(default=1.0)
    status: Mapped[str] = mapped_column(String(20), default="waiting")


class Offer(Versioned, Base):
    """A seat that is kept for somebody on the waiting list until the offer ends.

    Attributes
    ----------
    hold_id
        The appointment, held, that keeps the seat.
    """

    __tablename__ = "offer"
    __table_args__ = (
        one_of("status", OFFERS),
        Index(
            "uq_offer_open",
            "entry_id",
            unique=True,
            sqlite_where=text("status = 'offered'"),
            postgresql_where=text("status = 'offered'"),
        ),
        Index("ix_offer_ends_at", "ends_at"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seat.id"))
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    status: Mapped[str] = mapped_column(String(20), default="offered")
    ends_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(default=None)

    entry: Mapped[WaitlistEntry] = relationship()
