"""The day on which a made-up practice is first opened: half done, with somebody to follow."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from serve.booking.holding import book
from serve.booking.waiting_list import join
from serve.booking.who import THE_SERVICE
from serve.clock import at_wall_clock, wall_clock
from serve.demo.behaviour import drawn
from serve.demo.coming_days import book_seats, free_patients
from serve.demo.playing import let_happen
from serve.jobs.chores import nightly
from serve.jobs.submission import submit
from serve.models import (
    Appointment,
    ClinicDay,
    OutboxMessage,
    Patient,
    Practice,
    Seat,
    User,
    VisitType,
)

#: Sessions that begin before this are the morning's.
NOON = time(12)
#: How far ahead the appointment of the patient is who has an account.
SOON, LATER = timedelta(minutes=20), timedelta(minutes=90)
#: Patients who wait for a seat.
WAITING = 5
#: More than happens in half a day.
EVERYTHING = 100_000


def working_day(machine: datetime, zone: str) -> date:
    """Return the date on which a practice is opened: the real one, or else the Monday after."""
    today = wall_clock(machine, zone).date()
    return today + timedelta(days=max(0, 7 - today.weekday()) if today.weekday() > 4 else 0)


def mid_morning(session: Session, practice: Practice, day: date) -> datetime:
    """Return the middle of a date's morning sessions; ten o'clock if there are none."""
    noon = at_wall_clock(day, NOON, practice.zone)
    starts, ends = session.execute(
        select(func.min(ClinicDay.starts_at), func.max(ClinicDay.ends_at)).where(
            ClinicDay.practice_id == practice.id, ClinicDay.day == day, ClinicDay.starts_at < noon
        )
    ).one()
    if starts is None or ends is None:
        return at_wall_clock(day, time(10), practice.zone)
    middle: datetime = starts + (ends - starts) / 2
    return middle


def next_sessions(session: Session, practice_id: UUID, after: date) -> tuple[date, datetime] | None:
    """Return the next date on which clinic is held, and when it begins; None if none is known."""
    found = session.execute(
        select(ClinicDay.day, func.min(ClinicDay.starts_at))
        .where(ClinicDay.practice_id == practice_id, ClinicDay.day > after, ClinicDay.open)
        .group_by(ClinicDay.day)
        .order_by(ClinicDay.day)
        .limit(1)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def half_a_day(session: Session, practice: Practice, seed: int, now: datetime) -> None:
    """Fill a date up to a moment: who is booked comes, is seen, or not; others wait for a seat."""
    today = wall_clock(now, practice.zone).date()
    _book_for_account(session, practice, today, now)
    book_seats(session, practice, seed, today, today, now)
    let_happen(session, practice.id, seed, now, EVERYTHING)
    _let_some_wait(session, practice, seed, today, now)
    # Of what was told in the past nobody is told now.
    session.flush()
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.practice_id == practice.id, OutboxMessage.state == "waiting")
        .where(OutboxMessage.due_at <= now)
        .values(state="sent", sent_at=OutboxMessage.due_at, attempts=1)
    )


def give_work(session: Session, practice_id: UUID) -> None:
    """Let the models learn, as they do every night, so that there is something to look at."""
    for quantity in ("no_show", "consultation", "demand"):
        submit(session, practice_id, None, "forecast", nightly(quantity))


def _book_for_account(session: Session, practice: Practice, today: date, now: datetime) -> None:
    """Let the patient who has an account come soon, to the provider who has one if possible."""
    patient = session.scalars(
        select(Patient).where(Patient.practice_id == practice.id, Patient.user_id.is_not(None))
    ).first()
    own = select(User.provider_id).where(
        User.practice_id == practice.id, User.provider_id.is_not(None)
    )
    busy = select(Appointment.id).join(Seat, Seat.id == Appointment.seat_id).join(
        ClinicDay, ClinicDay.id == Seat.clinic_day_id
    )  # fmt: skip
    if patient is None or session.scalar(
        busy.where(Appointment.patient_id == patient.id, ClinicDay.day == today)
    ):
        return
    had = select(Appointment.seat_id).where(Appointment.seat_id.is_not(None))
    seat = session.scalars(
        select(Seat)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(
            ClinicDay.practice_id == practice.id,
            Seat.starts_at.between(now + SOON, now + LATER),
            Seat.id.not_in(had),
        )
        .order_by(ClinicDay.provider_id.not_in(own), Seat.starts_at)
    ).first()
    if seat is not None:
        book(session, seat.id, patient.id, now - timedelta(days=6), THE_SERVICE)


def _let_some_wait(
    session: Session, practice: Practice, seed: int, today: date, now: datetime
) -> None:
    visit_type = session.scalars(
        select(VisitType).where(VisitType.practice_id == practice.id, VisitType.name == "return")
    ).first()
    who = list(free_patients(session, practice.id, today))
    for number in range(WAITING if visit_type is not None else 0):
        patient_id = who.pop(drawn(seed, f"waits {number}", len(who)))
        latest = today + timedelta(days=14 + number)
        assert visit_type is not None
        join(session, patient_id, visit_type.id, today, latest, now - timedelta(days=number),
             urgency=1.0 + number % 2)  # fmt: skip
