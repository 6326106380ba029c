"""Why a schedule gains more or less on real days than was expected of it.

A schedule is computed for patients who take independently as long as those before took. The days
that came may differ in three ways, which are told apart by shuffling them. Shuffled over all
sessions, the same consultations are independent: what then differs from the expectation is that
they were others than before. Shuffled within each session, they keep what a session has in common.
What is left is the order in which a session's consultations came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from objective.laws import Array
from opt.replay.valuation import Day, Valuation

#: Number of shuffles that a mean is taken over.
SHUFFLES = 40
#: The three ways in which days differ from what was expected of them.
OTHERS = "consultations were others than before"
ALIKE = "consultations of a session are alike"
ORDER = "the order of consultations within the session"


@dataclass(frozen=True)
class Reasons:
    """A mean difference in cost between two schedules: expected, on shuffled days, and real.

    Attributes
    ----------
    expected
        By the laws that were learnt; None where nothing was expected of one of the schedules.
    shuffled
        With the consultations of all sessions in random order.
    shuffled_within
        With the consultations of each session in random order.
    realised
        As it was.
    """

    expected: float | None
    shuffled: float
    shuffled_within: float
    realised: float

    @property
    def changes(self) -> dict[str, float]:
        """What each way in which the days differed added to the difference."""
        found = {
            ALIKE: self.shuffled_within - self.shuffled,
            ORDER: self.realised - self.shuffled_within,
        }
        if self.expected is not None:
            found[OTHERS] = self.shuffled - self.expected
        return found


def reasons_of(
    days: Sequence[Day],
    kinds: Sequence[Sequence[str]],
    appointments: Sequence[Mapping[str, Array]],
    expected: Mapping[str, Array],
    realised: Mapping[str, Mapping[str, Array]],
    candidate: str,
    valuation: Valuation,
    seed: int,
) -> dict[str, Reasons]:
    """Return the reasons for the candidate's difference to every other schedule.

    Parameters
    ----------
    days
        The days as they were.
    kinds
        The kind of each patient of each day; only patients of one kind are shuffled.
    appointments
        When patients are told to come, by schedule, for each day.
    expected, realised
        Cost that was expected, by schedule, and what was measured, by schedule and measure.
    candidate
        The schedule that is held against the others.
    valuation, seed
        What minutes are worth; of the shuffles.
    """
    random = np.random.default_rng(seed)
    kind = np.concatenate([np.asarray(one) for one in kinds])
    session = np.repeat(np.arange(len(days)), [len(day.minutes) for day in days])
    groups = np.unique(kind, return_inverse=True)[1].astype(np.int64)
    over_all = _shuffled(days, groups, random)
    within = _shuffled(days, groups * len(days) + session, random)

    def costs(some: Sequence[Day]) -> dict[str, float]:
        times = len(some) // len(days)
        return {
            name: float(
                valuation.measured(some, [one[name] for one in appointments] * times)["cost"].mean()
            )
            for name in realised
        }

    shuffled, inside = costs(over_all), costs(within)
    found = {}
    for name in realised:
        if name == candidate:
            continue
        foreseen = None
        if name in expected:
            foreseen = float((expected[candidate] - expected[name]).mean())
        found[name] = Reasons(
            foreseen,
            shuffled[candidate] - shuffled[name],
            inside[candidate] - inside[name],
            float((realised[candidate]["cost"] - realised[name]["cost"]).mean()),
        )
    return found


def _shuffled(
    days: Sequence[Day], groups: NDArray[np.int64], random: np.random.Generator
) -> list[Day]:
    """Return the days many times, with patients of equal groups in random order."""
    minutes = np.concatenate([day.minutes for day in days])
    came = np.concatenate([day.came for day in days])
    ends = np.cumsum([len(day.minutes) for day in days])[:-1]
    by_group = np.argsort(groups, kind="stable")
    made: list[Day] = []
    for _ in range(SHUFFLES):
        # Sorting by group, and at random within it, puts a random member into each member's place.
        drawn = np.lexsort((random.random(len(groups)), groups))
        place = np.empty(len(groups), dtype=np.int64)
        place[by_group] = drawn
        parts = zip(days, np.split(place, ends), strict=True)
        made += [replace(day, minutes=minutes[rows], came=came[rows]) for day, rows in parts]
    return made
