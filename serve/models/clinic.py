"""Templates, the clinic days on which they are published, and the seats of these."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from serve.models.base import Base, Versioned, one_of
from serve.models.practice import RULES

#: What is known of a template's schedule, as `opt.result.Result.status` has it; ``priced`` for one
#: that somebody made by hand.
KNOWN = ("optimal", "bounded", "heuristic", "priced")


class Template(Versioned, Base):
    """A schedule to publish, the session it is for, and how it was found.

    Attributes
    ----------
    objective
        Session, weights and what else `opt.result.objective_from_dict` reads.
    schedule
        Patients per interval.
    performance, certificate
        What it costs, and the proof that none costs less; without a proof None.
    known
        ``optimal``, ``bounded``, ``heuristic``, or ``priced`` for one made by hand.
    run_id
        The run that found it.
    """

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("practice_id", "name"), one_of("known", KNOWN))

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    visit_type_id: Mapped[UUID] = mapped_column(ForeignKey("visit_type.id"))
    name: Mapped[str]
    objective: Mapped[dict[str, Any]]
    schedule: Mapped[list[Any]]
    performance: Mapped[dict[str, Any]]
    certificate: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    known: Mapped[str] = mapped_column(String(20))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("run.id"), default=None)


class ClinicDay(Versioned, Base):
    """A session of a provider on a date.

    Attributes
    ----------
    day
        On the practice's wall clock.
    starts_at, ends_at
        When it begins and ends; sessions of a provider, and of a room, do not overlap.
    interval_minutes, objective
        The grid, and what a schedule on it costs, as `opt.result.objective_from_dict` reads it.
    template_id, rule
        What it was filled by: a template, or where there is none a rule.
    open
        Whether seats can be booked.
    away_until
        Until when the provider, on the day, begins no consultation; None for no such moment.
    """

    __tablename__ = "clinic_day"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends"),
        CheckConstraint("interval_minutes > 0", name="interval"),
        CheckConstraint("(template_id IS NULL) <> (rule IS NULL)", name="filled"),
        CheckConstraint("rule IS NULL OR " + str(one_of("rule", RULES).sqltext), name="rule"),
        Index("ix_clinic_day_provider_starts", "provider_id", "starts_at", unique=True),
        Index("ix_clinic_day_practice_day", "practice_id", "day"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    visit_type_id: Mapped[UUID] = mapped_column(ForeignKey("visit_type.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource.id"), default=None)
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("template.id"), default=None)
    rule: Mapped[str | None] = mapped_column(String(20), default=None)
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    interval_minutes: Mapped[float]
    objective: Mapped[dict[str, Any]]
    open: Mapped[bool] = mapped_column(default=True)
    away_until: Mapped[datetime | None] = mapped_column(default=None)

    seats: Mapped[list["Seat"]] = relationship(
        back_populates="clinic_day", order_by="Seat.interval, Seat.number"
    )


class Seat(Versioned, Base):
    """A place for one patient at the start of an interval; one row per unit of a schedule.

    Attributes
    ----------
    interval, number
        Which interval, from 0, and which of its seats, from 0.
    starts_at, ends_at
        From when until when its patient has an appointment.
    extra, reason
        Whether staff added it beside the schedule, and why.
    withdrawn
        Whether nobody can book it any more; whoever has it keeps it.
    """

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("clinic_day_id", "interval", "number"),
        CheckConstraint("interval >= 0 AND number >= 0", name="place"),
        CheckConstraint("ends_at > starts_at", name="ends"),
        CheckConstraint("extra = (reason <> '')", name="reason"),
        Index("ix_seat_starts_at", "starts_at"),
    )

    clinic_day_id: Mapped[UUID] = mapped_column(ForeignKey("clinic_day.id"))
    interval: Mapped[int]
    number: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    extra: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(500), default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)

    clinic_day: Mapped[ClinicDay] = relationship(back_populates="seats")
