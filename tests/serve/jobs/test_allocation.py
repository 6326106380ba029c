"""Open requests and free seats, allocated by a worker in this process."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.clock import at_wall_clock
from serve.database import transaction
from serve.jobs.worker import Worker
from serve.models import (
    Appointment,
    ClinicDay,
    Patient,
    Preference,
    Provider,
    Seat,
    WaitlistEntry,
)
from tests.serve.conftest import Clinic

MONDAY = date(2026, 3, 9)
WINDOW = {"first": "2026-03-09", "last": "2026-03-10", "gap": 0}


def clinic_day(
    session: Session, clinic: Clinic, provider: UUID, day: date, hour: int, seats: int
) -> ClinicDay:
    """Add a clinic day with seats every ten minutes."""
    begins = at_wall_clock(day, datetime(2026, 1, 1, hour).time(), "Europe/Amsterdam")
    made = ClinicDay(
        practice_id=clinic.practice, provider_id=provider, visit_type_id=clinic.visit_type,
        location_id=clinic.location, rule="individual", day=day, starts_at=begins,
        ends_at=begins + timedelta(hours=2), interval_minutes=10, objective={},
    )  # fmt: skip
    session.add(made)
    session.flush()
    for number in range(seats):
        starts = begins + timedelta(minutes=10 * number)
        session.add(
            Seat(
                clinic_day_id=made.id,
                interval=number,
                number=0,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=10),
            )
        )
    session.flush()
    return made


def patients(session: Session, clinic: Clinic, number: int) -> list[UUID]:
    """Add patients."""
    made = [Patient(practice_id=clinic.practice, name=f"Patient {one}") for one in range(number)]
    session.add_all(made)
    session.flush()
    return [one.id for one in made]


def entry(clinic: Clinic, patient: UUID, **more: Any) -> WaitlistEntry:
    """Return an entry of the waiting list for the week."""
    given = {"earliest": MONDAY, "latest": MONDAY + timedelta(days=4)} | more
    return WaitlistEntry(
        practice_id=clinic.practice, patient_id=patient, visit_type_id=clinic.visit_type, **given
    )


@pytest.fixture
def asked(app: APIFlask, clinic: Clinic) -> dict[str, str]:
    """A Monday with two seats of one provider, a Tuesday with one of another, and five requests."""

    def work(session: Session) -> dict[str, str]:
        other = Provider(practice_id=clinic.practice, name="Dr Other")
        session.add(other)
        session.flush()
        monday = clinic_day(session, clinic, clinic.provider, MONDAY, 9, 3)
        tuesday = clinic_day(session, clinic, other.id, MONDAY + timedelta(days=1), 14, 1)
        one, two, three, four, five, six = patients(session, clinic, 6)
        # One of the seats of Monday is taken already.
        seat = monday.seats[0]
        session.add(
            Appointment(
                practice_id=clinic.practice,
                patient_id=six,
                visit_type_id=clinic.visit_type,
                seat_id=seat.id,
                status="booked",
                starts_at=seat.starts_at,
                ends_at=seat.ends_at,
            )
        )
        rows = {
            "plain": Appointment(
                practice_id=clinic.practice, patient_id=one, visit_type_id=clinic.visit_type,
                status="requested",
            ),
            "urgent": entry(clinic, two, urgency=5.0),
            "with the other": entry(clinic, three, provider_id=other.id),
            "too late": entry(
                clinic, four, earliest=MONDAY + timedelta(days=3), urgency=9.0
            ),
            "least": entry(clinic, five, urgency=0.5),
        }  # fmt: skip
        session.add_all(rows.values())
        session.add(Preference(patient_id=one, weekdays=["monday"], times=[["09:00", "11:00"]]))
        session.flush()
        return {
            **{name: str(row.id) for name, row in rows.items()},
            "monday": str(monday.id), "tuesday": str(tuesday.id), "taken": str(seat.id),
        }  # fmt: skip

    with app.app_context():
        return transaction(work)


def test_free_seats_go_to_open_requests(app: APIFlask, as_role: Any, asked: dict[str, str]):
    """The urgent first, a named provider kept to, and a reason for each who gets none."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/allocation", WINDOW)
    Worker(app).work()
    done = analyst.get(f"/runs/{run['id']}")
    assert done["state"] == "done", done
    result = done["result"]
    assert (result["requests"], result["served"]) == (5, 3)
    given = {one["request_id"]: one for one in result["assignments"]}
    assert given[asked["urgent"]]["clinic_day_id"] == asked["monday"]
    assert given[asked["plain"]]["clinic_day_id"] == asked["monday"]
    assert given[asked["with the other"]]["clinic_day_id"] == asked["tuesday"]
    assert given[asked["urgent"]]["starts_at"] < given[asked["plain"]]["starts_at"]
    assert given[asked["plain"]]["kind"] == "appointment"
    seats = [one["seat_id"] for one in result["assignments"]]
    assert len(set(seats)) == 3
    assert asked["taken"] not in seats
    reasons = {one["request_id"]: one["reason"] for one in result["unserved"]}
    assert reasons[asked["too late"]] == "window"
    assert reasons[asked["least"]] in ("urgency", "provider")
    assert "Patient" not in str(result)


def test_seats_that_have_passed_are_not_given(
    app: APIFlask, as_role: Any, asked: dict[str, str], clock: Any
):
    """After the window nothing is free."""
    clock.forward(days=30)
    analyst = as_role("analyst")
    run = analyst.post("/runs/allocation", WINDOW)
    Worker(app).work()
    assert analyst.get(f"/runs/{run['id']}")["state"] == "failed"
