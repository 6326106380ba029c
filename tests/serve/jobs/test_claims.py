"""Who may write of a run: the last worker that claimed it, and nobody else."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from serve.database import reading, transaction
from serve.jobs.claims import (
    LEASE,
    Claim,
    ClaimLostError,
    beat,
    claim_next,
    end,
    release,
    save,
)
from serve.jobs.submission import submit
from serve.models import Event, Run, RunCheckpoint
from tests.serve.conftest import NOW, Clinic


@pytest.fixture
def run_id(app: APIFlask, clinic: Clinic) -> Iterator[UUID]:
    """A run that waits, in an application context."""
    with app.app_context():
        yield transaction(
            lambda session: submit(session, clinic.practice, None, "optimisation", {}).id
        )


def claimed(worker: str, after: timedelta = timedelta()) -> Claim | None:
    """Return what a worker gets some time from now."""
    return transaction(lambda session: claim_next(session, worker, NOW + after))


def test_a_run_is_claimed_once(run_id: UUID):
    """By another only when the first is not heard of any more."""
    first = claimed("one")
    assert first == Claim(run_id, "one", 1)
    assert claimed("two") is None
    transaction(lambda session: beat(session, first, NOW + LEASE, {"iteration": 3}))
    assert claimed("two", LEASE * 1.5) is None
    assert claimed("two", LEASE * 2.5) == Claim(run_id, "two", 2)


def test_who_lost_a_run_writes_nothing_more(run_id: UUID):
    """Neither progress nor a checkpoint, a release or an end; the new holder's stays."""
    first = claimed("one")
    second = claimed("two", LEASE * 2)
    assert first is not None
    assert second is not None
    transaction(lambda session: save(session, second, NOW, b"new"))
    attempts: list[Any] = [
        lambda session: beat(session, first, NOW, {"iteration": 9}),
        lambda session: save(session, first, NOW, b"old"),
        lambda session: release(session, first),
        lambda session: end(session, first, NOW, "done", result={"by": "one"}),
    ]
    for attempt in attempts:
        with pytest.raises(ClaimLostError):
            transaction(attempt)
    with reading() as session:
        assert session.get_one(RunCheckpoint, run_id).contents == b"new"
        assert session.get_one(Run, run_id).progress == {}
    transaction(lambda session: end(session, second, NOW, "done", result={"by": "two"}))
    with pytest.raises(ClaimLostError):
        transaction(lambda session: end(session, second, NOW, "failed", problem="again"))
    with reading() as session:
        assert session.get_one(Run, run_id).result == {"by": "two"}
        assert session.get(RunCheckpoint, run_id) is None
        assert [one.kind for one in session.scalars(select(Event))] == ["run.done"]


def test_of_many_workers_one_gets_each_run(app: APIFlask, clinic: Clinic, run_id: UUID):
    """Eight threads, six runs: each once, the oldest first."""
    for _ in range(5):
        transaction(lambda session: submit(session, clinic.practice, None, "optimisation", {}).id)
    got: list[Claim] = []

    def work(name: str) -> None:
        with app.app_context():
            while (claim := claimed(name)) is not None:
                got.append(claim)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A worker that saw the others' claims in hand may have gone: what is left is for the lookout.
    while (claim := claimed("last")) is not None:
        got.append(claim)
    assert len(got) == len({one.run_id for one in got}) == 6


def test_a_practice_has_no_more_than_so_many_runs(as_role: Any, monkeypatch: pytest.MonkeyPatch):
    """The next one is refused until another is over."""
    monkeypatch.setattr("serve.jobs.submission.MOST_OPEN", 1)
    administrator = as_role("administrator")
    body = {"first": "2026-03-09", "last": "2026-03-13"}
    run = administrator.post("/runs/allocation", body)
    full = administrator("POST", "/runs/allocation", body)
    assert (full.status_code, full.get_json()["reason"]) == (409, "too_many_runs")
    administrator("POST", f"/runs/{run['id']}/cancel", version=run["version"])
    assert administrator("POST", "/runs/allocation", body).status_code == 202
