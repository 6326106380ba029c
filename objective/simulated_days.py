"""What a simulation tells: days, and means with their standard errors."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objective.charges import Idle
from objective.laws import Array
from objective.session import ClinicSession
from objective.walk_ins import mean_number
from objective.weights import Weights


@dataclass(frozen=True)
class Estimate:
    """A simulated mean with its standard error, in the unit of what was estimated."""

    mean: float
    standard_error: float

    def z(self, exact: float) -> float:
        """Return how many standard errors the estimate lies above ``exact``."""
        difference = self.mean - exact
        if abs(difference) <= 1e-9 * max(1.0, abs(exact)):
            return 0.0
        return difference / self.standard_error if self.standard_error > 0 else float("inf")


def estimate(values: Tensor) -> Estimate:
    """Return mean and standard error of independent values (days,)."""
    return Estimate(float(values.mean()), float(values.std() / len(values) ** 0.5))


@dataclass(frozen=True)
class SimulatedDays:
    """What happened on simulated days, minutes.

    Attributes
    ----------
    wait
        Waiting time of each booked patient, (days, patients), from the later of arrival and
        appointment; what the patient would have waited where it did not come.
    shown
        Whether the patient came, (days, patients).
    end
        End of the last consultation or interruption, (days,); 0 where there was none.
    work
        Time that the consultations of all who came and the interruptions took, (days,).
    walk_in_wait, walk_ins
        Total waiting time of the walk-ins, and their number, (days,). With priority, those who come
        at the end of the session are counted here but not in ``end`` and ``work``.
    """

    session: ClinicSession
    wait: Tensor
    shown: Tensor
    end: Tensor
    work: Tensor
    walk_in_wait: Tensor
    walk_ins: Tensor

    @property
    def waiting(self) -> Estimate:
        """Waiting time per patient who shows: the day's total over the expected number."""
        return self._waiting(np.ones(self.session.patients))

    @property
    def weighted_waiting(self) -> Estimate:
        """As `waiting`, with each wait times the waiting weight of the patient."""
        return self._waiting(self.session.waiting_weights)

    def _waiting(self, weights: Array) -> Estimate:
        return estimate(self._waited(weights))

    def _waited(self, weights: Array) -> Tensor:
        """Return each day's weighted total of the waits over the expected number, (days,)."""
        # Patient by patient, because their waits together may fill a good part of the memory.
        total = torch.zeros_like(self.end)
        for rank, weight in enumerate(weights.tolist()):
            total += weight * self.wait[:, rank] * self.shown[:, rank]
        return total / self.session.expected_shows

    def cost(self, weights: Weights, idle: Idle) -> Estimate:
        """Weighted minutes of waiting, idle time by its definition, and tardiness."""
        until = self.end.clamp(min=self.session.length) if idle == "session" else self.end
        return estimate(
            weights.waiting * self._waited(self.session.waiting_weights)
            + weights.idle * (until - self.work)
            + weights.tardiness * (self.end - self.session.length).clamp(min=0)
        )

    @property
    def tardiness(self) -> Estimate:
        """Time by which the last consultation ends after the session."""
        return estimate((self.end - self.session.length).clamp(min=0))

    @property
    def session_idle(self) -> Estimate:
        """Idle time in [0, max(session length, end)]."""
        return estimate(self.end.clamp(min=self.session.length) - self.work)

    @property
    def makespan_idle(self) -> Estimate:
        """End of the last consultation minus the work."""
        return estimate(self.end - self.work)

    @property
    def walk_in_waiting(self) -> Estimate:
        """Waiting time per walk-in: the day's total over the expected number."""
        walk_ins, intervals = self.session.walk_ins, self.session.intervals
        expected = sum(map(mean_number, walk_ins.epoch_laws(intervals))) if walk_ins else 0.0
        return estimate(self.walk_in_wait / max(expected, 1e-300))

    def overtime_beyond(self, minutes: float) -> Estimate:
        """Probability that the last consultation ends more than ``minutes`` late."""
        return estimate((self.end - self.session.length > minutes).to(torch.float64))
