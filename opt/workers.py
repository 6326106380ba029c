"""Who does the work: this process, or others beside it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from torch import Tensor

from objective import Objective, Performance

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Evaluator(Protocol):
    """Prices schedules (batch, intervals) of one session."""

    def __call__(self, schedules: Tensor) -> Performance:
        """Return their performance, (batch,)."""


class Workers(Protocol):
    """Do independent pieces of work, wherever that is, with the same outcome everywhere."""

    def map(self, task: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[Outcome]:
        """Do a task for every item; yield the outcomes in the order of the items.

        The task can be pickled, and the outcome depends on the item alone, so that work that is
        lost is done again.
        """

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return what prices schedules by this objective."""


class LocalWorkers:
    """All work is done here, one piece after the other."""

    def map(self, task: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[Outcome]:
        """Do a task for every item; yield the outcomes in the order of the items."""
        return map(task, items)

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return the objective itself."""
        return objective
