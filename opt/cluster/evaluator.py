"""Pricing large batches of schedules in several processes, to the last digit as in one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from objective import Objective, Performance

Tile = NDArray[np.int32]


@dataclass(frozen=True)
class Price:
    """The task of pricing a tile of schedules (rows, intervals) on a kind of device."""

    objective: Objective
    kind: str

    @cached_property
    def _resident(self) -> Objective:
        """The objective on the device of the process that prices."""
        same = self.objective.device.type == self.kind
        return self.objective if same else self.objective.to(self.kind)

    def __call__(self, tile: Tile) -> Performance:
        """Return the performance of a tile, on the processor."""
        # What Ray hands out is read-only, which torch does not know; so it is copied.
        return self._resident(torch.tensor(tile)).to("cpu")


class RayEvaluator:
    """Prices batches of schedules.

    A batch that the objective would evaluate at one time is evaluated here, since it takes less
    time than to send it away. Of a larger one each tile is what the objective would evaluate at one
    time on that kind of device, because the last digits depend on what is evaluated together.
    """

    def __init__(
        self,
        objective: Objective,
        kind: str,
        work: Callable[[Price, Sequence[Tile]], Iterator[Performance]],
    ) -> None:
        self._objective, self._price, self._work = objective, Price(objective, kind), work

    def __call__(self, schedules: Tensor) -> Performance:
        """Return the performance of schedules (batch, intervals)."""
        objective = self._objective
        parts = objective.parts(schedules)
        if len(parts) == 1:
            return objective(schedules)
        parts = objective.parts(schedules, self._price.kind)
        there = [rows.to(schedules.device) for rows in parts]
        tiles = [schedules[rows].to("cpu", torch.int32).numpy() for rows in there]
        done = [part.to(objective.device) for part in self._work(self._price, tiles)]
        return Performance.reunite(done, parts)
