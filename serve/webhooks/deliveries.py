"""What a worker does for webhooks all the time: several at once, and none waits for another."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from flask import Flask

from serve.clock import now
from serve.webhooks.channel import WebhookChannel
from serve.webhooks.courier import WebhookCourier
from serve.webhooks.target import Resolve, resolved

logger = logging.getLogger(__name__)

#: Webhooks that are sent to side by side.
THREADS = 8
#: Seconds between two looks, when there was nothing to send.
EVERY = 1.0


class Deliveries:
    """Sends events to the webhooks of all practices.

    Webhooks take turns: whoever was not sent anything for the longest time is next, so that
    targets that never answer, however many messages wait for them, keep no other from its own.
    """

    def __init__(
        self,
        app: Flask,
        threads: int = THREADS,
        every: float = EVERY,
        resolve: Resolve = resolved,
    ) -> None:
        settings = app.config["SETTINGS"]
        channel = WebhookChannel(app.config["SECRET_KEY"], settings.webhook_hosts, resolve)
        self._app, self._threads, self._every = app, threads, every
        self._courier = WebhookCourier({"webhook": channel}, now)
        self._in_flight: set[UUID] = set()
        #: How many turns there were when each had its last.
        self._turns: dict[UUID, int] = {}
        self._turn = 0
        self._again = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Send what is due until it is time to stop; what is being sent then is ended first."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="webhook") as pool:
            while not stop.is_set():
                self._again.clear()
                try:
                    with self._app.app_context():
                        self._hand_out(pool)
                except Exception:
                    logger.warning("nobody sees what is to be sent now", exc_info=True)
                self._again.wait(self._every)

    def _hand_out(self, pool: ThreadPoolExecutor) -> None:
        """Let a thread send to each webhook whose turn it is."""
        # In this order: what ends between the two has its turn and is looked for the next time.
        busy = set(self._in_flight)
        due = [one for one in self._courier.due_webhooks() if one not in busy]
        self._turns = {one: turn for one, turn in self._turns.items() if one in busy.union(due)}
        due.sort(key=lambda one: self._turns.get(one, 0))
        for webhook_id in due[: self._threads - len(busy)]:
            self._turn += 1
            self._turns[webhook_id] = self._turn
            self._in_flight.add(webhook_id)
            pool.submit(self._send, webhook_id)

    def _send(self, webhook_id: UUID) -> None:
        sent = False
        try:
            with self._app.app_context():
                sent = self._courier.send_next(webhook_id)
        except Exception:
            logger.warning("a message to a webhook stays where it is", exc_info=True)
        finally:
            self._in_flight.discard(webhook_id)
        if sent:
            # There may be more for it, or others wait for this thread.
            self._again.set()
