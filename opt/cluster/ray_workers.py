"""Workers that are actors of a Ray cluster."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from objective import InvalidInput, Objective
from opt.cluster.connection import Connection
from opt.cluster.evaluator import RayEvaluator
from opt.cluster.pool import Job, Pool
from opt.workers import Evaluator, LocalWorkers

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class RayWorkers:
    """Work is done by actors of Ray, each a process with a core, or a GPU, of its own.

    An actor keeps the tasks it has done, with their tensors, so that for the next item only the
    item travels. If a process or a machine is lost, its piece of work is done again elsewhere.
    Directed from one thread at a time.

    Parameters
    ----------
    actors, gpus_per_actor, address
        See `Connection`. With GPUs, large batches of schedules are evaluated on them, whatever the
        device of the objective; by default there are as many actors as there is room for.

    Raises
    ------
    InvalidInput
        If an argument is out of range, if Ray is not installed, if no cluster answers at the
        address, or if it has no GPUs and some are asked for.
    """

    def __init__(
        self, actors: int | None = None, gpus_per_actor: float = 0.0, address: str | None = None
    ) -> None:
        self._connection = Connection(actors, gpus_per_actor, address)
        self._pool = Pool(self._connection)

    @property
    def actors(self) -> int:
        """How many actors there are to be."""
        return self._connection.actors

    def map(self, task: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[Outcome]:
        """Do a task for every item; yield the outcomes in the order of the items.

        What the task raises for an item is raised here, in that item's turn.

        Raises
        ------
        ConnectionError
            If no actor can be had, or if an item's work was lost again and again.
        """
        sent = self._pool.task(task)
        jobs = [Job(sent, item) for item in items]
        self._pool.add(jobs)
        try:
            for job in jobs:
                while not job.done:
                    self._pool.advance()
                yield job.result()
        finally:
            self._pool.cancel(jobs)

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return what prices schedules by this objective, large batches on all actors."""
        share = self._connection.gpus_per_actor
        if objective.device.type == "cuda" and not share:
            allowed = "more than 0 for an objective on cuda"
            raise InvalidInput("workers.gpus_per_actor", share, allowed)
        return RayEvaluator(objective, "cuda" if share else "cpu", self.map)

    def close(self) -> None:
        """End the actors, and the cluster if it is this process's own."""
        self._pool.close()
        self._connection.close()

    def __enter__(self) -> "RayWorkers":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[LocalWorkers], tuple[()]]:
        """Whoever takes workers along to an actor works there alone."""
        return LocalWorkers, ()
