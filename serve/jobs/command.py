"""``flask --app serve worker``: a process that does runs, and what is done by the clock."""

import logging
import signal
import threading
from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from serve.jobs.claims import CHECKPOINT_EVERY, LEASE
from serve.jobs.queue import Queues
from serve.outbox.courier import IN_HAND

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
@with_appcontext
def worker(threads: int, lease: float, checkpoint_every: float, in_hand: float) -> None:
    """Do the runs and chores of the service, and send its messages, until SIGTERM or Ctrl-C.

    What is being done then stops after its step in progress, is kept, and is gone on with by
    another worker.
    """
    # Here, because no other command needs what runs need.
    from serve.demo.playing import Playing
    from serve.jobs.periodic import register_chores
    from serve.jobs.worker import Worker
    from serve.live.watching import Watching
    from serve.notify.sending import Sending
    from serve.webhooks.deliveries import Deliveries

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    doing = Worker(app, stop.is_set, timedelta(seconds=lease), checkpoint_every)
    queues = Queues(app.config["SETTINGS"], doing.work)
    register_chores(queues, app)
    consumers = [
        queues.runs.create_consumer(workers=threads, periodic=False, max_delay=1.0),
        queues.chores.create_consumer(workers=1, periodic=True, max_delay=5.0),
    ]
    loops: list[Watching | Sending | Deliveries | Playing] = [
        Watching(app), Sending(app, timedelta(seconds=in_hand)), Deliveries(app),
    ]  # fmt: skip
    if app.config["SETTINGS"].demo == "true":
        loops.append(Playing(app))
    beside = [threading.Thread(target=one.run, args=(stop,), daemon=True) for one in loops]
    for one in (*consumers, *beside):
        one.start()
    # In place of Huey's own, which know one consumer only.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logger.info("the worker is ready")
    while True:
        try:
            doing.look_out(queues)
        except Exception:
            logger.warning("the lookout sees nothing now", exc_info=True)
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
