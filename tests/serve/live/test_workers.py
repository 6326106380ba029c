"""A worker as a process of its own keeps days fresh, by the clock of its machine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serve.models import Outlook
from tests.serve.conftest import SQLITE_AT_NIGHT
from tests.serve.jobs.conftest import Processes, wait_until, workers  # noqa: F401
from tests.serve.live.conftest import MINUTE, Running


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_two_workers_keep_a_day_fresh_and_write_once(
    running: Running,
    workers: Processes,  # noqa: F811
    clock: Any,
    as_role: Any,
):
    """A break is known within a minute; each outlook is announced once; both stop when told."""
    clock.moment = datetime.now(UTC)
    day, _ = running.add_day(starts=clock.moment.replace(second=0, microsecond=0) + 5 * MINUTE)
    first, second = workers.start(), workers.start()
    workers.are_ready()
    outlook = wait_until(lambda: running.get(Outlook, day))
    clock.moment = datetime.now(UTC)
    as_role("front_desk").post(f"/clinic-days/{day}/break", {"minutes": 90}, version=1)
    later = wait_until(
        lambda: (
            (found := running.get(Outlook, day)).finish_at
            > outlook.finish_at + timedelta(minutes=30)
            and found
        )
    )
    assert later.computed_at - clock.moment < timedelta(seconds=60)
    assert later.overtime_probability > 0.99
    assert [workers.stop(one) for one in (first, second)] == [0, 0]
    ends = [event.details["finish_at"] for event in running.events("clinic_day.outlook")]
    assert len(ends) == len(set(ends)) == 2
    assert "Secret" not in workers.log.read_text()
