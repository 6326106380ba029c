"""What is not kept longer than needed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from serve.database import reading, transaction
from serve.models import AuditEntry, IdempotencyRecord, Patient, Practice
from serve.privacy.retention import keep_no_longer
from tests.serve.conftest import NOW, Clinic, make_clinic
from tests.serve.things import Things

DAYS = 365


@pytest.fixture
def patients(app: APIFlask, clinic: Clinic) -> dict[str, UUID]:
    """Patients of a practice that keeps them for a year, by what they had and will have."""

    def work(session: Any) -> dict[str, UUID]:
        session.get(Practice, clinic.practice).retention_days = DAYS
        long_ago, lately = NOW - timedelta(days=DAYS, hours=2), NOW - timedelta(days=DAYS - 1)
        made = {}
        for name, starts, status in (
            ("long ago", long_ago, "completed"),
            ("long ago, never ended", long_ago, "booked"),
            ("long ago, still there", long_ago, "arrived"),
            ("lately", lately, "completed"),
            ("lately cancelled", lately, "cancelled_by_patient"),
            ("to come", NOW + timedelta(days=9), "booked"),
            ("waiting", long_ago, "completed"),
        ):
            things = Things(session, clinic.practice, ("patient",))
            things.starts = starts
            visit = things.appointment
            visit.status = status
            made[name] = things.patient.id
            if name == "waiting":
                assert things.entry.status == "waiting"
        things = Things(session, clinic.practice, ("patient",))
        made["never"] = things.patient.id
        session.flush()
        session.execute(update(Patient).values(created_at=NOW - timedelta(days=2 * DAYS)))
        made["new"] = Things(session, clinic.practice, ("patient",)).patient.id
        session.execute(update(Patient).where(Patient.id == made["new"]).values(created_at=NOW))
        return made

    with app.app_context():
        make_clinic("Welch")  # Which keeps everything for ever.
        return transaction(work)


def erased(app: APIFlask) -> set[UUID]:
    """Return who is erased."""
    with app.app_context(), reading() as session:
        return set(session.scalars(select(Patient.id).where(Patient.erased_at.is_not(None))))


def test_patients_are_kept_as_long_as_the_practice_says(
    app: APIFlask, clinic: Clinic, patients: dict[str, UUID]
):
    """After the last visit, or else since they were added; the audit says who was erased."""
    gone = {patients[name] for name in ("long ago", "long ago, never ended", "never")}
    gone |= {clinic.patient, clinic.stranger}
    with app.app_context():
        assert transaction(lambda session: keep_no_longer(session, NOW))["patients"] == 5
        assert erased(app) == gone
        assert transaction(lambda session: keep_no_longer(session, NOW))["patients"] == 0
    with app.app_context(), reading() as session:
        entries = session.scalars(select(AuditEntry)).all()
    assert {entry.patient_id for entry in entries} == gone
    assert {(entry.by, entry.action) for entry in entries} == {("system", "patient.erase")}


def test_a_transaction_erases_no_more_than_it_may(app: APIFlask, patients: dict[str, UUID]):
    """The rest is the next one's."""
    with app.app_context():
        counts = [
            transaction(lambda session: keep_no_longer(session, NOW, most=2))["patients"]
            for _ in range(4)
        ]
    assert counts == [2, 2, 1, 0]
    assert len(erased(app)) == 5


def test_answers_are_kept_for_two_days(app: APIFlask, as_role: Any, clock: Any):
    """After which the same key is a new request."""
    administrator = as_role("administrator")
    administrator.post("/locations", {"name": "Side street"})
    clock.forward(days=1)
    administrator.post("/locations", {"name": "Square"})
    with app.app_context():
        later = NOW + timedelta(days=2, seconds=1)
        assert transaction(lambda session: keep_no_longer(session, later)) == {
            "patients": 0, "answers": 1,
        }  # fmt: skip
    with app.app_context(), reading() as session:
        kept = session.scalars(select(IdempotencyRecord)).all()
    assert [one.answer["name"] for one in kept] == ["Square"]
