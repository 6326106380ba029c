"""When the rest of a day ends: the law of the end of the last consultation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from objective.live.grid import DayGrid


@dataclass(frozen=True)
class FinishingLaws:
    """Law of the end of the last consultation of several days, on their grids.

    The end is that of the last who comes. So its law is a sum over who that is: the end of that
    one's consultation, times the probability that no patient comes later, of which the first is
    independent.

    Attributes
    ----------
    now, planned
        The moment and the planned end of each day, (providers,) minutes.
    origin, step
        The grid of each day, (providers,) minutes.
    nobody
        Probability that nobody is seen any more, (providers,); the end is then now.
    mass
        Law of the end otherwise, of mass ``1 - nobody``, (providers, points).
    half
        Share of a point's mass that lies after it, (providers,): half of it where durations are
        continuous, none where all are multiples of the step.
    """

    now: Tensor
    planned: Tensor
    origin: Tensor
    step: Tensor
    nobody: Tensor
    mass: Tensor
    half: Tensor

    @cached_property
    def time(self) -> Tensor:
        """Points of the grids, (providers, points) minutes."""
        points = torch.arange(self.mass.shape[1], dtype=torch.float64, device=self.mass.device)
        return self.origin[:, None] + self.step[:, None] * points

    @cached_property
    def probability(self) -> Tensor:
        """P(end <= time) at the points of the grids from now on, (providers, points)."""
        before = self.mass.cumsum(1) - self.half[:, None] * self.mass
        return (self.nobody[:, None] + before).clamp(0, 1)

    @cached_property
    def by_now(self) -> Tensor:
        """P(end <= now), (providers,)."""
        # With continuous durations nothing that is still to end has ended by now.
        return torch.where(self.half > 0, self.nobody, self._at(self.now))

    def points(self, grids: Sequence[DayGrid]) -> list[tuple[Tensor, Tensor]]:
        """Return each day's law: now and the later points of its own grid, and P(end <= time)."""
        pairs = []
        first = (self.time <= self.now[:, None] + 1e-9 * self.step[:, None]).sum(1).tolist()
        for row, grid in enumerate(grids):
            later = slice(first[row], grid.size)
            time = torch.cat([self.now[row : row + 1], self.time[row, later]])
            upto = torch.cat([self.by_now[row : row + 1], self.probability[row, later]])
            pairs.append((time, upto))
        return pairs

    def mean(self) -> Tensor:
        """Return the expected end, (providers,) minutes."""
        return self.nobody * self.now + (self.mass * self.time).sum(1)

    def expected_overtime(self) -> Tensor:
        """Return the expected time from the planned end to the end, (providers,) minutes."""
        late = (self.time - self.planned[:, None]).clamp(min=0)
        return self.nobody * (self.now - self.planned).clamp(min=0) + (self.mass * late).sum(1)

    def overtime_probability(self) -> Tensor:
        """Return P(end > planned end), (providers,)."""
        ahead = 1 - self._at(self.planned)
        ahead = torch.where(self.planned == self.now, 1 - self.by_now, ahead)
        return torch.where(self.planned < self.now, 1.0, ahead).clamp(0, 1)

    def _at(self, minutes: Tensor) -> Tensor:
        """Return P(end <= minutes) for a moment of each day, (providers,), from now on."""
        point = ((minutes - self.origin) / self.step + 1e-9).floor().to(torch.int64)
        inside = point.clamp(0, self.mass.shape[1] - 1)[:, None]
        return torch.where(point < 0, self.nobody, self.probability.gather(1, inside)[:, 0])
