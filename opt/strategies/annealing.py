"""Simulated annealing: chains side by side in one batch.

Kirkpatrick, Gelatt & Vecchi (1983), Optimization by simulated annealing,
doi:10.1126/science.220.4598.671. A chain proposes to move one patient; it goes where that is
cheaper, and where it is dearer by some amount with probability exp(-amount / temperature), the rule
of Metropolis et al. (1953), doi:10.1063/1.1699114. The temperature falls by equal factors.

Pricing many schedules at once takes little longer than pricing one. So every chain prices several
proposals at once and considers them in turn until it accepts one: exactly what it would do one by
one, because nothing changes before that.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import finite_number, positive_number, whole_number
from opt.feasible import FeasibleSchedules
from opt.run import Run, State, generator_of
from opt.strategies.genetic_operators import draw, with_unbooked
from opt.strategies.starts import starting_schedules

#: Largest number of schedules that are priced at once.
MOST = 10_000_000


@dataclass(frozen=True)
class Annealing:
    """Annealing of schedules.

    Parameters
    ----------
    chains
        Number of schedules that are annealed, independently of each other.
    steps
        After how many steps the search ends.
    proposals
        How many moves each chain prices in a step; it accepts one of them at most.
    initial_temperature
        In units of the cost; None to choose it from the objective.
    initial_acceptance
        Then it is such that a move that costs as much more as the first proposals change the cost
        on average is accepted with this probability.
    cooling
        What the temperature has fallen to when a cycle ends, as a share of the initial one.
    cycles
        How often the temperature falls; in between it rises to where it began, and the chains go on
        from where they are.
    """

    chains: int = 10
    steps: int = 600
    proposals: int = 10
    initial_temperature: float | None = None
    initial_acceptance: float = 0.05
    cooling: float = 1e-3
    cycles: int = 1
    name: ClassVar[str] = "annealing"

    def __post_init__(self) -> None:
        whole_number("strategy.chains", self.chains, 1, MOST)
        whole_number("strategy.proposals", self.proposals, 1, 100_000)
        whole_number("strategy.chains times proposals", self.chains * self.proposals, 1, MOST)
        whole_number("strategy.steps", self.steps, 1, 10**9)
        whole_number("strategy.cycles", self.cycles, 1, self.steps)
        if self.initial_temperature is not None:
            positive_number("strategy.initial_temperature", self.initial_temperature)
        for name in ("initial_acceptance", "cooling"):
            allowed = "greater than 0 and less than 1"
            if not 0 < finite_number(f"strategy.{name}", getattr(self, name), allowed) < 1:
                raise InvalidInput(f"strategy.{name}", getattr(self, name), allowed)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from evenly spread appointments and random schedules."""
        return _AnnealingRun(objective, feasible, self, seed)


class _AnnealingRun(Run):
    """The chains, their costs and their temperature.

    ``temperature`` is that of the last step, in units of the cost.
    """

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Annealing, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy = strategy
        self._generator = generator_of(objective, seed)
        self._schedules = starting_schedules(objective, feasible, strategy.chains, self._generator)
        self._costs = torch.empty(0, dtype=objective.dtype, device=objective.device)
        self._initial_temperature = strategy.initial_temperature
        self._steps = 0
        self.temperature: float | None = None

    def step(self) -> None:
        """Let every chain accept one of its proposals, or none."""
        if self._steps == 0:
            self._costs = self.price(self._schedules)
            self._offer_best(self._schedules, self._costs)
        if self._schedules.shape[1] + self.objective.free == 1:
            self.finished = "a single schedule"
            return
        proposals = self._propose()
        costs = self._priced(proposals)
        rise = costs - self._costs[:, None]
        self.temperature = self._cooled(rise)
        accepted = self._random(rise.shape) < torch.exp(-rise / self.temperature)
        # The first one accepted; where none is, the chain stays.
        chosen = accepted.to(torch.int8).argmax(1, keepdim=True)
        stays = ~accepted.any(1)
        # A cheap proposal is not forgotten where an earlier one was accepted.
        self._offer_best(proposals.flatten(0, 1), costs.flatten())
        rows = torch.arange(len(chosen), device=chosen.device)
        moved = proposals[rows, chosen[:, 0]]
        self._schedules = torch.where(stays[:, None], self._schedules, moved)
        self._costs = torch.where(stays, self._costs, costs.gather(1, chosen)[:, 0])
        self._offer_best(self._schedules, self._costs)
        self._steps += 1
        if self._steps >= self._strategy.steps:
            self.finished = "cooled"

    def own_state(self) -> State:
        """Return the chains, their temperature and the generator."""
        return {
            "schedules": self._schedules.cpu(),
            "costs": self._costs.cpu(),
            "initial_temperature": self._initial_temperature,
            "steps": self._steps,
            "generator": self._generator.get_state(),
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._schedules = state["schedules"].to(self.objective.device)
        self._costs = state["costs"].to(self.objective.device)
        self._initial_temperature, self._steps = state["initial_temperature"], state["steps"]
        self._generator.set_state(state["generator"])

    def _propose(self) -> Tensor:
        """Return moves of one patient from each schedule, (chains, proposals, intervals).

        The patient and the interval are drawn evenly, so that there and back are as likely for each
        patient. Where the number of patients is free, not to be booked is one more interval.
        """
        shape = (len(self._schedules), self._strategy.proposals, self._schedules.shape[1])
        patients, free = self.objective.session.patients, self.objective.free
        places = with_unbooked(self._schedules, patients) if free else self._schedules
        places = places.repeat_interleave(shape[1], dim=0)
        source = draw(places.to(torch.float32), self._generator)[:, None]
        target = torch.randint(
            places.shape[1] - 1, source.shape, generator=self._generator, device=source.device
        )
        target += target >= source
        once = torch.ones_like(places[:, :1])
        moved = places.scatter_add(1, source, -once).scatter_add(1, target, once)
        return moved[:, : shape[2]].reshape(shape)

    def _priced(self, proposals: Tensor) -> Tensor:
        """Return the costs (chains, proposals); infinite where constraints are not met."""
        schedules = proposals.flatten(0, 1)
        met = self.feasible.contains(schedules)
        costs = self._costs.new_full((len(schedules),), torch.inf)
        if met.any():
            costs[met] = self.price(schedules[met])
        return costs.reshape(proposals.shape[:2])

    def _cooled(self, rise: Tensor) -> float:
        """Return the temperature of this step; the first ``rise`` of the costs may choose it."""
        strategy = self._strategy
        if self._initial_temperature is None:
            change = rise[rise.isfinite()].abs()
            typical = float(change.mean()) if change.any() else 1.0
            self._initial_temperature = typical / -math.log(strategy.initial_acceptance)
        length = -(-strategy.steps // strategy.cycles)
        share = self._steps % length / max(length - 1, 1)
        return self._initial_temperature * float(strategy.cooling**share)

    def _random(self, shape: torch.Size) -> Tensor:
        """Return numbers drawn evenly from 0 to 1."""
        return torch.rand(
            shape, generator=self._generator, dtype=torch.float64, device=self.objective.device
        )

    def _offer_best(self, schedules: Tensor, costs: Tensor) -> None:
        least = int(costs.argmin())
        if costs[least] < torch.inf:
            self.offer(schedules[least], float(costs[least]))
