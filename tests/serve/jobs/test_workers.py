"""Workers as real processes: killed, stopped and cancelled in the middle of a search."""

import signal
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask

from opt import optimise
from opt.result import objective_from_dict
from opt.strategies.genetic import Genetic
from serve.database import reading
from serve.models import Run, RunCheckpoint
from tests.serve.conftest import SQLITE_AT_NIGHT
from tests.serve.jobs.conftest import SESSION, Processes, wait_until

GENERATIONS = 1000
SEARCH = {
    **SESSION,
    "strategy": {
        "name": "genetic", "parameters": {"population": 400, "generations": GENERATIONS}
    },
    "seed": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed() -> Any:
    """What the search comes to when nobody disturbs it."""
    strategy = Genetic(population=400, generations=GENERATIONS)
    return optimise(objective_from_dict(SESSION), strategy, seed=7)


def submitted(as_role: Any, search: dict[str, Any] = SEARCH) -> Any:
    """Return a search that was submitted, and who looks at it."""
    analyst = as_role("analyst")
    return analyst, analyst.post("/runs/optimisation", search)


def checkpointed(app: APIFlask, run: dict[str, Any]) -> bool:
    """Return whether a run is under way, has told so, and has a checkpoint."""
    with app.app_context(), reading() as session:
        found = session.get_one(Run, UUID(run["id"]))
        told = found.state == "running" and bool(found.progress)
        return told and session.get(RunCheckpoint, UUID(run["id"])) is not None


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_killed_workers_run_ends_as_if_nothing_had_happened(
    app: APIFlask, as_role: Any, workers: Processes, undisturbed: Any
):
    """SIGKILL in the middle; another worker goes on from the checkpoint to the same end."""
    first = workers.start()
    analyst, run = submitted(as_role)
    wait_until(lambda: checkpointed(app, run))
    workers.stop(first, signal.SIGKILL)
    interrupted = analyst.get(f"/runs/{run['id']}")
    assert interrupted["state"] == "running"
    assert 0 < interrupted["progress"]["iteration"] < GENERATIONS
    second = workers.start()
    done = wait_until(lambda: over(analyst, run))
    assert done["state"] == "done", done
    assert done["attempt"] == 2
    result = done["result"]
    assert result["schedules"] == [undisturbed.schedule]
    assert result["performance"] == [undisturbed.performance.row(0)]
    assert result["evaluations"] == undisturbed.evaluations
    with app.app_context(), reading() as session:
        assert session.get(RunCheckpoint, UUID(run["id"])) is None
    assert workers.stop(second) == 0


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_worker_that_is_told_to_go_hands_its_run_over(
    app: APIFlask, as_role: Any, workers: Processes, undisturbed: Any
):
    """SIGTERM: the step in progress ends, and the run waits for the next worker at once."""
    first = workers.start()
    analyst, run = submitted(as_role)
    wait_until(lambda: analyst.get(f"/runs/{run['id']}")["progress"])
    assert workers.stop(first) == 0
    handed_over = analyst.get(f"/runs/{run['id']}")
    assert handed_over["state"] == "queued"
    workers.start()
    done = wait_until(lambda: over(analyst, run))
    assert done["result"]["evaluations"] == undisturbed.evaluations
    assert done["result"]["schedules"] == [undisturbed.schedule]


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_run_under_way_is_cancelled(app: APIFlask, as_role: Any, workers: Processes):
    """At the next look, without a result."""
    workers.start()
    # It would go on for half a minute.
    endless = {"name": "genetic", "parameters": {"population": 1000, "generations": 1000}}
    analyst, run = submitted(as_role, SEARCH | {"strategy": endless})
    wait_until(lambda: analyst.get(f"/runs/{run['id']}")["progress"])
    answer = analyst("POST", f"/runs/{run['id']}/cancel", version=run["version"])
    assert answer.status_code == 200, answer.text
    ended = wait_until(lambda: over(analyst, run))
    assert (ended["state"], ended["result"]) == ("cancelled", None)


def over(analyst: Any, run: dict[str, Any]) -> Any:
    """Return a run that is over; None for one that is not."""
    found = analyst.get(f"/runs/{run['id']}")
    return found if found["state"] not in ("queued", "running") else None
