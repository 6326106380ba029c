"""What runs in each process of a cluster."""

import pickle
from collections.abc import Callable
from typing import Any

import torch


class TaskActor:
    """Does tasks, and keeps those it knows, with their tensors, from one item to the next."""

    def __init__(self) -> None:
        # One actor per core: threads of several actors would only wait for each other.
        torch.set_num_threads(1)
        self._tasks: dict[str, Callable[[Any], Any]] = {}

    def ready(self) -> None:
        """Return at once: the process has started."""

    def do(self, key: str, item: Any, sent: bytes | None, forget: tuple[str, ...]) -> Any:
        """Return the outcome of the task of this key, ``sent`` with it if it is not known here."""
        for other in forget:
            self._tasks.pop(other, None)
        if sent is not None:
            self._tasks[key] = pickle.loads(sent)
        return self._tasks[key](item)
