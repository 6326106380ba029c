"""The driver: runs a strategy until a rule, the strategy itself or the user says stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from objective import InvalidInput, Objective
from objective.errors import whole_number
from opt.checkpoint import read_checkpoint, write_checkpoint
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.registry import make_strategy
from opt.result import Result
from opt.run import Strategy
from opt.search import Search
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
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)
    search = Search(chosen.begin(objective, feasible, seed), chosen, seed)
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
