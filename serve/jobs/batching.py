"""Requests that price a few schedules of the same session at the same time: one evaluation for all.

The first of them waits some milliseconds for others, then evaluates the schedules of all as one
batch and hands out the rows. A batch of a few schedules takes hardly longer than one, so that
whoever waits has the answer sooner than after evaluations one by one.
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from objective import ClinicSession, Objective, Performance
from objective.schedules import as_schedules
from serve.api.limits import check_work
from serve.jobs.search import objective_of

#: Seconds for which others are waited for.
WAIT = 0.005
#: Schedules of one request up to which it goes together with others: more fill a device by
#: themselves.
FEW = 256
#: Schedules of a batch for which no more are waited for.
FULL = 10_000
#: What defines an objective in a request.
DEFINES = (
    "session",
    "weights",
    "idle_definition",
    "penalties",
    "chain",
    "step",
    "value_per_patient",
)


class _Batch:
    """Schedules of several requests, and in the end what they cost."""

    def __init__(self) -> None:
        self.parts: list[Tensor] = []
        self.full, self.done = threading.Event(), threading.Event()
        self.objective: Objective | None = None
        self.performance: Performance | None = None
        self.error: BaseException | None = None

    def add(self, schedules: Tensor) -> slice:
        """Take the schedules of a request and return their place among all."""
        first = self.rows
        self.parts.append(schedules)
        if self.rows >= FULL:
            self.full.set()
        return slice(first, self.rows)

    @property
    def rows(self) -> int:
        """How many schedules there are."""
        return sum(map(len, self.parts))


class Batching:
    """Prices schedules; threads that ask for the same session at one time share an evaluation.

    Parameters
    ----------
    make
        Makes the objective of a request on a device.
    wait
        Seconds for which the first request waits for others.
    """

    def __init__(
        self,
        make: Callable[[Mapping[str, Any], str], Objective] = objective_of,
        wait: float = WAIT,
    ) -> None:
        self._make, self._wait = make, wait
        self._lock = threading.Lock()
        self._open: dict[str, _Batch] = {}
        #: How many evaluations there were.
        self.evaluations = 0

    def price(
        self, given: Mapping[str, Any], schedules: list[list[int]], device: str
    ) -> tuple[Objective, Performance]:
        """Return the objective of a request and what its schedules cost, (schedules,).

        The last digits depend on what is evaluated together, as in any batch.

        Raises
        ------
        InvalidInput
            If the session is none or too large, or a schedule is not one of it; that of one request
            does not hit the others.
        """
        session = ClinicSession.from_dict(given["session"])
        check_work(session)
        free = given.get("value_per_patient") is not None
        checked = as_schedules(schedules, session, torch.device("cpu"), free).to(torch.int64)
        if len(checked) > FEW:
            objective = self._make(given, device)
            return objective, self._evaluated(objective, checked)
        key = json.dumps([device, {name: given.get(name) for name in DEFINES}], sort_keys=True)
        with self._lock:
            batch = self._open.get(key)
            first = batch is None
            if batch is None:
                batch = self._open[key] = _Batch()
            rows = batch.add(checked)
            if batch.full.is_set():
                del self._open[key]
        if first:
            self._lead(key, batch, given, device)
        batch.done.wait()
        if batch.error is not None:
            raise batch.error
        assert batch.objective is not None
        assert batch.performance is not None
        return batch.objective, batch.performance[rows]

    def _lead(self, key: str, batch: _Batch, given: Mapping[str, Any], device: str) -> None:
        """Wait for others, and evaluate the schedules of all."""
        try:
            batch.full.wait(self._wait)
            with self._lock:
                if self._open.get(key) is batch:
                    del self._open[key]
            batch.objective = self._make(given, device)
            batch.performance = self._evaluated(batch.objective, torch.cat(batch.parts))
        except BaseException as error:
            batch.error = error
        finally:
            batch.done.set()

    def _evaluated(self, objective: Objective, schedules: Tensor) -> Performance:
        with self._lock:
            self.evaluations += 1
        return objective(schedules)


#: That of this process.
batching = Batching()
