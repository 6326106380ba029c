"""What the service does by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.jobs.chores import FEWEST_VISITS, end_what_ran_out, forget, refit
from serve.jobs.periodic import register_chores
from serve.jobs.queue import Queues
from serve.models import Appointment, HistoryRow, Patient, Practice, Run
from tests.serve.conftest import NOW, Clinic
from tests.serve.jobs.test_allocation import MONDAY, clinic_day


def test_holds_end_by_themselves(app: APIFlask, clinic: Clinic):
    """And the seat is free again."""

    def held(session: Session) -> UUID:
        day = clinic_day(session, clinic, clinic.provider, MONDAY, 9, 1)
        seat = day.seats[0]
        made = Appointment(
            practice_id=clinic.practice, patient_id=clinic.patient,
            visit_type_id=clinic.visit_type, seat_id=seat.id, status="held",
            starts_at=seat.starts_at, ends_at=seat.ends_at,
            held_until=NOW + timedelta(minutes=10),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id

    with app.app_context():
        identifier = transaction(held)
        assert end_what_ran_out(NOW)["holds"] == 0
        assert end_what_ran_out(NOW + timedelta(minutes=11))["holds"] == 1
        with reading() as session:
            assert session.get_one(Appointment, identifier).status == "expired"


def test_models_learn_anew_once_a_night(app: APIFlask, clinic: Clinic):
    """Where there is enough to learn from, and not by day; with the gate after each."""
    night = datetime.now(UTC).replace(hour=1, minute=20)

    def history(session: Session) -> None:
        session.execute(
            insert(HistoryRow),
            [
                {"id": uuid4(), "practice_id": clinic.practice, "table": "visits",
                 "key": str(number), "at": NOW, "values": {}}
                for number in range(FEWEST_VISITS)
            ],
        )  # fmt: skip

    def nights(moment: datetime) -> int:
        return refit(moment)

    with app.app_context():
        transaction(lambda session: setattr(session.get_one(Practice, clinic.practice), "zone",
                                            "Etc/GMT-1"))  # fmt: skip
        assert nights(night) == 0
        transaction(history)
        assert nights(night + timedelta(hours=12)) == 0
        assert nights(night) == 3
        assert nights(night) == 0
        with reading() as session:
            requests = [one.request for one in session.scalars(select(Run))]
    assert {one["quantity"] for one in requests} == {"no_show", "consultation", "demand"}
    assert all(one["promote"] for one in requests)


def test_models_in_use_are_watched_at_night(app: APIFlask, clinic: Clinic):
    """Before those learn that may take their place."""

    def models(session: Session) -> None:
        session.get_one(Practice, clinic.practice).zone = "Etc/GMT-1"
        rows = [
            {"id": uuid4(), "practice_id": clinic.practice, "table": "visits",
             "key": str(number), "at": NOW, "values": {}}
            for number in range(FEWEST_VISITS)
        ]  # fmt: skip
        session.execute(insert(HistoryRow), rows)
        request = {"task": "promote", "quantity": "no_show"}
        session.add(
            Run(practice_id=clinic.practice, kind="forecast", state="done", request=request,
                result={"in_use": 1}, finished_at=NOW, user_id=None, created_at=NOW)
        )  # fmt: skip

    with app.app_context():
        transaction(models)
        assert refit(datetime.now(UTC).replace(hour=1, minute=20)) == 4
        with reading() as session:
            queued = select(Run).where(Run.state == "queued").order_by(Run.created_at, Run.id)
            tasks = [one.request["task"] for one in session.scalars(queued)]
    assert sorted(tasks) == ["drift", "train", "train", "train"]


@pytest.mark.parametrize(("nightly", "begun"), [(True, 3), (False, 1)])
def test_every_worker_knows_the_chores_that_another_began(app: APIFlask, nightly: bool, begun: int):
    """Also one that leaves learning and forgetting to a clock elsewhere."""
    queues = Queues(app.config["SETTINGS"])
    register_chores(queues, app, nightly)
    registry = queues.chores._registry
    assert len(registry.periodic_tasks) == begun
    assert {name.rsplit(".", 1)[-1] for name in registry._registry} == {
        "end_what_ran_out", "forget", "refit"
    }  # fmt: skip


def test_patients_are_forgotten_when_their_time_is_over(app: APIFlask, clinic: Clinic):
    """As long as the practice says."""

    def old(session: Session) -> Any:
        session.get_one(Practice, clinic.practice).retention_days = 365
        patient = session.get_one(Patient, clinic.stranger)
        patient.created_at = NOW - timedelta(days=400)

    with app.app_context():
        transaction(old)
        assert forget(NOW) == 1
        with reading() as session:
            assert session.get_one(Patient, clinic.stranger).erased_at == NOW
