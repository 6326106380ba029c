"""Past sessions with their forecasts, and the law of a clinic in a search."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.consultation.quantity import Consultation
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.past_sessions import Forecasters, booked_patients, past_sessions
from forecast.quantities import make_model
from objective import InvalidInput, ServiceTime
from opt.forecast_value.session_files import read_session_files
from tests.forecast.consultation.clinic import TRAINER, clinic

QUANTITY = Consultation()
SPLIT = Split(*(pd.Timestamp(day) for day in ("2024-01-22", "2024-01-22", "2024-01-25")))


def with_visits(history: History) -> History:
    """Return a history in which every tenth appointment was missed."""
    table = history.consultations
    visits = table[["visit_id", "patient_id", "provider", "visit_type"]].assign(
        booked_at=table["started_at"] - pd.Timedelta(days=5),
        scheduled_at=table["started_at"].dt.floor("5min"),
        status="completed",
        ended_at=table["started_at"] + pd.to_timedelta(table["minutes"], "min"),
    )
    missed = np.arange(len(table)) % 10 == 3
    visits.loc[missed, "status"] = "no_show"
    visits.loc[missed, "ended_at"] = pd.NaT
    return replace(history, visits=visits, consultations=table[~missed].reset_index(drop=True))


HISTORY = with_visits(clinic(providers=("ann",)))


class ByAgeOfBooking:
    """A model of no-shows that notes what it is shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[pd.DataFrame, History]] = []

    def probabilities(self, appointments: pd.DataFrame, known: History) -> np.ndarray:
        """Return a probability that differs from patient to patient."""
        self.seen.append((appointments, known))
        return appointments["patient_id"].str[1:].astype(float).to_numpy() / 1_000


@pytest.fixture(scope="module")
def forecasters() -> Forecasters:
    """Lognormal laws of visit types, and a regression."""
    fitted = [
        QUANTITY.fit(make_model(QUANTITY, name, {}), HISTORY, SPLIT.train_until, TRAINER)
        for name in ("lognormal", "lognormal_regression")
    ]
    return Forecasters(*fitted)


def test_the_sessions_are_read_by_the_experiment(forecasters, tmp_path):
    """All of them, in order, with who came and how long it took."""
    contents = past_sessions(HISTORY, SPLIT, forecasters, session_minutes=180.0)
    (tmp_path / "sessions.json").write_text(json.dumps(contents))
    sessions = read_session_files(tmp_path / "sessions.json")
    assert [one.name for one in sessions] == [f"s{number:03d}" for number in range(42, 48)]
    booked = HISTORY.visits[
        (HISTORY.visits["scheduled_at"] >= SPLIT.first)
        & (HISTORY.visits["scheduled_at"] < SPLIT.until)
    ]
    assert sum(len(one.order) for one in sessions) == len(booked)
    came = np.concatenate([one.came for one in sessions])
    assert (~came).sum() == (booked["status"] == "no_show").sum() > 0
    minutes = np.concatenate([one.minutes for one in sessions])[came]
    table = HISTORY.consultations.set_index("visit_id")["minutes"]
    assert sorted(minutes) == pytest.approx(sorted(table.reindex(booked["visit_id"]).dropna()))
    assert {one.length for one in sessions} == {180.0}


def test_each_level_says_what_it_knows(forecasters):
    """The clinic one law, each class its own, each patient another."""
    session = past_sessions(HISTORY, SPLIT, forecasters)["sessions"][0]
    assert "session_minutes" not in session
    laws = {
        kind: ServiceTime.from_dict(one["service_time"])
        for kind, one in {"all": session["clinic"], **session["classes"]}.items()
    }
    assert laws["return"].mean < laws["all"].mean < laws["new"].mean
    own = {patient["service_time"]["mean"] for patient in session["patients"]}
    assert len(own) == len(session["patients"])
    visits = HISTORY.visits[HISTORY.visits["scheduled_at"] < SPLIT.train_until]
    share = (visits["status"] == "no_show").mean()
    assert session["clinic"]["no_show"] == pytest.approx(share)


