"""Visits that were booked elsewhere are reminded of, and not confirmed."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from serve.booking.changing import cancel, move
from serve.database import reading
from serve.models import Appointment, PatientIdentifier
from tests.serve.booking.conftest import STAFF, START
from tests.serve.conftest import NOW
from tests.serve.imports.sending import imported, undo
from tests.serve.notify.conftest import Told

CONTENT = (
    "appointment_id,patient,provider,visit_type,scheduled_at\n"
    "a,1,Dr Welch,return,2026-03-05T09:00\n"
)


def brought(told: Told, as_role: Any) -> tuple[Any, Any, Appointment]:
    """Import a visit; return who did, the report and the visit."""

    def known(session: Any) -> None:
        session.add(
            PatientIdentifier(
                practice_id=told.clinic.practice, patient_id=told.clinic.patient,
                system="import", value="1",
            )
        )  # fmt: skip

    told.do(known)
    administrator = as_role("administrator")
    report = imported(administrator, "appointments", CONTENT)
    with reading() as session:
        return administrator, report, session.scalars(select(Appointment)).one()


def test_an_imported_visit_is_reminded_of_and_its_end_told(told: Told, as_role: Any):
    """Its patient knows that it is booked."""
    _, _, visit = brought(told, as_role)
    assert told.messages(visit) == [("reminder", START - timedelta(hours=24))]
    told.do(cancel, visit, NOW, STAFF)
    assert told.kinds(visit, "waiting") == ["cancellation"]


def test_an_imported_visit_that_is_moved_and_moved_back_is_not_confirmed(told: Told, as_role: Any):
    """Its patient knows it where it is again; had the move been told, the way back would be too."""
    _, _, visit = brought(told, as_role)
    told.do(move, visit, told.seats[3], NOW, STAFF)
    assert told.kinds(visit, "waiting") == ["change", "reminder"]
    told.do(move, told.appointment(visit), visit.seat_id, NOW, STAFF)
    assert told.kinds(visit, "waiting") == ["reminder"]


def test_an_import_is_undone_with_its_reminders(told: Told, as_role: Any):
    """As long as nobody was told of its visits."""
    administrator, report, visit = brought(told, as_role)
    assert undo(administrator, report).status_code == 200
    assert told.kinds(visit) == []


def test_an_import_is_not_undone_of_which_patients_were_told(told: Told, as_role: Any):
    """Its visits are cancelled one by one, which patients hear."""
    administrator, report, _ = brought(told, as_role)
    told.clock.moment = START - timedelta(hours=24)
    told.send()
    assert told.subjects() == ["reminder of your appointment on Thursday, 5 March 2026"]
    answer = undo(administrator, report)
    assert answer.status_code == 409
    assert answer.get_json()["reason"] == "used_since"
