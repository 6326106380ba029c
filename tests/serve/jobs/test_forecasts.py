"""Models that learn from a practice's own appointments, come into use by the gate, and go back."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pandas as pd
import pytest
from apiflask import APIFlask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from serve.clock import at_wall_clock
from serve.database import reading, transaction
from serve.history.practice_history import history_of_practice
from serve.jobs.worker import Worker
from serve.models import Appointment, ClinicDay, Patient, Practice, Provider, Run, Seat
from tests.serve.conftest import Clinic

ZONE = "Europe/Amsterdam"


def moment(value: Any) -> Any:
    """Return a time of the wall clock as a moment; None where there is none."""
    if pd.isna(value):
        return None
    clock = value.to_pydatetime(warn=False)
    return at_wall_clock(clock.date(), clock.time(), ZONE)


@pytest.fixture
def visits(app: APIFlask, clinic: Clinic) -> pd.DataFrame:
    """A made-up clinic's visits of ten weeks, which are in the database as appointments."""
    made = generate(SyntheticClinic(weeks=10, providers=1, requests_per_day=12.0, country=None))
    table = made.history.visits
    table = table[table["status"] != "booked"].reset_index(drop=True)

    def work(session: Session) -> None:
        days: dict[Any, UUID] = {}
        rows: dict[Any, list[dict[str, Any]]] = {ClinicDay: [], Seat: [], Appointment: []}
        people = {one: uuid4() for one in table["patient_id"].unique()}
        session.execute(
            insert(Patient),
            [{"id": one, "practice_id": clinic.practice, "name": "X"} for one in people.values()],
        )
        for number, visit in table.iterrows():
            starts = moment(visit["scheduled_at"])
            day = starts.date()
            if day not in days:
                days[day] = uuid4()
                begins = at_wall_clock(day, pd.Timestamp("06:00").time(), ZONE)
                rows[ClinicDay].append({
                    "id": days[day], "practice_id": clinic.practice,
                    "provider_id": clinic.provider, "visit_type_id": clinic.visit_type,
                    "location_id": clinic.location, "rule": "individual", "day": day,
                    "starts_at": begins, "ends_at": begins + timedelta(hours=14),
                    "interval_minutes": 5, "objective": {},
                })  # fmt: skip
            seat, ends = uuid4(), starts + timedelta(minutes=1)
            rows[Seat].append({
                "id": seat, "clinic_day_id": days[day], "interval": 0, "number": number,
                "starts_at": starts, "ends_at": ends,
            })  # fmt: skip
            rows[Appointment].append({
                "id": uuid4(), "practice_id": clinic.practice,
                "patient_id": people[visit["patient_id"]], "visit_type_id": clinic.visit_type,
                "seat_id": seat, "status": visit["status"], "starts_at": starts, "ends_at": ends,
                "walk_in": bool(visit["walk_in"]),
                **{name: moment(visit[name]) for name in
                   ("booked_at", "arrived_at", "started_at", "ended_at", "cancelled_at")},
            })  # fmt: skip
        for model, given in rows.items():
            session.execute(insert(model), given)

    with app.app_context():
        transaction(work)
    return table


def test_the_practices_history_is_that_of_its_appointments(
    app: APIFlask, clinic: Clinic, visits: pd.DataFrame
):
    """On the practice's wall clock, with what follows from visits, and without names."""
    with app.app_context(), reading() as session:
        history = history_of_practice(session, clinic.practice, pseudonymised=False)
        name = session.scalar(select(Provider.name).where(Provider.id == clinic.provider))
        assert session.get_one(Practice, clinic.practice).zone == ZONE
    assert len(history.visits) == len(visits)
    assert history.visits["scheduled_at"].tolist() == sorted(visits["scheduled_at"])
    assert set(history.visits["provider"]) == {name}
    assert len(history.consultations) > 100
    assert set(history.arrivals["series"]) == {"return: requests", "return: walk_ins"}


MODELS = {
    "no_show": ["lead_time_table"],
    "demand": ["weekday_median"],
}


