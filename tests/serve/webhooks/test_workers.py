"""Webhooks of a worker that is a process of its own, and is killed."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from serve.settings import Settings
from tests.serve.conftest import SQLITE_AT_NIGHT, Clinic, HandClock
from tests.serve.jobs.conftest import Processes
from tests.serve.webhooks.conftest import sending, wait_until
from tests.serve.webhooks.target import Target, hangs
from tests.serve.webhooks.test_deliveries import happen, history


@pytest.fixture
def workers(app: APIFlask, settings: Settings) -> Iterator[Processes]:
    """What starts workers; all are ended."""
    processes = Processes(settings)
    processes.environment["BAILEY_WEBHOOK_ALLOW"] = settings.webhook_allow
    yield processes
    for process in processes.started:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=30)


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_what_a_killed_worker_had_in_hand_is_sent_by_another_as_the_same(
    app: APIFlask, clinic: Clinic, as_role: Any, workers: Processes, clock: HandClock
):
    """SIGKILL while the target has it; whoever receives it twice knows it by its identifier."""

    def behaviour(target: Target, handler: Any, before: int) -> int:
        return hangs(target, handler, before) if before == 0 else 204

    administrator = as_role("administrator")
    with Target(behaviour) as target:
        webhook = administrator.post("/webhooks", {"url": target.url})
        first = workers.start()
        with app.app_context():
            happen(clinic, 2)
        wait_until(lambda: target.received, seconds=120)
        workers.stop(first, signal.SIGKILL)
        waiting = history(administrator, webhook)
        assert sorted(one["attempts"] for one in waiting) == [0, 1]
        # For as long as the first may still be at it nobody else is.
        clock.moment = datetime.now(UTC)
        with sending(app):
            assert len(target.received) == 1
            clock.moment = datetime.now(UTC) + timedelta(minutes=2)
            wait_until(lambda: len(target.received) == 3)
            wait_until(
                lambda: {one["state"] for one in history(administrator, webhook)} == {"sent"}
            )
    assert target.received[0].id == target.received[1].id
    assert target.received[0].body == target.received[1].body
    assert target.received[2].id != target.received[0].id
    assert all(one.is_signed_by(webhook["secret"]) for one in target.received)


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_worker_sends_and_ends_when_it_is_told_to(
    app: APIFlask, clinic: Clinic, as_role: Any, workers: Processes
):
    """With what it has in hand."""
    administrator = as_role("administrator")
    with Target() as target:
        webhook = administrator.post("/webhooks", {"url": target.url})
        worker = workers.start()
        with app.app_context():
            happen(clinic, 5)
        wait_until(lambda: len(target.received) == 5, seconds=120)
        assert workers.stop(worker) == 0
    assert {one["state"] for one in history(administrator, webhook)} == {"sent"}
    assert "Traceback" not in workers.log.read_text()
