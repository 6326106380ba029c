"""One step of a schedule as a matrix: what it does to the state law, and what it is charged.

A vector holds the cost so far, then the state law. A step leads from the law before the arrivals of
an interval, into which patients are booked, to the law some intervals later, and adds the charge of
these patients to the cost; so the cost of a whole schedule is a product of its steps, from the law
at the beginning to the charge at the end.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from objective.chain import Chain
from objective.charges import Charges
from objective.laws import Array

#: Bytes that each kind of matrices kept for the next call may occupy: single steps, passages, and
#: products of steps.
STEP_BYTES = 128 * 2**20
#: Numbers that the products of the steps over one leg may hold; above it they are not kept.
PRODUCT_SIZE = 2**20


class Leg(NamedTuple):
    """An occupied interval and the empty ones after it.

    A tuple, because thousands of legs are looked up by it.

    Attributes
    ----------
    interval, length
        The first interval, or another with the same steps, and the number of intervals.
    rank, patients
        Place of the interval's first patient in the order of service (0 where it does not matter
        which patient is which), and the number of its patients.
    states, booked
        Number of states of the laws, and of patients in the whole schedule.
    """

    interval: int
    length: int
    rank: int
    patients: int
    states: int
    booked: int


@dataclass(frozen=True)
class Passage:
    """The steps over a leg, (1 + states, 1 + states) each.

    Forward: of the base schedule; of schedules that have lost a patient in an earlier interval; and
    where the leg itself loses one, before which they were the base (None if nobody is there to
    lose). Backward the same, transposed, for schedules that lose a patient in a later interval, and
    for those that are the base after the leg.
    """

    base: Array
    lost_before: Array
    loses: Array | None
    base_back: Array
    lost_later_back: Array
    loses_back: Array | None


class Steps:
    """The steps of the schedules of one objective, on the processor in float64.

    Ranks outside a schedule belong to moves that cannot be made, and give any matrix.
    """

    def __init__(self, chain: Chain, charges: Charges, kinds: tuple[int, ...]) -> None:
        self.chain, self._charges, self._kinds = chain, charges, kinds
        #: Whether it matters which patient is which.
        self.by_rank = charges.by_rank
        #: The first interval that has the same steps as each.
        self.representative = (
            list(range(len(charges.kinds)))
            if charges.by_interval
            else [charges.kinds.index(kind) for kind in charges.kinds]
        )
        self.constant = lru_cache(maxsize=None)(charges.constant)
        size = STEP_BYTES // (8 * (chain.states + 1) ** 2)
        self._step = lru_cache(maxsize=max(8, size))(self._make_step)
        # A passage holds six steps.
        self.passage = lru_cache(maxsize=max(8, size // 6))(self._make_passage)
        # Legs are as long as there are intervals per patient, on average.
        length = -(-len(charges.kinds) // len(kinds))
        usual = min(PRODUCT_SIZE, length * (chain.states + 1) ** 2)
        self._products = lru_cache(maxsize=STEP_BYTES // (16 * usual))(self._make_products)

    def through(self, laws: Array, leg: Leg) -> Array:
        """Return the laws after a leg with one patient more in each of its intervals in turn.

        ``laws``, (rows, 1 + states), are those before it; the result is (rows, length, 1 + states).
        """
        if self._keeps_products(leg):
            through = np.dot(laws, self._products(leg)[0])
            return np.asarray(through.reshape(len(laws), leg.length, -1), np.float64)
        halves = (self._halves(leg, offset) for offset in range(leg.length))
        return np.stack([laws @ before @ after for before, after in halves], axis=1)

    def through_back(self, values: Array, leg: Leg) -> Array:
        """Return the costs-to-go before a leg with one patient more in each interval in turn.

        ``values``, (rows, 1 + states), are those after it; the result is as in `through`.
        """
        if self._keeps_products(leg):
            through = np.dot(values, self._products(leg)[1])
            return np.asarray(through.reshape(len(values), leg.length, -1), np.float64)
        halves = (self._halves(leg, offset) for offset in range(leg.length))
        return np.stack([values @ after.T @ before.T for before, after in halves], axis=1)

    def _keeps_products(self, leg: Leg) -> bool:
        """Whether the products of the steps over a leg are worth their time: used again, and small.

        Where it matters which patient is which, hardly any two legs are the same.
        """
        return not self.by_rank and leg.length * (1 + leg.states) ** 2 <= PRODUCT_SIZE

    def end(self, states: int) -> Array:
        """Return what is charged at the end of the session, (1 + states,)."""
        return np.append(1.0, self._charges.end_vector[:states])

    def _make_passage(self, leg: Leg) -> Passage:
        later, fewer = leg.rank + self.by_rank, leg.patients - 1

        def step(rank: int, patients: int) -> Array:
            return self._step_from(leg.interval, rank, patients, leg.length, leg.states, leg.booked)

        base = step(leg.rank, leg.patients)
        # Products with rows of a transposed copy are faster than with its columns.
        base_back = np.ascontiguousarray(base.T)
        lost_later = step(later, leg.patients)
        return Passage(
            base=base,
            lost_before=step(leg.rank - self.by_rank, leg.patients),
            loses=step(leg.rank, fewer) if leg.patients else None,
            base_back=base_back,
            lost_later_back=(
                base_back if lost_later is base else np.ascontiguousarray(lost_later.T)
            ),
            loses_back=np.ascontiguousarray(step(later, fewer).T) if leg.patients else None,
        )

    def _make_products(self, leg: Leg) -> tuple[Array, Array]:
        """Return the steps of `through` and of `through_back` side by side."""
        steps = [np.dot(*self._halves(leg, offset)) for offset in range(leg.length)]
        return np.hstack(steps), np.hstack([step.T for step in steps])

    def _halves(self, leg: Leg, offset: int) -> tuple[Array, Array]:
        """Return the step up to an interval of the leg, and that from there with one more."""
        rest = leg.length - offset
        if offset == 0:
            every = self._step_from(
                leg.interval, leg.rank, leg.patients + 1, rest, leg.states, leg.booked
            )
            return np.eye(1 + leg.states), every
        before = self._step_from(
            leg.interval, leg.rank, leg.patients, offset, leg.states, leg.booked
        )
        rank = leg.rank + leg.patients
        after = self._step_from(leg.interval + offset, rank, 1, rest, leg.states, leg.booked)
        return before, after

    def _step_from(
        self, interval: int, rank: int, patients: int, length: int, states: int, booked: int
    ) -> Array:
        """Return a step of an interval; the same object for all intervals and ranks alike."""
        rank = max(0, min(rank, booked - patients)) if self.by_rank else 0
        return self._step(self.representative[interval], rank, patients, length, states, booked)

    def _make_step(
        self, interval: int, rank: int, patients: int, length: int, states: int, booked: int
    ) -> Array:
        kinds = self._kinds[rank : min(rank + patients, booked)]
        matrix = np.zeros((1 + states, 1 + states))
        matrix[0, 0] = 1
        matrix[1:, 0] = self._charges.of_interval(rank, len(kinds), interval, booked)[:states]
        walk_ins = self._charges.kinds[interval]
        matrix[1:, 1:] = self.chain.transition(kinds, walk_ins, states, length)
        return matrix
