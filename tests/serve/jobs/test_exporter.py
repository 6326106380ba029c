"""What a worker tells a machine: that it lives, and its numbers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests
from apiflask import APIFlask
from sqlalchemy import select

from serve.database import reading, transaction
from serve.jobs.exporter import SILENCE, Exporter, Pulse
from serve.jobs.practice_numbers import GAUGES, PracticeNumbers
from serve.models import Practice, Run
from tests.serve.conftest import NOW, Clinic
from tests.serve.days import NINE, Visit, add_day
from tests.serve.events.conftest import free_port
from tests.serve.jobs.conftest import Processes, wait_until


def numbers(practices: PracticeNumbers) -> dict[tuple[str, ...], float]:
    """Return what is told of practices, by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in practices.collect() for sample in metric.samples
    }  # fmt: skip


def test_a_worker_that_is_silent_does_not_live(monkeypatch: pytest.MonkeyPatch):
    """Whoever watches starts it anew; all other paths are not there."""
    pulse = Pulse()
    with Exporter(("127.0.0.1", 0), lambda: b"x 1\n", pulse) as exporter:
        address = f"http://127.0.0.1:{exporter.port}"
        assert requests.get(f"{address}/healthz", timeout=5).status_code == 200
        assert requests.get(f"{address}/metrics", timeout=5).text == "x 1\n"
        assert requests.get(f"{address}/else", timeout=5).status_code == 404
        monkeypatch.setattr(pulse, "_last", pulse._last - SILENCE - 1)
        assert requests.get(f"{address}/healthz", timeout=5).status_code == 503
        pulse.beat()
        assert requests.get(f"{address}/healthz", timeout=5).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_process_tells_its_numbers(clinic: Clinic, workers: Processes):
    """Where the setting says so; a port that is taken is said in a line."""
    port = free_port()
    workers.environment["BAILEY_METRICS_BIND"] = f"127.0.0.1:{port}"
    workers.start()

    def told() -> str | None:
        try:
            return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        except requests.ConnectionError:
            return None

    text = wait_until(told, 120)
    # All practices are looked at as the worker starts.
    wait_until(lambda: 'bailey_practice_sessions{practice="' in (told() or ""), 120)
    for name in ("bailey_runs_ended", "bailey_search_schedules", "bailey_no_show_rate"):
        assert f"# TYPE {name}" in text
    assert "bailey_holds" not in text
    assert workers.started[0].poll() is None
    second = workers.start()
    assert second.wait(120) == 2
    assert "Traceback" not in workers.log.read_text()


def test_sessions_are_told_of_as_the_figures_are(app: APIFlask, as_role: Any, clinic: Clinic):
    """Waits, idle time and overtime, planned and measured, and who did not come."""
    visits = [Visit(0, arrived=0, started=4, ended=9), Visit(1, "no_show")]
    practices = PracticeNumbers()
    with app.app_context():
        transaction(lambda session: add_day(session, clinic, visits))
        with reading() as session:
            practices.look(session, NOW)
    told, name = numbers(practices), str(clinic.practice)
    window = {"first": NINE.date().isoformat(), "last": NINE.date().isoformat()}
    (figures,) = as_role("administrator").get("/practice/metrics", **window)["groups"]
    assert told["bailey_practice_sessions", name] == 1
    for what in ("waiting", "idle", "overtime"):
        one = figures[what]
        gauge = f"bailey_{what}_minutes"
        assert told[gauge, name, "planned"] == pytest.approx(one["planned_where_measured"])
        assert told[gauge, name, "measured"] == pytest.approx(one["measured"])
    assert told["bailey_no_show_rate", name, "seen"] == pytest.approx(0.5)
    assert told["bailey_no_show_rate", name, "predicted"] == pytest.approx(0.1)


def test_models_are_told_of(app: APIFlask, clinic: Clinic):
    """Which is in use, how old it is, what drift was seen; nothing of quantities without runs."""

    def runs(session: Any) -> None:
        calibration = {"expected": 0.1, "observed": 0.13}
        for task, result in {
            "train": {"version": 3},
            "promote": {"in_use": 3},
            "drift": {"drifted": True, "calibration": calibration},
        }.items():
            session.add(
                Run(practice_id=clinic.practice, kind="forecast", state="done", finished_at=NOW,
                    request={"task": task, "quantity": "no_show"}, result=result)
            )  # fmt: skip

    practices = PracticeNumbers()
    assert numbers(practices) == {}
    with app.app_context():
        transaction(runs)
        with reading() as session:
            practices.look(session, NOW)
    told, name = numbers(practices), str(clinic.practice)
    assert told["bailey_model_in_use", name, "no_show"] == 3
    assert told["bailey_model_trained_timestamp_seconds", name, "no_show"] == NOW.timestamp()
    assert told["bailey_model_drift", name, "no_show"] == 1
    assert told["bailey_model_calibration", name, "no_show"] == pytest.approx(0.03)
    assert told["bailey_practice_sessions", name] == 0
    assert not any("consultation" in key for key in told)
    assert {key[0] for key in told} <= set(GAUGES)
    assert UUID(name)


def test_a_practice_that_cannot_be_looked_at_keeps_its_numbers_and_others_are_told_of(
    app: APIFlask, clinic: Clinic
):
    """Such as one with a result that an older version wrote."""
    run = Run(
        practice_id=clinic.practice, kind="forecast", state="done", finished_at=NOW,
        request={"task": "drift", "quantity": "no_show"},
        result={"drifted": True, "calibration": None},
    )  # fmt: skip
    practices = PracticeNumbers()
    with app.app_context():
        transaction(lambda session: session.add(run))
        with reading() as session:
            practices.look(session, NOW)
        before, name = numbers(practices), str(clinic.practice)
        assert before["bailey_model_drift", name, "no_show"] == 1

        def damage(session: Any) -> None:
            session.scalars(select(Run)).one().result = {"other": 1}
            session.add(Practice(name="Welch", zone="Europe/Amsterdam"))

        transaction(damage)
        with reading() as session:
            practices.look(session, NOW + timedelta(days=1))
    told = numbers(practices)
    assert {key: value for key, value in told.items() if key[1] == name} == before
    assert [value for key, value in told.items() if key[1] != name] == [0]
