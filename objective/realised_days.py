"""Days that have happened, served again under other appointments.

Who came and how long each consultation took is known; given that, what appointments would have led
to is not random. Patients are punctual and served in their order.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from objective.errors import InvalidInput
from objective.service_order import recursion


@dataclass(frozen=True)
class RealisedDays:
    """What came of realised days under their appointments, minutes.

    Attributes
    ----------
    wait
        Waiting time of each patient who came, 0 for the others, (patients, days).
    end, work
        End of the last consultation, 0 if there was none, and time taken by all, (days,).
    """

    wait: Tensor
    end: Tensor
    work: Tensor

    def tardiness(self, length: Tensor) -> Tensor:
        """Return by how much each day ends after its planned length (days,)."""
        return (self.end - length).clamp(min=0)

    def session_idle(self, length: Tensor) -> Tensor:
        """Return the idle time in [0, max(length, end)] of each day; ``length`` is (days,)."""
        return torch.maximum(self.end, length) - self.work

    @property
    def makespan_idle(self) -> Tensor:
        """End of the last consultation minus the work of each day, (days,)."""
        return self.end - self.work


def serve_realised(appointments: Tensor, minutes: Tensor, came: Tensor) -> RealisedDays:
    """Serve the patients of realised days in their order, each day under its own appointments.

    Days with fewer patients than others are filled up with patients who did not come.

    Parameters
    ----------
    appointments
        When each patient is told to come, minutes after the session begins, (patients, days).
    minutes
        How long each consultation took, (patients, days); anything where the patient did not come.
    came
        Whether each patient came, (patients, days).

    Raises
    ------
    InvalidInput
        If the shapes differ, or a number of a patient who came is negative or not finite.
    """
    shapes = tuple(appointments.shape), tuple(minutes.shape), tuple(came.shape)
    if len(set(shapes)) != 1 or appointments.ndim != 2:
        raise InvalidInput("shapes of realised days", shapes, "the same (patients, days) thrice")
    for name, values in (("appointments", appointments), ("minutes", minutes)):
        wrong = came & ~(torch.isfinite(values) & (values >= 0))
        if wrong.any():
            allowed = "finite and at least 0 for everybody who came"
            raise InvalidInput(name, float(values[wrong][0]), allowed)
    nothing = torch.zeros((), dtype=torch.float64)
    planned = torch.where(came, appointments.to(torch.float64), nothing)
    service = torch.where(came, minutes.to(torch.float64), nothing)
    starts, end = recursion(planned, service, came)
    wait = torch.where(came, starts - planned, nothing)
    return RealisedDays(wait, end, service.sum(0))
