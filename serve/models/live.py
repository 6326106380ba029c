"""How a day that runs is expected to go on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from serve.models.base import Base, Counter


class Outlook(Base):
    """What is expected of the rest of a session that runs, as it was last computed.

    Attributes
    ----------
    computed_at, event_id
        When, and the last event of the practice that it knows.
    finish_at, finish_earliest_at, finish_latest_at
        The expected end, and the interval that has it with 80 %.
    overtime_probability
        That the session ends after its planned end.
    """

    __tablename__ = "outlook"
    __table_args__ = (
        CheckConstraint("overtime_probability >= 0 AND overtime_probability <= 1", name="overtime"),
    )

    clinic_day_id: Mapped[UUID] = mapped_column(
        ForeignKey("clinic_day.id", ondelete="CASCADE"), primary_key=True
    )
    computed_at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(Counter)
    finish_at: Mapped[datetime]
    finish_earliest_at: Mapped[datetime]
    finish_latest_at: Mapped[datetime]
    overtime_probability: Mapped[float]


class ExpectedStart(Base):
    """When a patient is expected to be called, as it was last computed, and what was told of it.

    Attributes
    ----------
    expected_at, earliest_at, latest_at
        The expected start, and the interval that has it with 80 %.
    told_at
        The start that the patient was last told; None while only the appointment's time was.
    noticed_at
        When the last notice of a delay was made; None for never.
    """

    __tablename__ = "expected_start"

    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), primary_key=True
    )
    clinic_day_id: Mapped[UUID] = mapped_column(
        ForeignKey("clinic_day.id", ondelete="CASCADE"), index=True
    )
    expected_at: Mapped[datetime]
    earliest_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    told_at: Mapped[datetime | None] = mapped_column(default=None)
    noticed_at: Mapped[datetime | None] = mapped_column(default=None)
