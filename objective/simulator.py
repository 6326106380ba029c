"""A simulated clinic: to check the chains against, and to see what goes beyond them.

Nothing here is shared with the chains: consultation times are drawn from the law itself, not from
its grid, and days are simulated in continuous time, many at once.
"""

from collections.abc import Sequence

import numpy as np
import torch

from objective.behaviour import Behaviour
from objective.device import available_device
from objective.draws import Draws, draw
from objective.errors import InvalidInput, whole_number
from objective.laws import Array
from objective.overtaking import waits_when_overtaken
from objective.schedules import ScheduleBatch, appointment_intervals, as_schedules
from objective.service_order import Served, serve_in_order
from objective.service_time import float_vector
from objective.session import ClinicSession
from objective.simulated_days import Estimate, SimulatedDays, estimate

__all__ = ["Estimate", "SimulatedDays", "estimate", "simulate", "simulate_times"]

#: Bytes that the days simulated at one time may occupy, beside what is kept of all days.
CHUNK_BYTES = 64 * 2**20
#: Bytes that a customer of a day occupies while it is served, and a single walk-in while drawn.
CUSTOMER_BYTES, WALK_IN_BYTES = 144, 64
#: Most days, and most waits that are kept: 9 bytes each.
MAX_DAYS, MAX_WAITS = 10_000_000, 250_000_000


def simulate(
    session: ClinicSession,
    schedule: ScheduleBatch,
    days: int,
    seed: int,
    device: str | torch.device = "cpu",
    behaviour: Behaviour | None = None,
) -> SimulatedDays:
    """Simulate independent days under one schedule.

    Parameters
    ----------
    session, schedule
        The session, and one schedule of it.
    days
        Number of days, 2 to 10 million, and at most 250 million over the number of patients.
    seed
        Seed of all randomness. Behaviours are comparable day by day under the same seed.
    device
        Where the days are simulated.
    behaviour
        How the days depart from the plan; None is as planned.

    Raises
    ------
    InvalidInput
        If the schedule is not one of the session's, if an argument is outside its range, or for
        unpunctual patients where walk-ins have priority.
    """
    place = available_device(device)
    schedules = as_schedules(schedule, session, place)
    if len(schedules) != 1:
        raise InvalidInput("schedule", f"a batch of {len(schedules)}", "a single schedule")
    intervals = appointment_intervals(schedules.to(torch.int64), session.patients)[0].tolist()
    return _simulate(session, intervals, days, seed, place, behaviour or Behaviour())


def simulate_times(
    session: ClinicSession,
    times: Sequence[float] | Array,
    days: int,
    seed: int,
    device: str | torch.device = "cpu",
    behaviour: Behaviour | None = None,
) -> SimulatedDays:
    """Simulate independent days with appointments at any times, not only at starts of intervals.

    Parameters are as for `simulate`, but for ``times``: of each patient in their order,
    (patients,) minutes from the start of the session, not negative and nondecreasing.

    Raises
    ------
    InvalidInput
        As `simulate`; if the times are no such list, or if walk-ins have priority.
    """
    place = available_device(device)
    if session.priority:
        raise InvalidInput("walk_ins.discipline", "priority", "'fcfs' for times between intervals")
    allowed = f"{session.patients} finite minutes, not negative and nondecreasing"
    minutes = float_vector("times", times, allowed)
    rising = np.isfinite(minutes).all() and (np.diff(minutes, prepend=0.0) >= 0).all()
    if minutes.size != session.patients or not rising:
        raise InvalidInput("times", times, allowed)
    intervals = (minutes / session.interval_length).tolist()
    return _simulate(session, intervals, days, seed, place, behaviour or Behaviour())


def _simulate(
    session: ClinicSession,
    intervals: Sequence[float],
    days: int,
    seed: int,
    place: torch.device,
    behaviour: Behaviour,
) -> SimulatedDays:
    """Simulate days with the patients' appointments at these times, in intervals, (patients,)."""
    whole_number("days", days, 2, min(MAX_DAYS, MAX_WAITS // session.patients))
    whole_number("seed", seed, 0, 2**63 - 1)
    behaviour = _defined(behaviour, session)
    # A patient's waits lie beside each other here, and a day's in what is returned.
    wait = torch.empty(session.patients, days, dtype=torch.float64, device=place)
    shown = torch.empty(session.patients, days, dtype=torch.bool, device=place)
    end, work, walk_in_wait, walk_ins = torch.empty(4, days, dtype=torch.float64, device=place)
    size = _chunk_days(session)
    for chunk, first in enumerate(range(0, days, size)):
        part = slice(first, min(first + size, days))
        stream = np.random.SeedSequence(seed, spawn_key=(chunk,))
        draws = draw(session, behaviour, part.stop - first, stream, place)
        served = _serve(session, intervals, draws, behaviour)
        wait[:, part], shown[:, part] = served.wait, draws.shown
        end[part], work[part] = served.end, served.work
        walk_in_wait[part], walk_ins[part] = served.walk_in_wait, draws.walk_ins.sum(0)
    return SimulatedDays(session, wait.T, shown.T, end, work, walk_in_wait, walk_ins)


def _serve(
    session: ClinicSession, appointments: Sequence[float], draws: Draws, behaviour: Behaviour
) -> Served:
    served = serve_in_order(session, appointments, draws, behaviour.service_order == "arrival")
    if not session.priority:
        return served
    # Whoever goes first, the work that is there at any time, and so the end, is the same.
    wait, walk_in_wait = waits_when_overtaken(session, list(map(int, appointments)), draws)
    return Served(wait, walk_in_wait, served.end, served.work)


def _defined(behaviour: Behaviour, session: ClinicSession) -> Behaviour:
    """Return a behaviour; raise `InvalidInput` if it is none or not defined for the session."""
    if not isinstance(behaviour, Behaviour):
        raise InvalidInput("behaviour", behaviour, "a Behaviour or None")
    if session.priority and not behaviour.punctual:
        given = {"mean": behaviour.punctuality_mean, "sd": behaviour.punctuality_sd}
        allowed = "0 on average and in spread where walk-ins have priority"
        raise InvalidInput("behaviour.punctuality", given, allowed)
    return behaviour


def _chunk_days(session: ClinicSession) -> int:
    """Return how many days are simulated at one time."""
    epochs = len(session.walk_ins.epoch_laws(session.intervals)) if session.walk_ins else 0
    # One more for a late start, which must not change which days are simulated together.
    customers = session.patients + len(session.interruptions) + epochs + 1
    day = CUSTOMER_BYTES * customers + WALK_IN_BYTES * session.expected_walk_ins
    return max(1, int(CHUNK_BYTES / day))
