"""One run of one strategy on one instance: a job that any worker can do."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from objective import InvalidInput, Objective
from objective.device import DTYPES
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.result import Iteration, objective_from_dict
from opt.run import Strategy
from opt.stopping import stopping_from_dict

#: Lines of a run's history that are kept with their schedules.
LINES_KEPT = 400


@dataclass(frozen=True)
class Job:
    """Everything that defines a run, in a form that can be sent to another process.

    Attributes
    ----------
    instance, label
        Names of the instance and of the strategy with its parameters.
    objective, constraints, device, stopping
        As plain names and numbers: `Objective.to_dict`, `Constraints.to_dict` and the groups
        ``device`` and ``stopping`` of the configuration.
    """

    instance: str
    label: str
    strategy: Strategy
    seed: int
    objective: Mapping[str, Any]
    constraints: Mapping[str, Any]
    device: Mapping[str, Any]
    stopping: Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """The best cost known after so many evaluations and seconds."""

    iteration: int
    evaluations: int
    seconds: float
    cost: float


@dataclass(frozen=True)
class Record:
    """What a run found, and how it came there.

    Attributes
    ----------
    curve
        The first iteration, every one that improved the best cost, and the last: the whole course
        of the best cost, which stays the same in between.
    history
        Iterations with their best schedules; of long runs only some.
    machine
        Where the seconds were measured.
    """

    cost: float
    schedule: list[int]
    status: str
    lower_bound: float | None
    termination: str
    evaluations: int
    seconds: float
    curve: list[Point]
    history: list[Iteration]
    machine: str


@dataclass(frozen=True)
class Outcome:
    """A run's record, or why the strategy refuses the instance."""

    instance: str
    label: str
    seed: int
    record: Record | None
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain names and numbers."""
        return asdict(self)

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that `to_dict` described; a KeyError or TypeError if it did not."""
        contents = dict(description)
        if (record := contents.pop("record")) is not None:
            record = Record(
                **{
                    **record,
                    "curve": [Point(**point) for point in record["curve"]],
                    "history": [Iteration(**line) for line in record["history"]],
                }
            )
        return cls(**contents, record=record)


def run_job(job: Job) -> Outcome:
    """Run a strategy until the rule, or the strategy itself, says stop.

    The clock starts once the tables that price schedules of the instance are there.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts: half a run is no outcome.
    """
    objective = _objective(json.dumps(job.objective), json.dumps(dict(job.device)))
    constraints = Constraints.from_dict(job.constraints)
    try:
        optimise(objective, "equispaced", constraints=constraints)
        stopping = stopping_from_dict(job.stopping)
        result = optimise(objective, job.strategy, stopping, job.seed, constraints=constraints)
    except InvalidInput as error:
        return Outcome(job.instance, job.label, job.seed, None, str(error))
    if result.termination == "interrupted":
        raise KeyboardInterrupt
    record = Record(
        cost=result.cost,
        schedule=result.schedule,
        status=result.status,
        lower_bound=result.lower_bound,
        termination=result.termination,
        evaluations=result.evaluations,
        seconds=result.seconds,
        curve=improvements(result.history),
        history=thinned(result.history),
        machine=machine_text(str(objective.device)),
    )
    return Outcome(job.instance, job.label, job.seed, record)


def improvements(history: list[Iteration]) -> list[Point]:
    """Return the first line, each with a lower best cost than the one before, and the last."""
    kept = [
        line
        for before, line in zip([None, *history], history, strict=False)
        if before is None or line.best_cost < before.best_cost or line is history[-1]
    ]
    return [Point(line.iteration, line.evaluations, line.seconds, line.best_cost) for line in kept]


def thinned(history: list[Iteration]) -> list[Iteration]:
    """Return at most `LINES_KEPT` lines, evenly spread, the last one among them."""
    step = -(-len(history) // LINES_KEPT)
    return history[::-1][::step][::-1]


def machine_text(device: str) -> str:
    """Return on what a run's seconds were measured."""
    threads = torch.get_num_threads()
    words = f"{_processor()}, {os.cpu_count()} cores, {threads} thread{'s' * (threads > 1)}"
    if torch.device(device).type == "cuda":
        words += f", {torch.cuda.get_device_name(device)}"
    return words


@lru_cache(maxsize=8)
def _objective(description: str, device: str) -> Objective:
    """Return the objective of a description; jobs of one instance share its tables."""
    place = json.loads(device)
    return objective_from_dict(
        json.loads(description),
        device=place["name"],
        dtype=DTYPES[place["dtype"]],
        chunk_bytes=place.get("chunk_bytes"),
    )


def _processor() -> str:
    """Return the model of the processor, as well as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
