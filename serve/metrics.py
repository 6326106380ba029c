"""What the service counts of itself, for Prometheus; names of routes and numbers only."""

import os
import time
from collections.abc import Iterator

from flask import Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from serve.clock import machine_clock
from serve.database import reading
from serve.jobs.numbers import DeviceMemory, WorkNumbers
from serve.logs import begun, method, route_template
from serve.models import Appointment, OutboxMessage, Run

#: Folder in which several processes add up their numbers, as prometheus_client has it.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
#: What counts as a booking, as `serve.auth.policy` calls it.
BOOKING = "appointment.book"

# When counting began is nobody's question here.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "bailey_requests", "Requests answered.", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "bailey_request_seconds", "Seconds until an answer.", ("route", "method"),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.bookings = Counter(
            "bailey_bookings", "Holds and bookings made, by the route.", ("route",),
            registry=self.registry,
        )  # fmt: skip
        self.conflicts = Counter(
            "bailey_conflicts", "Requests that did not fit what is there, by the reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip
        #: Of the work that this process does; small searches are done by the web server itself.
        self.work = WorkNumbers(self.registry)

    def observe(self, response: Response) -> None:
        """Count the request in hand."""
        route, status = route_template(), str(response.status_code)
        self.requests.labels(route, method(), status).inc()
        self.seconds.labels(route, method()).observe(time.perf_counter() - g.began)
        view = current_app.view_functions.get(request.endpoint or "")
        if (
            getattr(view, "action", None) == BOOKING
            and response.status_code < 300
            and "Idempotent-Replayed" not in response.headers
        ):
            self.bookings.labels(route).inc()
        if "conflict" in g:
            self.conflicts.labels(g.conflict).inc()

    def text(self) -> bytes:
        """Return all numbers as Prometheus reads them, those of other processes included."""
        return self.own() + generate_latest(_Stored())

    def own(self) -> bytes:
        """Return what was counted, without what the database says."""
        registry = self.registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + generate_latest(DeviceMemory())


class _Stored(Collector):
    """What the database says at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        """Count runs, messages and holds."""
        runs = GaugeMetricFamily("bailey_runs", "Runs that are not over.", labels=("kind", "state"))
        with reading() as session:
            counted = select(Run.kind, Run.state, func.count(), func.min(Run.created_at)).where(
                Run.state.in_(("queued", "running"))
            )
            rows = session.execute(counted.group_by(Run.kind, Run.state)).all()
            holds = session.scalar(
                select(func.count()).select_from(Appointment).where(Appointment.status == "held")
            )
            told = session.execute(
                select(OutboxMessage.channel, OutboxMessage.state, func.count()).group_by(
                    OutboxMessage.channel, OutboxMessage.state
                )
            ).all()
            overdue = session.scalar(
                select(func.min(OutboxMessage.due_at)).where(OutboxMessage.state == "waiting")
            )
        for kind, state, count, _ in rows:
            runs.add_metric((kind, state), count)
        yield runs
        queued = [since for _, state, _, since in rows if state == "queued"]
        age = (machine_clock() - min(queued)).total_seconds() if queued else 0.0
        yield _gauge("bailey_oldest_queued_run_seconds", "Age of the oldest queued run.", age)
        messages = GaugeMetricFamily(
            "bailey_messages", "Messages to patients and programs.", labels=("channel", "state")
        )
        for channel, state, count in told:
            messages.add_metric((channel, state), count)
        yield messages
        late = max((machine_clock() - overdue).total_seconds(), 0.0) if overdue else 0.0
        yield _gauge(
            "bailey_oldest_due_message_seconds", "How late the message due first is.", late
        )
        yield _gauge("bailey_holds", "Seats that are held and not booked.", float(holds or 0))


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def measure(app: Flask) -> Metrics:
    """Let an application count its requests."""
    metrics = Metrics()
    app.extensions["metrics"] = metrics

    @app.after_request
    def observe(response: Response) -> Response:
        begun()
        metrics.observe(response)
        return response

    return metrics


def work_numbers() -> WorkNumbers:
    """Return the numbers of the work that this process does for the application in hand."""
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics.work


def answer(metrics: Metrics) -> Response:
    """Return the numbers as an answer."""
    return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)
