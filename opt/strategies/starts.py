"""Where searches that may start anywhere begin."""

import torch
from torch import Tensor

from objective import Objective
from objective.schedules import schedules_from_appointments
from opt.feasible import FeasibleSchedules
from opt.strategies.rules import equispaced_times, schedule_at


def starting_schedules(
    objective: Objective, feasible: FeasibleSchedules, number: int, generator: torch.Generator
) -> Tensor:
    """Return schedules (number, intervals): evenly spread appointments, then random ones.

    In a random schedule the interval of every patient is drawn evenly, beside the intervals the
    choice not to book the patient where their number is free; then it is moved to where it meets
    the constraints.
    """
    session, device = objective.session, objective.device
    even = feasible.nearest(schedule_at(objective, equispaced_times(objective)).to(device))
    size, choices = (number - 1, session.patients), session.intervals + objective.free
    drawn = torch.randint(choices, size, generator=generator, device=device)
    schedules = schedules_from_appointments(drawn, choices)[:, : session.intervals]
    return torch.cat([even[None], feasible.repaired(schedules)])
