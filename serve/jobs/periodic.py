"""When the service does what it does by itself.

Every worker has a clock of its own, so that with several of them a chore may be done more often:
each makes sure itself that it is done once.
"""

import logging
from collections.abc import Callable

from flask import Flask
from huey import Huey, crontab

from serve.clock import now
from serve.database import reading
from serve.jobs.chores import end_what_ran_out, forget, refit
from serve.jobs.practice_numbers import PracticeNumbers
from serve.jobs.queue import Queues

logger = logging.getLogger(__name__)


def register_chores(
    queues: Queues, app: Flask, practices: PracticeNumbers, nightly: bool = True
) -> None:
    """Let the consumer of a queue of chores do those of an application.

    Parameters
    ----------
    practices
        What is told of practices, looked at anew every quarter of an hour.
    nightly
        Whether it learns and forgets; elsewhere something else calls the commands that do.
    """

    def look() -> int:
        with reading() as session:
            return practices.look(session, now())

    _every(queues.chores, app, "end_what_ran_out", {"minute": "*"}, lambda: end_what_ran_out(now()))
    _every(queues.chores, app, "look", {"minute": "*/15"}, look)
    if nightly:
        _every(queues.chores, app, "forget", {"minute": "40"}, lambda: forget(now()))
        _every(queues.chores, app, "refit", {"minute": "20"}, lambda: learn(queues))


def learn(queues: Queues) -> int:
    """Let the models of practices in which it is night learn, and look for drift."""
    submitted = refit(now())
    if submitted:
        queues.wake()
    return submitted


def _every(
    chores: Huey, app: Flask, name: str, when: dict[str, str], chore: Callable[[], object]
) -> None:
    @chores.periodic_task(crontab(**when), name=name)  # type: ignore[untyped-decorator]
    def do() -> None:
        with app.app_context():
            logger.info("%s: %s", name, chore())