def test_a_no_show_model_is_asked_before_each_day(forecasters):
    """It sees neither what became of the appointments nor anything of the day itself."""
    model = ByAgeOfBooking()
    contents = past_sessions(HISTORY, SPLIT, replace(forecasters, no_show=model))
    assert len(model.seen) == 3
    for appointments, known in model.seen:
        day = appointments["scheduled_at"].min().normalize()
        assert set(appointments["status"]) == {"booked"}
        assert appointments["ended_at"].isna().all()
        assert known.consultations["started_at"].max() < day
        assert set(known.visits[known.visits["scheduled_at"] >= day]["status"]) == {"booked"}
    patients = booked_patients(HISTORY, SPLIT.first, SPLIT.until)
    misses = [one["no_show"] for session in contents["sessions"] for one in session["patients"]]
    assert misses == pytest.approx(patients["patient_id"].str[1:].astype(float) / 1_000)


def test_what_happens_on_a_day_changes_none_of_its_forecasts(forecasters):
    """Other minutes and other no-shows from a day on change what came, and no law of that day."""
    day = SPLIT.first + pd.Timedelta(days=1)
    table, visits = HISTORY.consultations.copy(), HISTORY.visits.copy()
    table.loc[table["started_at"] >= day, "minutes"] *= 2
    other = replace(HISTORY, consultations=table, visits=visits)
    before = past_sessions(HISTORY, SPLIT, forecasters)["sessions"]
    after = past_sessions(other, SPLIT, forecasters)["sessions"]
    for one, two in zip(before, after, strict=True):
        if one["date"] <= str(day.date()):
            for name in ("clinic", "classes"):
                assert one[name] == two[name]
            for mine, theirs in zip(one["patients"], two["patients"], strict=True):
                assert mine["service_time"] == theirs["service_time"]
                assert mine["no_show"] == theirs["no_show"]


def test_without_visits_everybody_came(forecasters):
    """A history of consultations alone has no no-shows."""
    alone = replace(HISTORY, visits=History().visits)
    sessions = past_sessions(alone, SPLIT, forecasters)["sessions"]
    assert {session["clinic"]["no_show"] for session in sessions} == {0.0}
    assert all(patient["came"] for session in sessions for patient in session["patients"])


def test_who_came_without_an_appointment_was_booked_by_nobody():
    """Walk-ins are no patients of a schedule."""
    flags = np.arange(len(HISTORY.visits)) % 7 == 0
    some = replace(HISTORY, visits=HISTORY.visits.assign(walk_in=flags))
    booked = booked_patients(some, SPLIT.first, SPLIT.until)
    before = booked_patients(HISTORY, SPLIT.first, SPLIT.until)
    walked_in = set(HISTORY.visits["visit_id"][flags])
    seen = before["came"] & before["visit_id"].isin(walked_in)
    assert seen.any()
    assert list(booked["visit_id"]) == list(before["visit_id"][~seen])


def test_a_period_without_a_session_is_refused(forecasters):
    """With a sentence that names the split."""
    later = Split(*(pd.Timestamp(day) for day in ("2024-01-22", "2025-01-22", "2025-01-25")))
    with pytest.raises(InvalidInput, match="split"):
        past_sessions(HISTORY, later, forecasters)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lognormal", "empirical", "gradient_boosting"])
def test_a_schedule_for_the_fitted_law_is_proved_optimal(name, tmp_path: Path):
    """The law of all patients of a day, in a session file that ``python -m opt`` takes."""
    model = make_model(QUANTITY, name, {})
    fitted = QUANTITY.fit(model, HISTORY, SPLIT.train_until, TRAINER)
    cases = booked_patients(HISTORY, SPLIT.first, SPLIT.first + pd.Timedelta(hours=12))
    law = fitted.forecast(cases, HISTORY).mixture()
    folder = tmp_path / "conf" / "session"
    folder.mkdir(parents=True)
    body = {
        "session": {"patients": 10, "intervals": 30, "interval_length": 5.0, "no_show": 0.1},
        "service_time": law.to_dict(),
    }
    # JSON is YAML too; the law replaces the whole of the default one.
    head = "# @package _global_\ndefaults:\n  - override /service_time: fitted\n"
    text = f"{head}session: {json.dumps(body['session'])}\n"
    (folder / "fitted.yaml").write_text(text)
    (tmp_path / "conf" / "service_time").mkdir()
    law_file = tmp_path / "conf" / "service_time" / "fitted.yaml"
    law_file.write_text(json.dumps(body["service_time"]))
    command = [sys.executable, "-m", "opt", "--config-dir", str(tmp_path / "conf")]
    done = subprocess.run(
        [*command, "session=fitted", f"hydra.run.dir={tmp_path / 'out'}", "report=false"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["status"] == "optimal"
    assert result["session"]["service_time"]["law"] == law.law
    assert ServiceTime.from_dict(result["session"]["service_time"]).mean == pytest.approx(law.mean)
