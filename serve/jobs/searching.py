"""A search that can be stopped, and gone on with on any machine exactly where it stood."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from objective import InvalidInput
from opt import AnyOf, Progress, Result, optimise
from opt.run import Strategy
from opt.stopping import stopping_from_dict
from opt.strategies.genetic import Genetic
from opt.strategies.pareto import Pareto
from serve.jobs.control import Control
from serve.jobs.device import device_now
from serve.jobs.job import Job
from serve.jobs.search import SearchProblem, problem_of
from serve.metrics import work_numbers


@dataclass
class _Stop:
    """The rule that stops a search when its run is to stop; it says whether it did."""

    control: Control
    stopped: bool = False

    def __call__(self, progress: Progress) -> str | None:
        reason = self.control.reason()
        self.stopped = reason is not None
        return reason


class _Kept:
    """Keeps the checkpoints of a search in the database."""

    def __init__(self, path: Path, control: Control) -> None:
        self._path, self._control = path, control
        self._written = 0

    def keep(self) -> None:
        """Keep the file, if it is another one than the last time."""
        if self._path.exists():
            written = self._path.stat().st_mtime_ns
            if written != self._written:
                self._control.save(self._path.read_bytes())
                self._written = written


def search(job: Job, control: Control) -> Result:
    """Return what a search finds; raise `StoppedError` if it is stopped before its end."""
    given, numbers = job.request, work_numbers()
    device = device_now(job.settings, numbers)
    try:
        result = _search_on(device, given, control)
    except torch.cuda.OutOfMemoryError:
        # Others took the memory meanwhile: the search goes on from its checkpoint without it.
        numbers.fallbacks.labels("no_memory").inc()
        device = "cpu"
        result = _search_on(device, given, control)
    numbers.searched(result, device)
    return result


def _search_on(device: str, given: Mapping[str, Any], control: Control) -> Result:
    problem = problem_of(given, device)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        before = control.load()
        if before is not None:
            path.write_bytes(before)
            try:
                return _searched(given, problem, control, path, resume=True)
            except InvalidInput as error:
                if error.field != "checkpoint":
                    raise
                # One of another version of the service: the search begins anew.
                path.unlink()
        return _searched(given, problem, control, path, resume=False)


def _searched(
    given: Mapping[str, Any], problem: SearchProblem, control: Control, path: Path, resume: bool
) -> Result:
    stop, kept = _Stop(control), _Kept(path, control)

    def on_progress(progress: Progress) -> None:
        kept.keep()
        control.note(
            fraction=_fraction(progress, given["stopping"], problem.strategy),
            iteration=progress.iteration,
            evaluations=progress.evaluations,
            seconds=progress.seconds,
            best_cost=progress.best_cost,
            lower_bound=progress.lower_bound,
        )

    result = optimise(
        problem.objective,
        problem.strategy,
        AnyOf([stopping_from_dict(given["stopping"]), stop]),
        given["seed"],
        on_progress,
        checkpoint=path,
        resume=resume,
        checkpoint_every=control.checkpoint_every,
        constraints=problem.constraints,
    )
    if stop.stopped:
        kept.keep()
        control.check()
    return result


def _fraction(progress: Progress, stopping: Mapping[str, Any], strategy: Strategy) -> float | None:
    """Return how much of the search is over at least; None where nothing limits it."""
    shares = []
    if stopping.get("seconds") is not None:
        shares.append(progress.seconds / stopping["seconds"])
    if stopping.get("evaluations") is not None:
        shares.append(progress.evaluations / stopping["evaluations"])
    if isinstance(strategy, Genetic) and strategy.islands == 1:
        shares.append(progress.iteration / strategy.generations)
    if isinstance(strategy, Pareto) and strategy.method == "nsga2":
        shares.append(progress.iteration / strategy.generations)
    return min(max(shares), 1.0) if shares else None
