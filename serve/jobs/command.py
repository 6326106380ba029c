"""``flask --app serve worker``: a process that does runs, and what is done by the clock."""

import logging
import signal
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from prometheus_client import generate_latest

from serve.commands.failures import in_one_line
from serve.jobs.claims import CHECKPOINT_EVERY, LEASE, Share
from serve.jobs.exporter import Exporter, Pulse
from serve.jobs.queue import Queues
from serve.metrics import Metrics
from serve.models.run import KINDS
from serve.outbox.courier import IN_HAND

if TYPE_CHECKING:
    from serve.jobs.practice_numbers import PracticeNumbers

logger = logging.getLogger(__name__)


@click.command("worker")
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1, 64),
    help="Runs that are done side by side.",
)  # fmt: skip
@click.option(
    "--lease", default=LEASE.total_seconds(), show_default=True,
    type=click.FloatRange(1, 3600),
    help="Seconds after which a worker that is not heard of is taken for dead.",
)  # fmt: skip
@click.option(
    "--checkpoint-every", default=CHECKPOINT_EVERY, show_default=True,
    type=click.FloatRange(0, 3600),
    help="Seconds between two checkpoints of a search: what a killed worker's run loses at most.",
)  # fmt: skip
@click.option(
    "--in-hand", default=IN_HAND.total_seconds(), show_default=True,
    type=click.FloatRange(2, 3600),
    help="Seconds after which a message is another worker's, whose delivery was not heard of.",
)  # fmt: skip
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(KINDS),
    help="Do only runs of this kind; may be said more than once.",
)  # fmt: skip
@click.option(
    "--after", default=0.0, show_default=True, type=click.FloatRange(0, 3600),
    help="Seconds for which runs are left to other workers, such as those with a GPU.",
)  # fmt: skip
@click.option(
    "--nightly/--no-nightly", default=True, show_default=True,
    help="Whether it learns at night and forgets what is old by itself; see refit and forget.",
)  # fmt: skip
@with_appcontext
def worker(
    threads: int,
    lease: float,
    checkpoint_every: float,
    in_hand: float,
    kinds: tuple[str, ...],
    after: float,
    nightly: bool,
) -> None:
    """Do the runs and chores of the service, and send its messages, until SIGTERM or Ctrl-C.

    What is being done then stops after its step in progress, is kept, and is gone on with by
    another worker. Where BAILEY_METRICS_BIND says so it tells its numbers and that it lives.
    """
    # Here, because no other command needs what runs need.
    from serve.demo.playing import Playing
    from serve.jobs.periodic import register_chores
    from serve.jobs.practice_numbers import Looking, PracticeNumbers
    from serve.jobs.worker import Worker
    from serve.live.watching import Watching
    from serve.notify.sending import Sending
    from serve.webhooks.deliveries import Deliveries

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    settings, pulse, practices = app.config["SETTINGS"], Pulse(), PracticeNumbers()
    share = Share(kinds or None, timedelta(seconds=after))
    doing = Worker(app, stop.is_set, timedelta(seconds=lease), checkpoint_every, share)
    # Who does a share looks for runs by itself; from the queue it only takes what would stay there.
    queues = Queues(settings, doing.work if share.all else lambda: None)
    register_chores(queues, app, nightly)
    waking = threads if share.all else 1
    consumers = [
        queues.runs.create_consumer(workers=waking, periodic=False, max_delay=1.0),
        queues.chores.create_consumer(workers=1, periodic=True, max_delay=5.0),
    ]
    loops: list[Watching | Sending | Deliveries | Playing | Looking] = [
        Watching(app), Sending(app, timedelta(seconds=in_hand)), Deliveries(app),
        Looking(app, practices),
    ]  # fmt: skip
    if settings.demo == "true":
        loops.append(Playing(app))
    runs = [one.run for one in loops]
    if not share.all:
        runs += [doing.work_by_itself] * threads
    beside = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
    with in_one_line():
        exporter = Exporter(settings.metrics_place, lambda: numbers_of(app, practices), pulse)
    for one in (*consumers, *beside):
        one.start()
    # In place of Huey's own, which know one consumer only.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logger.info("the worker is ready")
    with exporter:
        while True:
            try:
                if share.all:
                    doing.look_out(queues)
            except Exception:
                logger.warning("the lookout sees nothing now", exc_info=True)
            pulse.beat()
            if stop.wait(min(lease / 3, 10.0)):
                break
            for consumer in consumers:
                consumer.check_worker_health()
    for consumer in consumers:
        consumer.stop_flag.set()
    for consumer in consumers:
        consumer.stop(graceful=True)
    for thread in beside:
        thread.join()
    logger.info("the worker is gone")


def numbers_of(app: Flask, practices: "PracticeNumbers") -> bytes:
    """Return what a worker of an application counts, and how the practices do."""
    metrics: Metrics = app.extensions["metrics"]
    return metrics.own() + generate_latest(practices)
