"""Importing appointments that are still to come."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading, transaction
from serve.models import Appointment, ClinicDay, PatientIdentifier, Seat, StatusChange
from tests.serve.conftest import Clinic
from tests.serve.imports.sending import imported, refused, undo

#: Nine o'clock in Amsterdam, the day after the tests' today.
NINE = datetime(2026, 3, 3, 8, tzinfo=UTC)
HEADER = "appointment_id,patient,provider,visit_type,scheduled_at\n"


@pytest.fixture
def day(app: APIFlask, clinic: Clinic) -> UUID:
    """A session from nine to ten with seats at 9:00 and 9:10, and two patients with numbers."""

    def work(session: Any) -> UUID:
        made = ClinicDay(
            practice_id=clinic.practice, provider_id=clinic.provider,
            visit_type_id=clinic.visit_type, location_id=clinic.location, rule="individual",
            day=NINE.date(), starts_at=NINE, ends_at=NINE + timedelta(hours=1),
            interval_minutes=10, objective={},
        )  # fmt: skip
        session.add(made)
        session.flush()
        for interval in (0, 1):
            starts = NINE + timedelta(minutes=10 * interval)
            session.add(
                Seat(
                    clinic_day_id=made.id, interval=interval, number=0,
                    starts_at=starts, ends_at=starts + timedelta(minutes=10),
                )
            )  # fmt: skip
        for patient, number in ((clinic.patient, "1"), (clinic.stranger, "2")):
            session.add(
                PatientIdentifier(
                    practice_id=clinic.practice, patient_id=patient, system="import", value=number
                )
            )
        return UUID(str(made.id))

    with app.app_context():
        return transaction(work)


def count(app: APIFlask, model: Any) -> int:
    """Return how many rows there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_appointments_take_seats_and_where_there_is_none_extra_ones(
    as_role: Any, app: APIFlask, day: UUID
):
    """Their times are on the practice's wall clock, or in a zone of their own."""
    administrator = as_role("administrator")
    content = HEADER + (
        "a,1,Dr Welch,return,2026-03-03T09:00\n"
        "b,2,Dr Welch,return,2026-03-03T08:00Z\n"
        "c,1,Dr Welch,return,2026-03-03 09:35\n"
    )
    report = imported(administrator, "appointments", content)
    assert report["counts"]["added"] == 3
    with app.app_context(), reading() as session:
        booked = {one.external_id: one for one in session.scalars(select(Appointment))}
        assert {one.status for one in booked.values()} == {"booked"}
        assert booked["a"].starts_at == booked["b"].starts_at == NINE
        seats = {name: one.seat for name, one in booked.items()}
        assert [(seats[name].extra, seats[name].interval) for name in "abc"] == [
            (False, 0),
            (True, 0),
            (True, 3),
        ]
        assert seats["b"].number == 1
        assert seats["c"].reason == "import"
        assert booked["c"].changes[0].reason == "import"
    again = imported(administrator, "appointments", content)
    assert again["counts"]["unchanged"] == 3
    assert count(app, Appointment) == 3
    assert undo(administrator, report).status_code == 200
    assert [count(app, one) for one in (Appointment, StatusChange, Seat)] == [0, 0, 2]


def test_a_row_that_cannot_be_booked_says_why(as_role: Any, app: APIFlask, day: UUID):
    """No session, another type, the past, somebody unknown, or a patient who is elsewhere."""
    administrator = as_role("administrator")
    content = HEADER + (
        "a,1,Dr Welch,return,2026-03-03T09:00\n"
        "b,1,Dr Welch,return,2026-03-03T09:05\n"
        "c,2,Dr Welch,return,2026-03-03T10:00\n"
        "d,2,Dr Welch,return,2026-03-02T09:00\n"
        "e,3,Dr Who,new,2026-03-03T09:00\n"
        "f,2,Dr Welch,return,2026-03-03\n"
        "g,2,Dr Welch,return,2300-03-03T09:00\n"
        "a,2,Dr Welch,return,2026-03-03T09:10\n"
    )
    errors = refused(administrator, "appointments", content)
    assert errors == {
        "line 3, scheduled_at": "must be a time at which the patient has no other appointment",
        "line 4, scheduled_at": "must be within a published session of the provider",
        "line 5, scheduled_at": "must be still to come; what has been is imported as visits",
        "line 6, patient": "must be a patient that is known here",
        "line 6, provider": "must be a provider that is known here",
        "line 6, visit_type": "must be a visit type that is known here",
        "line 7, scheduled_at": errors["line 7, scheduled_at"],
        "line 8, scheduled_at": errors["line 7, scheduled_at"],
        "line 9, appointment_id": "must be no other row's appointment_id: line 2 has it",
    }
    assert count(app, Appointment) == 0
    report = imported(administrator, "appointments", content, on_error="skip")
    assert (report["counts"]["added"], report["counts"]["skipped"]) == (1, 7)
    moved = refused(
        administrator, "appointments", HEADER + "a,1,Dr Welch,return,2026-03-03T09:10\n"
    )
    assert set(moved) == {"line 2, appointment_id"}


def test_a_dry_run_of_appointments_leaves_the_seats_free(as_role: Any, app: APIFlask, day: UUID):
    """Although it books to see whether it can."""
    content = HEADER + "a,1,Dr Welch,return,2026-03-03T09:00\n"
    report = imported(as_role("administrator"), "appointments", content, dry_run="true")
    assert report["counts"]["added"] == 1
    assert [count(app, one) for one in (Appointment, StatusChange, Seat)] == [0, 0, 2]


def test_an_appointment_that_was_cancelled_since_is_not_undone(
    as_role: Any, app: APIFlask, day: UUID
):
    """It was changed here."""
    administrator = as_role("administrator")
    report = imported(
        administrator, "appointments", HEADER + "a,1,Dr Welch,return,2026-03-03T09:00\n"
    )

    def cancel(session: Any) -> None:
        session.scalars(select(Appointment)).one().status = "cancelled_by_patient"

    with app.app_context():
        transaction(cancel)
    answer = undo(administrator, report)
    assert answer.status_code == 409
    assert count(app, Appointment) == 1
