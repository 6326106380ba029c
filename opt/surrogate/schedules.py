"""Varied schedules to learn from, and the neighbours of good ones.

A network that has only seen the path of a search knows nothing beside it. So a quarter of the
schedules are drawn evenly, a quarter have bookings that range from clustered to spread, a quarter
are the rules of practice with some patients moved, and a quarter the best known so far with some
patients moved, which over several batches are those that a local search passes through.
"""

import torch
from torch import Tensor

from objective import Objective
from objective.schedules import schedules_from_appointments
from opt.feasible import FeasibleSchedules
from opt.strategies.rules import BaileyWelch, Equispaced, Individual, TwoAtATime

#: The rules of practice from which training schedules depart.
RULES = (BaileyWelch(), Individual(), TwoAtATime(), Equispaced())
#: Concentrations of the Dirichlet laws of bookings over the intervals: clustered to spread.
CONCENTRATIONS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
#: Most single-patient moves by which a training schedule departs from another.
MOST_MOVES = 6
#: Share of the moves that go to an interval close by, and how far those go at most.
CLOSE, CLOSE_INTERVALS = 0.5, 3


class ScheduleSource:
    """Draws feasible schedules of one objective from its own generator.

    Where the number of patients is free, "not booked" is one more interval while schedules are
    drawn and changed, so that patients are also left out and taken in.
    """

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, generator: torch.Generator
    ) -> None:
        self._objective, self._feasible, self._generator = objective, feasible, generator
        self._patients, self._intervals = objective.session.patients, objective.session.intervals
        self._choices = self._intervals + objective.free
        self.rules = self._rule_schedules()

    def varied(self, number: int, good: Tensor) -> Tensor:
        """Return schedules (number, intervals) of all four kinds.

        ``good`` (some, intervals) are the best known so far.
        """
        parts = [number // 4] * 3
        even, dirichlet, rules = parts
        drawn = torch.cat(
            [
                self._even(even),
                self._dirichlet(dirichlet),
                self._moved(self._some(self.rules, rules), MOST_MOVES),
                self._moved(self._some(good, number - sum(parts)), MOST_MOVES),
            ]
        )
        return self._feasible.repaired(drawn[:, : self._intervals])

    def neighbours(self, schedules: Tensor, number: int) -> Tensor:
        """Return different schedules at one or two moves from some, at most (number, intervals)."""
        moved = self._moved(self._some(schedules, number), 2)[:, : self._intervals]
        different: Tensor = torch.unique(self._feasible.repaired(moved), dim=0)
        return different

    def _rule_schedules(self) -> Tensor:
        runs = [rule.begin(self._objective, self._feasible, seed=0) for rule in RULES]
        found = []
        for run in runs:
            run.step()
            assert run.best is not None
            found.append(run.best.schedule)
        different: Tensor = torch.unique(torch.stack(found), dim=0)
        return different.to(self._objective.device)

    def _even(self, number: int) -> Tensor:
        size = (number, self._patients)
        drawn = torch.randint(self._choices, size, generator=self._generator, device=self._device)
        return schedules_from_appointments(drawn, self._choices)

    def _dirichlet(self, number: int) -> Tensor:
        concentrations = torch.tensor(CONCENTRATIONS, dtype=torch.float64, device=self._device)
        chosen = concentrations[self._whole(len(CONCENTRATIONS), number)]
        shape = chosen[:, None].expand(-1, self._choices).contiguous()
        gamma = torch._standard_gamma(shape, generator=self._generator) + 1e-300
        shares = gamma / gamma.sum(1, keepdim=True)
        drawn = torch.multinomial(
            shares, self._patients, replacement=True, generator=self._generator
        )
        return schedules_from_appointments(drawn, self._choices)

    def _some(self, schedules: Tensor, number: int) -> Tensor:
        """Return so many of the schedules, (number, choices), drawn evenly, with the unbooked."""
        chosen = schedules[self._whole(len(schedules), number)]
        if not self._objective.free:
            return chosen
        return torch.cat([chosen, self._patients - chosen.sum(1, keepdim=True)], dim=1)

    def _moved(self, schedules: Tensor, most: int) -> Tensor:
        """Return schedules (batch, choices) after 1 to ``most`` moves of one patient each."""
        if not len(schedules) or self._choices == 1:
            return schedules
        moved = schedules.clone()
        rows = torch.arange(len(moved), device=self._device)
        moves = 1 + self._whole(most, len(moved))
        for turn in range(most):
            chosen = rows[moves > turn]
            weights = moved[chosen].to(torch.float64)
            origin = torch.multinomial(weights, 1, generator=self._generator)[:, 0]
            close = torch.rand(len(chosen), generator=self._generator, device=self._device) < CLOSE
            far = 1 + self._whole(self._choices - 1, len(chosen))
            near = 1 + self._whole(CLOSE_INTERVALS, len(chosen))
            near = near * (1 - 2 * self._whole(2, len(chosen)))
            target = (origin + torch.where(close, near, far)) % self._choices
            one = torch.ones_like(origin)
            moved.index_put_((chosen, origin), -one, accumulate=True)
            moved.index_put_((chosen, target), one, accumulate=True)
        return moved

    def _whole(self, below: int, number: int) -> Tensor:
        size = (number,)
        return torch.randint(below, size, generator=self._generator, device=self._device)

    @property
    def _device(self) -> torch.device:
        return self._objective.device
