"""What a process counts of the work that it does, for Prometheus."""

from collections.abc import Iterator

import torch
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from opt import Result

SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600)
#: Shares of the cost by which a schedule may be worse than the best one.
GAPS = (0.0, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5)


class WorkNumbers:
    """The numbers of the runs and searches of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.runs = Counter(
            "bailey_runs_ended", "Runs that ended, by how.", ("kind", "state"), registry=registry
        )
        self.seconds = Histogram(
            "bailey_run_seconds", "Seconds of an attempt at a run.", ("kind",),
            registry=registry, buckets=SECONDS,
        )  # fmt: skip
        self.schedules = Counter(
            "bailey_search_schedules", "Schedules that searches evaluated.", ("device",),
            registry=registry,
        )  # fmt: skip
        self.searching = Counter(
            "bailey_search_seconds", "Seconds of searches.", ("device",), registry=registry
        )
        self.searches = Counter(
            "bailey_searches", "Searches that ended, by what is known of their schedule.",
            ("device", "status"), registry=registry,
        )  # fmt: skip
        self.gap = Histogram(
            "bailey_search_gap",
            "Share of its cost by which a found schedule may be worse than the best.",
            registry=registry, buckets=GAPS,
        )  # fmt: skip
        self.fallbacks = Counter(
            "bailey_device_fallbacks", "Work meant for a GPU that a CPU did, by the reason.",
            ("reason",), registry=registry,
        )  # fmt: skip

    def searched(self, result: Result, device: str) -> None:
        """Count a search that ended."""
        self.schedules.labels(device).inc(result.evaluations)
        self.searching.labels(device).inc(result.seconds)
        self.searches.labels(device, result.status.partition(" ")[0]).inc()
        if result.gap is not None:
            self.gap.observe(result.gap)


class DeviceMemory(Collector):
    """The memory of each GPU that this process uses, at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        """Tell what there is, what is taken by all, and the most that this process took."""
        memory = GaugeMetricFamily(
            "bailey_device_memory_bytes", "Memory of a GPU.", labels=("device", "of")
        )
        # Asking a GPU that is not in use yet would take some of its memory.
        if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            for number in range(torch.cuda.device_count()):
                free, total = torch.cuda.mem_get_info(number)
                name = f"cuda:{number}"
                memory.add_metric((name, "total"), total)
                memory.add_metric((name, "taken"), total - free)
                memory.add_metric(
                    (name, "most_of_process"), torch.cuda.max_memory_allocated(number)
                )
        yield memory
