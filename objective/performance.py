"""What a batch of schedules costs."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from objective.weights import Weights


@dataclass(frozen=True)
class Performance:
    """Expected performance of a batch of schedules; each field is a tensor (batch,).

    Attributes
    ----------
    waiting
        Mean waiting time per booked patient who shows, minutes; 0 where nobody is booked.
    idle
        Idle time of the provider, minutes, by the objective's definition.
    tardiness
        Time by which the last consultation ends after the session, minutes.
    cost
        Weighted sum of waiting, idle time and tardiness, with the objective's penalties in place of
        minutes where it has any, less the value of the patients seen where they have one.
    walk_in_waiting
        Mean waiting time per walk-in, minutes; 0 without walk-ins. Under priority those who come at
        the end of the session count too.
    seen
        Expected number of booked patients who come.
    waiting_penalty, tardiness_penalty
        What is charged for waiting and tardiness: equal to ``waiting`` and ``tardiness`` unless the
        objective has penalties, the patients weights of their own, or patients a value: then the
        sum of the waits.
    error_bound
        How much larger than stated waiting, idle time and tardiness can each be at most because
        the grid of the workload chain ends, minutes; they are never smaller than stated.
    """

    waiting: Tensor
    idle: Tensor
    tardiness: Tensor
    cost: Tensor
    walk_in_waiting: Tensor
    seen: Tensor
    waiting_penalty: Tensor
    tardiness_penalty: Tensor
    error_bound: Tensor

    def __len__(self) -> int:
        return len(self.cost)

    def __getitem__(self, rows: slice | Tensor) -> "Performance":
        """Return some of the schedules' performance."""
        return Performance(*(getattr(self, field.name)[rows] for field in fields(self)))

    def to(self, device: str | torch.device) -> "Performance":
        """Return the same numbers on another device."""
        return Performance(*(getattr(self, field.name).to(device) for field in fields(self)))

    def weighed(self, weights: Weights, value_per_patient: float | None) -> Tensor:
        """Return the cost (batch,) by other weights, less the value of the patients seen if any."""
        parts = self.waiting_penalty, self.idle, self.tardiness_penalty
        return weighted_cost(weights, value_per_patient, parts, self.seen)

    def row(self, index: int) -> dict[str, float]:
        """Return one schedule's performance by name, as plain numbers."""
        return {field.name: float(getattr(self, field.name)[index]) for field in fields(self)}

    @staticmethod
    def empty(dtype: torch.dtype, device: torch.device) -> "Performance":
        """Return the performance of no schedule."""
        nothing = torch.zeros(0, dtype=dtype, device=device)
        return Performance(*(nothing for _ in fields(Performance)))

    @staticmethod
    def reunite(parts: "list[Performance]", rows: list[Tensor]) -> "Performance":
        """Return as one the performance of parts of a batch, given which rows each part was."""
        size = sum(map(len, rows))

        def column(name: str) -> Tensor:
            whole: Tensor = getattr(parts[0], name).new_empty(size)
            for part, place in zip(parts, rows, strict=True):
                whole[place] = getattr(part, name)
            return whole

        return Performance(*(column(field.name) for field in fields(Performance)))


def weighted_cost(
    weights: Weights,
    value_per_patient: float | None,
    parts: tuple[Tensor, Tensor, Tensor],
    seen: Tensor,
) -> Tensor:
    """Return the cost (batch,) of what is charged for waiting, of idle time and of tardiness.

    The value of the patients seen, (batch,), is taken off where they have one.
    """
    waiting, idle, tardiness = parts
    cost = weights.waiting * waiting + weights.idle * idle + weights.tardiness * tardiness
    return cost if value_per_patient is None else cost - value_per_patient * seen
