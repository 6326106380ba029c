"""Where searches that may start anywhere begin."""

import torch
from torch import Tensor

from objective import Objective
from objective.schedules import schedules_from_appointments
from opt.strategies.rules import equispaced_times, schedule_at


def starting_schedules(objective: Objective, number: int, generator: torch.Generator) -> Tensor:
    """Return schedules (number, intervals): evenly spread appointments, then random ones.

    In a random schedule the interval of every patient is drawn evenly.
    """
    session, device = objective.session, objective.device
    even = schedule_at(objective, equispaced_times(objective)).to(device)
    size = (number - 1, session.patients)
    drawn = torch.randint(session.intervals, size, generator=generator, device=device)
    return torch.cat([even[None], schedules_from_appointments(drawn, session.intervals)])
