"""When the service does what it does by itself.

Every worker has a clock of its own, so that with several of them a chore may be done more often:
each makes sure itself that it is done once.
"""

import logging
from collections.abc import Callable

from flask import Flask
from huey import Huey, crontab

from serve.clock import now
from serve.jobs.chores import end_what_ran_out, forget, refit
from serve.jobs.queue import Queues

logger = logging.getLogger(__name__)


def register_chores(queues: Queues, app: Flask) -> None:
    """Let the consumer of a queue of chores do those of an application."""
    _every(queues.chores, app, "end_what_ran_out", {"minute": "*"}, lambda: end_what_ran_out(now()))
    _every(queues.chores, app, "forget", {"minute": "40"}, lambda: forget(now()))

    def learn() -> int:
        submitted = refit(now())
        if submitted:
            queues.wake()
        return submitted

    _every(queues.chores, app, "refit", {"minute": "20"}, learn)


def _every(
    chores: Huey, app: Flask, name: str, when: dict[str, str], chore: Callable[[], object]
) -> None:
    @chores.periodic_task(crontab(**when), name=name)  # type: ignore[untyped-decorator]
    def do() -> None:
        with app.app_context():
            logger.info("%s: %s", name, chore())
