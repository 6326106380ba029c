"""The days of a made-up practice: published, booked, and those that are over played."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.holding import book
from serve.booking.publishing import Publication, publish
from serve.booking.status import step
from serve.booking.who import THE_SERVICE
from serve.demo.practice import VISITS, Made
from serve.models import Appointment, ClinicDay, Patient, Seat

#: Part of the seats that are booked: of days that are over, of this week's, and of later ones.
BOOKED = (0.9, 0.7, 0.35)
CANCELLED = 0.05
WEEK = timedelta(days=7)


def publish_days(session: Session, made: Made, first: date, last: date, now: datetime) -> None:
    """Publish all sessions from one date to another, as it could have been done at a moment."""
    for visit_type in made.visit_types.values():
        asked = Publication(made.practice, visit_type, None, None, first, last)
        publish(session, asked, now)


def book_and_play(
    session: Session,
    made: Made,
    patients: Sequence[Patient],
    now: datetime,
    generator: np.random.Generator,
) -> int:
    """Book seats, and let what was booked for days that are over happen; return how many."""
    query = (
        select(ClinicDay)
        .where(ClinicDay.practice_id == made.practice.id)
        .order_by(ClinicDay.starts_at, ClinicDay.provider_id)
    )
    names = {one.id: name for name, one in made.visit_types.items()}
    # Nobody comes twice on a day, so that nobody is in two places.
    coming: dict[date, set[int]] = defaultdict(set)
    count = 0
    for day in session.scalars(query).all():
        over = day.ends_at < now
        part = BOOKED[0] if over else BOOKED[1] if day.starts_at < now + WEEK else BOOKED[2]
        booked = [
            _booked(session, seat, patients, coming[day.day], now, generator)
            for seat in day.seats
            if seat.starts_at > now or over
            if generator.random() < part
        ]
        count += len(booked)
        if over:
            _play(session, booked, names[day.visit_type_id], generator)
    session.flush()
    return count


def _booked(
    session: Session,
    seat: Seat,
    patients: Sequence[Patient],
    coming: set[int],
    now: datetime,
    generator: np.random.Generator,
) -> Appointment:
    who = int(generator.integers(len(patients)))
    while who in coming:
        who = int(generator.integers(len(patients)))
    coming.add(who)
    ahead = timedelta(hours=float(generator.uniform(2, 14 * 24)))
    moment = min(seat.starts_at - ahead, now)
    return book(session, seat.id, patients[who].id, moment, THE_SERVICE)


def _play(
    session: Session, booked: Sequence[Appointment], visit: str, generator: np.random.Generator
) -> None:
    """Let the patients of a session come, or not, and be seen one after the other."""
    _, mean, cv, no_show = VISITS[visit]
    free: datetime | None = None
    for appointment in booked:
        planned = appointment.starts_at
        assert planned is not None
        chance = generator.random()
        if chance < CANCELLED:
            moment = planned - timedelta(minutes=float(generator.uniform(5, 90)))
            step(session, appointment, "cancelled_by_patient", moment, THE_SERVICE)
            continue
        if chance < CANCELLED + no_show:
            moment = planned + timedelta(minutes=30)
            step(session, appointment, "no_show", moment, THE_SERVICE)
            continue
        arrived = planned - timedelta(minutes=float(generator.uniform(-3, 15)))
        started = max(arrived, planned, free or planned)
        minutes = float(generator.gamma(1 / cv**2, mean * cv**2))
        free = started + timedelta(minutes=minutes)
        for status, moment in (
            ("arrived", arrived),
            ("in_consultation", started),
            ("completed", free),
        ):
            step(session, appointment, status, moment, THE_SERVICE)
