"""The driver: runs a strategy until a rule, the strategy itself or the user says stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from objective import InvalidInput, Objective
from objective.errors import whole_number
from opt.certificate import verify
from opt.checkpoint import read_checkpoint, write_checkpoint
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.registry import make_strategy
from opt.result import Iteration, Result, status_of
from opt.run import Run, Strategy
from opt.stopping import AnyOf, Progress, Stopping
from opt.workers import LocalWorkers, Workers

#: Seconds between two checkpoints.
CHECKPOINT_EVERY = 30.0


def optimise(
    objective: Objective,
    strategy: str | Strategy = "exact",
    stopping: Stopping | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    checkpoint: Path | str | None = None,
    resume: bool = False,
    checkpoint_every: float = CHECKPOINT_EVERY,
    constraints: Constraints | None = None,
    workers: Workers | None = None,
) -> Result:
    """Search for the schedule of least cost.

    Parameters
    ----------
    objective
        What schedules cost.
    strategy
        A name from the registry, for its default parameters, or a strategy.
    stopping
        When to stop, beside when the strategy has nothing more to do. Ctrl-C stops too, after the
        iteration in progress, and returns the best schedule so far.
    seed
        Of all randomness, 0 to 2^63 - 1: the same seed gives the same result on the same device.
    on_progress
        Called after every iteration.
    checkpoint
        File that is kept up to date so that the search can go on later.
    resume
        Go on from ``checkpoint`` exactly as if the search had not been interrupted.
    checkpoint_every
        Seconds between two checkpoints; 0 for one after every iteration.
    constraints
        What is demanded of every schedule.
    workers
        Who does work that can be done apart; by default this process does all. The result is the
        same.

    Raises
    ------
    InvalidInput
        If an argument is outside its range, if no schedule meets the constraints, or if the
        checkpoint is unusable or of another search.
    """
    if not isinstance(objective, Objective):
        raise InvalidInput("objective", objective, "an Objective")
    whole_number("seed", seed, 0, 2**63 - 1)
    chosen = make_strategy(strategy) if isinstance(strategy, str) else strategy
    stop = stopping or AnyOf()
    if not callable(stop):
        raise InvalidInput("stopping", stopping, "a stopping rule or None")
    path = Path(checkpoint) if checkpoint is not None else None
    if path is not None and not path.parent.is_dir():
        raise InvalidInput("checkpoint", str(path), "a file in a folder that exists")
    constraints = constraints or Constraints()
    if not isinstance(constraints, Constraints):
        raise InvalidInput("constraints", constraints, "Constraints or None")
    search = _Search(objective, chosen, constraints, seed)
    search.run.employ(workers or LocalWorkers())
    if resume:
        if path is None:
            raise InvalidInput("checkpoint", None, "a file to resume from")
        search.restore(read_checkpoint(path))

    saved = time.monotonic()
    with _interruptible() as interrupted:
        while (reason := search.reason_to_stop(stop)) is None:
            if interrupted.is_set() and search.run.best is not None:
                reason = "interrupted"
                break
            search.iterate()
            if on_progress:
                on_progress(search.progress())
            if path is not None and time.monotonic() - saved >= checkpoint_every:
                write_checkpoint(path, search.state())
                saved = time.monotonic()
    if path is not None:
        write_checkpoint(path, search.state())
    return search.result(reason)


class _Search:
    """A run with its clock and its history."""

    def __init__(
        self, objective: Objective, strategy: Strategy, constraints: Constraints, seed: int
    ) -> None:
        self.objective, self.strategy, self.seed = objective, strategy, seed
        self.constraints = constraints
        feasible = FeasibleSchedules(objective.session, constraints, objective.free)
        self.run: Run = strategy.begin(objective, feasible, seed)
        self.history: list[Iteration] = []
        self.seconds = 0.0
        self.stalled = 0

    def iterate(self) -> None:
        """Do one iteration and write it down."""
        before = self.run.best
        began = time.perf_counter()
        self.run.step()
        self.seconds += time.perf_counter() - began
        best, current = self.run.best, self.run.current
        assert best is not None
        assert current is not None
        self.stalled = 0 if best is not before else self.stalled + 1
        self.history.append(
            Iteration(
                iteration=len(self.history) + 1,
                evaluations=self.run.evaluations,
                seconds=self.seconds,
                best_cost=best.cost,
                cost=current.cost,
                schedule=current.schedule.tolist(),
                lower_bound=self.run.lower_bound,
            )
        )

    def progress(self) -> Progress:
        """Return where the search stands."""
        last = self.history[-1]
        return Progress(
            iteration=last.iteration,
            evaluations=last.evaluations,
            seconds=self.seconds,
            best_cost=last.best_cost,
            stalled=self.stalled,
            lower_bound=self.run.lower_bound,
            gap=self.run.gap,
        )

    def reason_to_stop(self, stop: Stopping) -> str | None:
        """Return why to stop before the next iteration; there is always a first one."""
        if not self.history:
            return None
        return self.run.finished or stop(self.progress())

    def identity(self) -> dict[str, Any]:
        """Return what a checkpoint must have in common with the search that goes on from it."""
        return {
            "objective": self.objective.to_dict(),
            "constraints": self.constraints.to_dict(),
            "strategy": self.strategy.name,
            "parameters": _parameters(self.strategy),
            "seed": self.seed,
        }

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on exactly."""
        return {
            "identity": self.identity(),
            "history": [asdict(line) for line in self.history],
            "seconds": self.seconds,
            "stalled": self.stalled,
            "run": self.run.state(),
        }

    def restore(self, contents: dict[str, Any]) -> None:
        """Go on from `state`."""
        theirs = contents.get("identity")
        for name, mine in self.identity().items():
            if not isinstance(theirs, dict) or theirs.get(name) != mine:
                raise InvalidInput("checkpoint", name, "of the same search; this one differs")
        try:
            self.history = [Iteration(**line) for line in contents["history"]]
            self.seconds, self.stalled = contents["seconds"], contents["stalled"]
            self.run.restore(contents["run"])
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise InvalidInput("checkpoint", "its contents", "complete") from None

    def result(self, termination: str) -> Result:
        """Return the best schedule, priced again, with its certificate, verified."""
        best, objective = self.run.best, self.run.objective
        assert best is not None
        performance = objective(best.schedule)
        proof, note = self.run.certify(), self.run.note
        if proof is not None and verify(proof, objective, self.constraints):
            proof, note = None, "the certificate did not verify"
        status = status_of(proof, objective, float(performance.cost[0]), int(best.schedule.sum()))
        if proof and status == "optimal":
            termination = "proved optimal"
        return Result(
            objective=objective,
            strategy=self.strategy.name,
            parameters=_parameters(self.strategy),
            seed=self.seed,
            schedule=best.schedule.tolist(),
            performance=performance,
            constraints=self.constraints,
            certificate=proof,
            status=status,
            termination=termination,
            evaluations=self.run.evaluations,
            seconds=self.seconds,
            history=self.history,
            note=note,
            findings=self.run.findings(),
        )


def _parameters(strategy: Strategy) -> dict[str, Any]:
    return asdict(strategy)  # type: ignore[call-overload, no-any-return]


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; a second one interrupts as usual."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread only; a search in another one ends by its rules.
        yield interrupted
        return

    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
