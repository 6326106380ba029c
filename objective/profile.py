"""One schedule in detail: each patient's wait, the provider's idle time, the end of the session."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from objective.chain import Chain
from objective.schedules import appointment_intervals
from objective.session import ClinicSession
from objective.simulator import simulate

if TYPE_CHECKING:
    import pandas as pd

#: The quantiles of the wait that a profile holds.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
#: Points of the law of the finishing time.
FINISH_POINTS = 481
#: Days simulated for quantiles that no chain yields, and waits of patients on all of them.
SIMULATED_DAYS, SIMULATED_WAITS = 100_000, 5_000_000


@dataclass(frozen=True)
class Profile:
    """A schedule in detail; times in minutes from the start of the session.

    Attributes
    ----------
    session_length
        Planned length of the session.
    appointment_time
        Per patient, (patients,).
    expected_wait
        Per patient, if the patient comes, (patients,).
    wait_quantiles
        Per patient and quantile of `QUANTILES`, (patients, quantiles).
    late
        The wait that is called long.
    long_wait
        Probability of a longer wait than ``late``, (patients,).
    idle
        Expected idle time of the provider in each interval, (intervals,).
    finish_time, finish_probability
        Law of the end of the last consultation: P(end <= time), (points,) each. With nobody to see
        the end is 0.
    expected_overtime
        Tardiness.
    overtime_probability
        P(end > session length).
    utilisation
        Expected work over the expected time that the provider is there.
    """

    session_length: float
    appointment_time: Tensor
    expected_wait: Tensor
    wait_quantiles: Tensor
    late: float
    long_wait: Tensor
    idle: Tensor
    finish_time: Tensor
    finish_probability: Tensor
    expected_overtime: float
    overtime_probability: float
    utilisation: float

    def overtime_beyond(self, minutes: float) -> float:
        """Return P(overtime > minutes), between the points of the law by linear interpolation."""
        inside = np.interp(
            self.session_length + minutes,
            self.finish_time.cpu().numpy(),
            self.finish_probability.cpu().numpy(),
        )
        return 1.0 - float(inside)

    def finish_quantile(self, probability: float) -> float:
        """Return the time, in minutes, by which the session has ended with this probability."""
        reached = (self.finish_probability >= probability).nonzero()
        return float(self.finish_time[reached[0, 0] if len(reached) else -1])

    def to_frame(self) -> "pd.DataFrame":
        """Return a row per patient: appointment time, expected wait, quantiles, P(long wait)."""
        import pandas as pd

        columns = {
            "appointment_time": self.appointment_time,
            "expected_wait": self.expected_wait,
            **{
                f"wait_{round(100 * quantile)}": self.wait_quantiles[:, index]
                for index, quantile in enumerate(QUANTILES)
            },
            "long_wait_probability": self.long_wait,
        }
        frame = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="patient")
        return frame


def profile_of(
    session: ClinicSession, chain: Chain, schedule: Tensor, wait: Tensor, late: float
) -> Profile:
    """Return the profile of one schedule, (1, intervals).

    ``wait`` is the expected wait by the work found, (intervals, states) minutes. Where walk-ins
    have priority it is all that is linear in the laws; the quantiles are simulated there.
    """
    found, before, after, last = _laws_along(session, chain, schedule)
    work = chain.work()
    intervals = appointment_intervals(schedule, len(found))[0]
    mean_before = torch.stack([laws @ work[: len(laws)] for laws in [*before, last]])
    mean_after = torch.stack([laws @ work[: len(laws)] for laws in after])
    tardiness = float(mean_before[-1])
    time, probability = _finishing_law(session, chain, schedule[0], after, last)
    waits = _stacked(found, chain.work())
    if session.priority and found:
        quantiles, long_wait = _simulated_waits(session.first(len(found)), schedule, late)
    else:
        quantiles = chain.quantiles(waits, torch.tensor(QUANTILES))
        long_wait = 1 - chain.within(waits, torch.tensor([late]))[:, 0]
    expected = (waits * wait[intervals, : waits.shape[1]]).sum(1)
    not_booked = session.expected_booked_work - float(
        (session.shows * session.mean_service_times)[: len(found)].sum()
    )
    return Profile(
        session_length=session.length,
        appointment_time=intervals * session.interval_length,
        expected_wait=expected,
        wait_quantiles=quantiles,
        late=late,
        long_wait=long_wait,
        idle=session.interval_length - (mean_after - mean_before[1:]),
        finish_time=time,
        finish_probability=probability,
        expected_overtime=tardiness,
        overtime_probability=1 - float(last[0]),
        utilisation=(session.expected_consultations - not_booked) / (session.length + tardiness),
    )


def _simulated_waits(
    session: ClinicSession, schedule: Tensor, late: float
) -> tuple[Tensor, Tensor]:
    """Return quantiles (patients, quantiles) of the waits and P(wait > late), (patients,)."""
    number = max(1_000, min(SIMULATED_DAYS, SIMULATED_WAITS // session.patients))
    days = simulate(session, schedule, number, seed=0, device=schedule.device)
    levels = torch.tensor(QUANTILES, dtype=torch.float64, device=schedule.device)
    return days.wait.quantile(levels, dim=0).T, (days.wait > late).to(torch.float64).mean(0)


def _laws_along(
    session: ClinicSession, chain: Chain, schedule: Tensor
) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
    """Return the laws that patients find, those before and after each interval, and the last."""
    limits = chain.interval_limits(schedule)
    kinds = iter(session.kinds)
    laws = chain.start(1)
    found, before, after = [], [], []
    for interval, patients in enumerate(schedule[0].tolist()):
        before.append(laws[0])
        laws, _ = chain.walk_in(laws, interval, limits[interval])
        for _ in range(patients):
            found.append(laws[0])
            laws, _ = chain.arrive(laws, limits[interval], next(kinds))
        after.append(laws[0])
        drained = laws.new_empty(1, chain.drained_states(laws.shape[1], 1))
        chain.drain(laws, 1, drained)
        laws = drained
    return found, before, after, laws[0]


def _finishing_law(
    session: ClinicSession, chain: Chain, schedule: Tensor, after: list[Tensor], last: Tensor
) -> tuple[Tensor, Tensor]:
    """Return times from 0 to twice the session's length, and P(end of last consultation <= time).

    At a time y after the start of an interval everything is over if the work that was there after
    its arrivals is at most y and nobody comes later; later arrivals are independent of that work.
    """
    booked = schedule.cumsum(0).cpu()
    nobody = _nobody_after(session, int(booked[-1]))[booked]
    if session.walk_ins is not None:
        empty = torch.tensor([law[0] for law in session.walk_ins.count_laws(session.intervals)])
        later = empty.flip(0).cumprod(0).flip(0)
        nobody = nobody * torch.cat([later[1:], later.new_ones(1)])
    time = torch.linspace(0, 2 * session.length, FINISH_POINTS, dtype=torch.float64)
    interval = (time / session.interval_length + 1e-9).floor().to(torch.int64)
    probability = torch.empty_like(time)
    for t in sorted(set(interval.tolist())):
        points = interval == t
        if t < session.intervals:
            elapsed = time[points] - t * session.interval_length
            probability[points] = chain.within(after[t][None], elapsed)[0].cpu() * nobody[t]
    over = interval >= session.intervals
    probability[over] = chain.within(last[None], time[over] - session.length)[0].cpu()
    return time, probability.clamp(0, 1)


def _nobody_after(session: ClinicSession, booked: int) -> Tensor:
    """Return P(none of the booked patients after the first k comes), (booked + 1,)."""
    absent = torch.from_numpy(np.append(1 - session.shows[:booked], 1.0))
    return absent.flip(0).cumprod(0).flip(0)


def _stacked(laws: list[Tensor], like: Tensor) -> Tensor:
    """Return laws of different widths as one tensor (laws, states)."""
    widest = max((len(law) for law in laws), default=1)
    stacked = like.new_zeros(len(laws), widest)
    for row, law in enumerate(laws):
        stacked[row, : len(law)] = law
    return stacked
