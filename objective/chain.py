"""The interface of the two Markov chains.

The state law of a schedule just before an arrival is a row of probabilities; a batch of schedules
is a tensor ``laws`` of shape (rows, states). Rows may hold fewer states than the chain has: what is
left out has probability 0. The operations that end in ``_back`` are the adjoints: they act on
functions of the state, (rows, states), and take an expectation one step back.
"""

from typing import Protocol

import torch
from torch import Tensor

from objective.laws import Array
from objective.penalties import Penalty

#: A gap in intervals, and the first and the end of the rows that it applies to.
Group = tuple[int, int, int]


class Chain(Protocol):
    """Law of the work in the system, driven by arrivals and by the passing of time."""

    dtype: torch.dtype
    device: torch.device
    #: Largest number of states that a law can have.
    states: int
    #: Whether work may come that is not booked, after the session has begun.
    has_walk_ins: bool
    #: Bytes that one row of a batch occupies while it is followed.
    row_bytes: int

    def work(self) -> Tensor:
        """Return the expected work in each state, (states,) minutes."""

    def cost_vector(self, penalty: Penalty) -> Tensor:
        """Return the expected penalty of the work in each state, (states,)."""

    def start(self, rows: int) -> Tensor:
        """Return the laws when the session begins, (rows, states)."""

    def arrive(self, laws: Tensor, limit: int, kind: int = 0) -> tuple[Tensor, Tensor | None]:
        """Book a patient of a kind of `ClinicSession.kinds` in.

        Returns the laws, of at most ``limit`` states, and the expected work (rows,) in minutes that
        the limit cut off, None if nothing.
        """

    def walk_in(self, laws: Tensor, interval: int, limit: int) -> tuple[Tensor, Tensor | None]:
        """Let the walk-ins of an interval come, with or without a patient; returns as `arrive`."""

    def drained_states(self, states: int, gap: int) -> int:
        """Return how many states a law has at most after ``gap`` intervals."""

    def drain(self, laws: Tensor, gap: int, out: Tensor) -> None:
        """Let ``gap`` intervals pass; write the laws to ``out``."""

    def drain_back(self, values: Tensor, gap: int, states: int) -> Tensor:
        """Return the expectation of ``values`` after ``gap`` intervals, for the first ``states``.

        Functions given on fewer states than needed go on with their last value.
        """

    def arrive_and_drain(
        self, laws: Tensor, groups: list[Group], limit: int, kind: int = 0
    ) -> tuple[Tensor, Tensor | None]:
        """Book a patient into every row, then let the gap of each group of rows pass.

        The groups cover the rows, the shortest gap first; returns as `arrive` does.
        """

    def arrive_back(self, values: Tensor, states: int, kind: int = 0) -> Tensor:
        """Return the expectation of ``values`` after an arrival, for the first ``states``."""

    def walk_in_back(self, values: Tensor, interval: int, states: int) -> Tensor:
        """Return the expectation of ``values`` after the walk-ins of an interval."""

    def walk_in_kinds(self, intervals: int) -> list[int]:
        """Return which law of walk-ins each interval has, numbered from 0."""

    def transition(
        self, kinds: tuple[int, ...], walk_in_kind: int, states: int, length: int
    ) -> Array:
        """Return the transition matrix (states, states) over ``length`` intervals.

        From the law before the arrivals of an interval, into which patients of the given kinds are
        booked, to the law before those of the interval ``length`` later; nobody is booked in
        between, and with walk-ins ``length`` is 1. In float64 on the processor, for
        `objective.moves`.
        """

    def within(self, laws: Tensor, minutes: Tensor) -> Tensor:
        """Return P(work <= minutes) for each law and each of the (times,): (rows, times)."""

    def quantiles(self, laws: Tensor, probabilities: Tensor) -> Tensor:
        """Return the minutes that the work stays within with each probability, (rows, times)."""

    def patient_limits(self, appointments: Tensor) -> list[int]:
        """Return the states needed after each patient of a batch, appointments (rows, patients)."""

    def interval_limits(self, schedules: Tensor, spare: int = 0) -> list[int]:
        """Return the states needed after the arrivals of each interval, schedules (rows, T).

        With ``spare`` patients more, whenever they come.
        """

    def congestion(self, schedules: Tensor, appointments: Tensor) -> Tensor | None:
        """Return a key (rows,) by which rows of similar need can be put together, or None."""


def continued(values: Tensor, states: int) -> Tensor:
    """Return functions (rows, states) on exactly so many states, going on with the last value."""
    missing = states - values.shape[1]
    if missing > 0:
        values = torch.cat([values, values[:, -1:].expand(-1, missing)], dim=1)
    return values[:, :states]
