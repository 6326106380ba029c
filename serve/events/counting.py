"""What the server of events counts of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Counting:
    """The numbers of one server of events."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.streams = Gauge(
            "bailey_event_streams", "Streams that are open.", registry=self.registry
        )
        self.sent = Counter(
            "bailey_events_sent", "Events written into streams.", registry=self.registry
        )
        self.ended = Counter(
            "bailey_event_streams_ended", "Streams that ended, by the reason.", ("reason",),
            registry=self.registry,
        )  # fmt: skip
        self.refused = Counter(
            "bailey_event_streams_refused", "Streams that were refused, by the status.",
            ("status",), registry=self.registry,
        )  # fmt: skip
        self.lag = Histogram(
            "bailey_event_lag_seconds",
            "Seconds from an event until the server that streams it has read it.",
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.failures = Counter(
            "bailey_event_reading_failures", "Times that the database could not be read.",
            registry=self.registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """Return all numbers as Prometheus reads them."""
        return generate_latest(self.registry)
