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


def register_chores(queues: Queues, app: Flask, nightly: bool = True) -> None:
    """Let the consumer of a queue of chores do those of an application.

    Parameters
    ----------
    nightly
        Whether it learns and forgets; elsewhere something else calls the commands that do.
    """
    _every(queues.chores, app, "end_what_ran_out", {"minute": "*"}, lambda: end_what_ran_out(now()))
    # Also who does not begin them must know them: another worker may have put one into the queue.
    _every(queues.chores, app, "forget", {"minute": "40"}, lambda: forget(now()), nightly)
    _every(queues.chores, app, "refit", {"minute": "20"}, lambda: learn(queues), nightly)


def learn(queues: Queues) -> int:
    """Let the models of practices in which it is night learn, and look for drift."""
    submitted = refit(now())
    if submitted:
        queues.wake()
    return submitted


def _every(
    chores: Huey,
    app: Flask,
    name: str,
    when: dict[str, str],
    chore: Callable[[], object],
    begins: bool = True,
) -> None:
    task = chores.periodic_task(crontab(**when), name=name) if begins else chores.task(name=name)

    @task  # type: ignore[untyped-decorator]
    def do() -> None:
        with app.app_context():
            logger.info("%s: %s", name, chore())
