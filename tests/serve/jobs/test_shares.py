"""Workers that do a share of the runs, and where they evaluate schedules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import torch
from apiflask import APIFlask
from prometheus_client import CollectorRegistry

from serve.clock import machine_clock
from serve.database import transaction
from serve.jobs import searching
from serve.jobs.claims import Share, claim_next
from serve.jobs.device import FREE_BYTES, device_now
from serve.jobs.numbers import WorkNumbers
from serve.jobs.worker import Worker
from serve.models import Run
from serve.settings import Settings
from tests.serve.conftest import Clinic
from tests.serve.jobs.conftest import SESSION, Processes, wait_until


def told(app: APIFlask, name: str, **labels: str) -> float:
    """Return a number that an application counted."""
    return app.extensions["metrics"].registry.get_sample_value(name, labels) or 0.0


def test_a_worker_takes_only_its_kinds(app: APIFlask, clinic: Clinic):
    """The others stay for others, also where they wait longer."""

    def submit(session: Any) -> None:
        for kind in ("forecast", "optimisation"):
            made = machine_clock() - timedelta(minutes=2 if kind == "forecast" else 1)
            session.add(
                Run(practice_id=clinic.practice, kind=kind, request={}, created_at=made)
            )  # fmt: skip

    def claimed(session: Any) -> str | None:
        share = Share(("optimisation", "frontier"))
        claim = claim_next(session, "gpu", machine_clock(), share=share)
        return None if claim is None else session.get_one(Run, claim.run_id).kind

    with app.app_context():
        transaction(submit)
        assert transaction(claimed) == "optimisation"
        assert transaction(claimed) is None


def test_a_worker_leaves_young_runs_to_better_ones(app: APIFlask, as_role: Any):
    """After that it does them, and says that nobody else was free."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/optimisation", SESSION)
    patient = Worker(app, share=Share(after=timedelta(seconds=3600)))
    assert patient.work() == 0
    assert replace(patient, share=Share(after=timedelta(microseconds=1))).work() == 1
    assert analyst.get(f"/runs/{run['id']}")["state"] == "done"
    assert told(app, "bailey_device_fallbacks_total", reason="no_free_worker") == 1


@pytest.mark.slow
def test_a_worker_process_with_a_share_does_its_runs(
    app: APIFlask, as_role: Any, workers: Processes
):
    """Without being woken by anybody."""
    workers.start("--kind", "optimisation", "--after", "0.5")
    analyst = as_role("analyst")
    run = analyst.post("/runs/optimisation", SESSION)
    wait_until(lambda: analyst.get(f"/runs/{run['id']}")["state"] == "done", 60)


def test_work_is_counted(app: APIFlask, as_role: Any):
    """Runs by how they ended; searches by device and by what is known of the schedule."""
    analyst = as_role("analyst")
    analyst.post("/runs/optimisation", SESSION)
    Worker(app).work()
    assert told(app, "bailey_runs_ended_total", kind="optimisation", state="done") == 1
    assert told(app, "bailey_run_seconds_count", kind="optimisation") == 1
    assert told(app, "bailey_searches_total", device="cpu", status="optimal") == 1
    assert told(app, "bailey_search_schedules_total", device="cpu") > 1
    assert told(app, "bailey_search_seconds_total", device="cpu") > 0
    assert told(app, "bailey_search_gap_count") == 1


def test_without_a_gpu_work_is_done_on_the_cpu(monkeypatch: pytest.MonkeyPatch):
    """Counted by the reason; who asks for the CPU has fallen back from nothing."""
    numbers = WorkNumbers(CollectorRegistry())
    asked = Settings(device="cuda")
    assert device_now(Settings(), numbers) == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert device_now(asked, numbers) == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (FREE_BYTES - 1, 2**34))
    assert device_now(asked, numbers) == "cpu"
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (FREE_BYTES, 2**34))
    assert device_now(asked, numbers) == "cuda"
    assert device_now(Settings(device="cuda:1"), numbers) == "cpu"
    counted = {
        one.labels["reason"]: one.value
        for metric in numbers.fallbacks.collect() for one in metric.samples
    }  # fmt: skip
    assert counted == {"no_gpu": 2.0, "no_memory": 1.0}


def test_a_search_whose_gpu_fills_up_goes_on_without_it(
    app: APIFlask, as_role: Any, monkeypatch: pytest.MonkeyPatch
):
    """It ends with the same schedule."""
    real = searching._search_on

    def full(device: str, *rest: Any) -> Any:
        if device == "cuda":
            raise torch.cuda.OutOfMemoryError("others took it")
        return real(device, *rest)

    monkeypatch.setattr(searching, "_search_on", full)
    monkeypatch.setattr(searching, "device_now", lambda *_: "cuda")
    analyst = as_role("analyst")
    run = analyst.post("/runs/optimisation", SESSION)
    Worker(app).work()
    assert analyst.get(f"/runs/{run['id']}")["result"]["status"] == "optimal"
    assert told(app, "bailey_device_fallbacks_total", reason="no_memory") == 1
