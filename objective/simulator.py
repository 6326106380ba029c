"""A simulated clinic: patients one by one, to check the chains against.

Nothing here is shared with the chains: consultation times are drawn from the law itself, not from
its grid, and days are simulated in continuous time, many at once.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objective.device import available_device
from objective.errors import InvalidInput, whole_number
from objective.schedules import ScheduleBatch, as_schedules
from objective.session import ClinicSession


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


@dataclass(frozen=True)
class SimulatedDays:
    """What happened on simulated days, minutes.

    Attributes
    ----------
    wait
        Waiting time of each booked patient, (days, patients); what the patient would have waited
        where it did not come.
    shown
        Whether the patient came, (days, patients).
    end
        End of the last consultation, (days,); 0 where nobody came.
    work
        Consultation time of all who came, (days,).
    walk_in_wait, walk_ins
        Total waiting time of the walk-ins, and their number, (days,).
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
        expected = self.session.patients * (1 - self.session.no_show)
        return estimate((self.wait * self.shown).sum(1) / expected)

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
        return estimate(self.walk_in_wait / max(self.session.expected_walk_ins, 1e-300))

    def overtime_beyond(self, minutes: float) -> Estimate:
        """Probability that the last consultation ends more than ``minutes`` late."""
        return estimate((self.end - self.session.length > minutes).to(torch.float64))


def estimate(values: Tensor) -> Estimate:
    """Return mean and standard error of independent values (days,)."""
    return Estimate(float(values.mean()), float(values.std() / len(values) ** 0.5))


def simulate(
    session: ClinicSession,
    schedule: ScheduleBatch,
    days: int,
    seed: int,
    device: str | torch.device = "cpu",
) -> SimulatedDays:
    """Simulate independent days under one schedule.

    Parameters
    ----------
    session, schedule
        The session, and one schedule of it.
    days
        Number of days, 2 to 10 million.
    seed
        Seed of all randomness.
    device
        Where the days are simulated.

    Raises
    ------
    InvalidInput
        If the schedule is not one of the session's, or an argument is outside its range.
    """
    place = available_device(device)
    whole_number("days", days, 2, 10_000_000)
    whole_number("seed", seed, 0, 2**63 - 1)
    schedules = as_schedules(schedule, session, place)
    if len(schedules) != 1:
        raise InvalidInput("schedule", f"a batch of {len(schedules)}", "a single schedule")
    booked = schedules[0].tolist()
    random = np.random.default_rng(seed)

    def on_device(values: object) -> Tensor:
        return torch.as_tensor(np.asarray(values, np.float64)).to(place)

    free = torch.zeros(days, dtype=torch.float64, device=place)
    last_end, work = torch.zeros_like(free), torch.zeros_like(free)
    walk_in_wait, walk_ins = torch.zeros_like(free), torch.zeros_like(free)
    waits, shown = [], []
    laws = session.walk_ins.count_laws(session.intervals) if session.walk_ins else []

    def serve(present: Tensor, service: Tensor, now: float) -> Tensor:
        """Serve one more patient on the days on which there is one; return the waits."""
        nonlocal free, last_end, work
        wait = (free - now).clamp(min=0)
        end = now + wait + service
        free = torch.where(present, end, free)
        last_end = torch.where(present, end, last_end)
        work = work + present * service
        return wait

    for interval, patients in enumerate(booked):
        now = interval * session.interval_length
        if session.walk_ins is not None:
            law = laws[interval]
            number = on_device(random.choice(law.size, size=days, p=law))
            walk_ins += number
            for ahead in range(int(number.max())):
                service = on_device(session.walk_ins.service_time.sample((days,), random))
                present = number > ahead
                walk_in_wait += present * serve(present, service, now)
        for _ in range(patients):
            service = on_device(session.service_time.sample((days,), random))
            present = on_device(random.random(days)) < (1 - session.no_show)
            waits.append(serve(present, service, now))
            shown.append(present)
    return SimulatedDays(
        session=session,
        wait=torch.stack(waits, dim=1),
        shown=torch.stack(shown, dim=1),
        end=last_end,
        work=work,
        walk_in_wait=walk_in_wait,
        walk_ins=walk_ins,
    )
