"""Publishing at the same time as others publish, and as others book."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

from apiflask import APIFlask
from sqlalchemy import select

from serve.booking.publishing import Outcome
from serve.database import transaction
from serve.errors import Conflict
from serve.models import Appointment, Patient, Seat
from tests.serve.booking.ground import (
    TUESDAY,
    add,
    add_provider,
    add_room,
    add_rule,
    add_template,
    book,
    clinic_days,
    counts,
    publish_dates,
    seats_of,
)
from tests.serve.conftest import Clinic

SCHEDULES = ([3, 0, 0, 3, 0, 0], [1, 1, 1, 1, 1, 1], [0, 2, 2, 0, 2, 0])


def together(app: APIFlask, works: list[Callable[[], Any]]) -> list[Any]:
    """Do works at the same time, each in a thread, and return what they return."""

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(one, work) for work in works]]


def test_two_who_publish_at_once_make_one_session(app: APIFlask, clinic: Clinic):
    """One makes it, the others change it; the seats are those of one template."""
    with app.app_context():
        add_rule(clinic)
        templates = [add_template(clinic, str(one), list(one)) for one in SCHEDULES]
    last = TUESDAY + timedelta(days=28)

    def publisher(template: UUID) -> Callable[[], list[Outcome]]:
        return lambda: publish_dates(clinic, template, last=last)

    found = together(app, [publisher(template) for template in templates * 2])
    done = [one.done for outcomes in found for one in outcomes if one.starts_at is not None]
    assert done.count("published") == 5
    assert set(done) <= {"published", "changed", "unchanged"}
    with app.app_context():
        days = clinic_days(clinic)
        assert len(days) == 5
        for day in days:
            schedule = SCHEDULES[templates.index(day.template_id)]
            assert counts(seats_of(day.id), 6) == schedule


def test_two_providers_who_want_the_same_room_at_once(app: APIFlask, clinic: Clinic):
    """On each date one of them gets it, and the other is told."""
    with app.app_context():
        room, other = add_room(clinic), add_provider(clinic)
        add_rule(clinic, room_id=room, recurrence="FREQ=DAILY")
        add_rule(clinic, room_id=room, recurrence="FREQ=DAILY", provider_id=other)
    last = TUESDAY + timedelta(days=9)
    found = together(
        app,
        [
            lambda: publish_dates(clinic, last=last),
            lambda: publish_dates(clinic, last=last, provider=other),
        ],
    )
    done = [one for outcomes in found for one in outcomes]
    assert len(done) == 20
    assert sorted({(one.done, one.reason) for one in done}, key=str) == [
        ("left_out", "room_busy"),
        ("published", None),
    ]
    with app.app_context():
        assert len(clinic_days(clinic)) == 10


def test_nobody_loses_a_seat_that_is_booked_while_others_publish(app: APIFlask, clinic: Clinic):
    """Templates follow each other while seats are booked, without looking, as fast as it goes."""
    with app.app_context():
        add_rule(clinic)
        templates = [add_template(clinic, str(one), list(one)) for one in SCHEDULES]
        (published,) = publish_dates(clinic, templates[0])
        patients = [
            add(Patient(practice_id=clinic.practice, name=f"Patient {number}"))
            for number in range(16)
        ]

    def publisher() -> None:
        for turn in range(12):
            (one,) = publish_dates(clinic, templates[turn % 3])
            assert one.done in ("changed", "unchanged")

    def booker(mine: list[UUID]) -> Callable[[], list[tuple[UUID, UUID]]]:
        def work() -> list[tuple[UUID, UUID]]:
            chance, booked = random.Random(len(mine)), []
            for turn in range(20):
                # Half of them are cancelled, so that there are seats that were used.
                seat = chance.choice(seats_of(published.clinic_day_id))
                try:
                    appointment = book(clinic, seat, patient=mine[turn % len(mine)])
                except Conflict:
                    continue
                if turn % 2:
                    cancel(appointment)
                else:
                    booked.append((appointment, seat.id))
            return booked

        return work

    found = together(app, [publisher, publisher, booker(patients[:6]), booker(patients[6:])])
    booked = dict(pair for pairs in found[2:] for pair in pairs)
    assert booked
    with app.app_context():
        (one,) = publish_dates(clinic, templates[0])
        seats = {seat.id: seat for seat in seats_of(published.clinic_day_id)}
        held = transaction(
            lambda session: list(
                session.scalars(select(Appointment).where(Appointment.status == "booked"))
            )
        )
    assert {one.id: one.seat_id for one in held} == booked
    for one in held:
        assert seats[one.seat_id].starts_at == one.starts_at
    taken = {one.seat_id for one in held}
    free = [seat for seat in seats.values() if seat.id not in taken and not seat.withdrawn]
    assert len(free) == max(6 - len(taken), 0)
    assert_in_schedule(free, SCHEDULES[0])


def cancel(appointment: UUID) -> None:
    """Cancel an appointment."""

    def work(session: Any) -> None:
        session.get_one(Appointment, appointment).status = "cancelled_by_patient"

    transaction(work)


def assert_in_schedule(free: list[Seat], schedule: list[int]) -> None:
    """Check that the free seats are some of a schedule's."""
    found = counts(free, len(schedule))
    assert all(left <= planned for left, planned in zip(found, schedule, strict=True))
