"""The programs of the samples of a search."""

from collections.abc import Sequence
from typing import overload

import numpy as np

from objective import Objective
from opt.constraints import Constraints
from opt.orders import kinds_of
from opt.stochastic.sample_program import SampleProgram, make_sample_program
from opt.stochastic.scenarios import Sampling, draw_scenarios


class SamplePrograms(Sequence[SampleProgram]):
    """Programs of independent samples, each drawn when it is asked for.

    Parameters
    ----------
    objective, constraints
        What schedules cost, and what is demanded of them.
    searched
        Whether the order of the patients is a decision.
    scenarios, sampling
        Number of days in each sample, and how they are drawn.
    seed, samples
        The seed, and the numbers of the samples: the same number is always the same sample.
    """

    def __init__(
        self,
        objective: Objective,
        constraints: Constraints,
        searched: bool,
        scenarios: int,
        sampling: Sampling,
        seed: int,
        samples: range,
    ) -> None:
        self._objective, self._constraints = objective, constraints
        self._scenarios, self._sampling = scenarios, sampling
        self._seed, self._samples = seed, samples
        roster, numbers = objective.session.roster, kinds_of(objective.session)
        self._kinds, self._counts = [list(roster)], [len(roster)]
        if searched:
            found = range(max(numbers) + 1)
            self._kinds = [[roster[numbers.index(kind)]] * len(roster) for kind in found]
            self._counts = [numbers.count(kind) for kind in found]

    def __len__(self) -> int:
        return len(self._samples)

    @overload
    def __getitem__(self, index: int) -> SampleProgram: ...

    @overload
    def __getitem__(self, index: slice) -> list[SampleProgram]: ...

    def __getitem__(self, index: int | slice) -> SampleProgram | list[SampleProgram]:
        """Draw the days of one sample or of some, and return their programs."""
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        seed = np.random.SeedSequence(self._seed, spawn_key=(self._samples[index],))
        days = draw_scenarios(
            self._kinds,
            self._objective.session.interruptions,
            self._scenarios,
            self._sampling,
            seed,
        )
        return make_sample_program(
            self._objective, self._constraints, self._kinds, self._counts, days
        )