@pytest.mark.slow
def test_models_learn_come_into_use_and_go_back(app: APIFlask, as_role: Any, visits: pd.DataFrame):
    """Each run tells the numbers; what is in use is told by the service."""
    analyst = as_role("analyst")
    for quantity, models in MODELS.items():
        analyst.post(
            "/runs/forecast", {"quantity": quantity, "models": models, "held_out_days": 14}
        )
    assert Worker(app).work() == 2
    runs = {}
    for line in analyst.get("/runs", kind="forecast")["items"]:
        run = analyst.get(f"/runs/{line['id']}")
        assert run["state"] == "done", run
        runs[run["request"]["quantity"]] = run
    trained = runs["no_show"]["result"]
    assert trained["baseline"] == "base_rate"
    assert set(trained["scores"]) == {"base_rate", *MODELS["no_show"]}
    assert trained["version"] == 1
    assert analyst.get("/forecasts/no_show")["version"] is None

    run_id = runs["no_show"]["id"]
    wrong = analyst("POST", "/forecasts/demand/promote", {"run_id": run_id})
    assert wrong.status_code == 422
    asked = analyst("POST", "/forecasts/no_show/promote", {"run_id": run_id})
    assert asked.status_code == 202, asked.text
    Worker(app).work()
    judged = analyst.get(f"/runs/{asked.get_json()['id']}")
    assert judged["state"] == "done", judged
    verdict = judged["result"]["verdict"]
    assert judged["result"]["promoted"] == (verdict is None or verdict["low"] > 0)
    in_use = analyst.get("/forecasts/no_show")
    assert in_use["version"] == (1 if judged["result"]["promoted"] else None)

    back = analyst("POST", "/forecasts/no_show/rollback")
    assert back.status_code == 202, back.text
    Worker(app).work()
    refused = analyst.get(f"/runs/{back.get_json()['id']}")
    assert refused["state"] == "failed"
    assert refused["problem"] == "There is no model that was in use before."


def test_a_training_without_a_history_fails_with_a_sentence(app: APIFlask, as_role: Any):
    """And a quantity that is not forecast is not there."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/forecast", {"quantity": "no_show", "models": []})
    Worker(app).work()
    assert "no visits yet" in analyst.get(f"/runs/{run['id']}")["problem"]
    assert analyst("GET", "/forecasts/weather").status_code == 404
    assert analyst("POST", "/forecasts/weather/rollback").status_code == 404


@pytest.mark.slow
def test_the_gate_follows_where_it_was_asked_for(app: APIFlask, as_role: Any, visits: pd.DataFrame):
    """One run trains, the next one judges."""
    analyst = as_role("analyst")
    body = {"quantity": "consultation", "models": ["lognormal"], "held_out_days": 14}
    analyst.post("/runs/forecast", {**body, "promote": True})
    assert Worker(app).work() == 2
    with app.app_context(), reading() as session:
        ended = session.scalars(select(Run)).all()
    assert sorted(one.request["task"] for one in ended) == ["promote", "train"]
    assert [one.problem for one in ended] == [None, None]


@pytest.mark.slow
def test_a_model_in_use_is_watched_over_days_it_has_not_seen(
    app: APIFlask, as_role: Any, visits: pd.DataFrame
):
    """With the same sentences and figures as on a command line; never over days it learned from."""
    analyst = as_role("analyst")
    early = analyst("POST", "/forecasts/consultation/drift", {"days": 14})
    assert early.status_code == 409, early.text
    assert early.get_json()["reason"] == "no_model"
    body = {"quantity": "consultation", "models": ["lognormal"], "held_out_days": 14}
    analyst.post("/runs/forecast", {**body, "promote": True})
    assert Worker(app).work() == 2
    seen = analyst.post("/forecasts/consultation/drift", {"days": 20})
    unseen = analyst.post("/forecasts/consultation/drift", {"days": 14})
    assert Worker(app).work() == 2
    problem = analyst.get(f"/runs/{seen['id']}")["problem"]
    assert "has learned" in problem
    found = analyst.get(f"/runs/{unseen['id']}")["result"]
    assert len(found["sentences"]) >= 2
    assert [one["key"] for one in found["figures"]][:3] == ["stability", "calibration", "score"]
    assert all(one["plot"]["data"] for one in found["figures"])
    assert {one["status"] for one in found["inputs"].values()} <= {"stable", "watch", "shifted"}
    # What the model learned from stands beside what came later.
    assert found["reference"][1] == found["current"][0]
    assert analyst("POST", "/forecasts/weather/drift", {}).status_code == 404
