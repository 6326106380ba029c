"""The live profiles of many providers at once."""

from collections.abc import Sequence

import torch

from objective.device import available_device
from objective.errors import InvalidInput, positive_number
from objective.live.day import LiveDay
from objective.live.finish import FinishingLaws
from objective.live.grid import DayGrid, Masses, step_of
from objective.live.laws import LiveLaws
from objective.live.profile import LiveProfile
from objective.live.starts import Starts

#: Bytes that the laws of the days that are followed at one time may occupy.
LIVE_BYTES = 64 * 2**20


def live_profiles(
    days: Sequence[LiveDay],
    step: float = 1.0,
    device: str | torch.device = "cpu",
    masses: Masses | None = None,
) -> list[LiveProfile]:
    """Return the profile of the rest of each day, all days computed together.

    Waiting patients are seen in the order that `LiveDay` describes. An expected patient comes at
    the appointment time, or now if that is not later than now, with the probability to come.
    Walk-ins and interruptions of an interval that starts now or earlier have been observed; those
    of later intervals are still to come.

    Parameters
    ----------
    days
        What has been observed of each provider's day; their sessions may differ.
    step
        Largest width of the grids, minutes; each day takes the largest width up to it of which its
        interval length is a multiple. The error of a mean is of the order of its square.
    device
        Where the laws are computed.
    masses
        Where masses of laws are kept from one call to the next; None to keep none.

    Raises
    ------
    InvalidInput
        If an argument is outside its range, or a law of a consultation time does not fit on the
        grid.
    """
    place = available_device(device)
    step = positive_number("step", step)
    if not isinstance(days, Sequence):
        raise InvalidInput("days", days, "a list of LiveDays")
    for index, day in enumerate(days):
        if not isinstance(day, LiveDay):
            raise InvalidInput(f"days[{index}]", day, "a LiveDay")
    masses = masses or Masses()
    grids = [DayGrid(day, step_of(day, step), masses) for day in days]
    parts = _parts(grids)
    return [one for part in parts for one in _profiles(LiveLaws(part, masses, place))]


def _parts(grids: list[DayGrid]) -> list[list[DayGrid]]:
    """Split the days so that the laws of each part fit the memory budget."""
    if not grids:
        return []
    laws = 8 + max(len(grid.arrivals) for grid in grids)
    rows = max(1, LIVE_BYTES // (8 * laws * max(grid.size for grid in grids)))
    return [grids[first : first + rows] for first in range(0, len(grids), rows)]


def _profiles(laws: LiveLaws) -> list[LiveProfile]:
    """Follow the days and read off what their profiles hold."""
    grids = laws.grids
    reader = Starts(laws)
    # Mean, low and high of the start of each arrival; only booked patients' are read.
    starts = torch.zeros(laws.arrivals, 3, len(grids), dtype=torch.float64, device=laws.device)
    booked = [[one.rank is not None for one in grid.arrivals] for grid in grids]
    finish = laws.nobody_later[:, :1] * laws.end_of_current
    for arrival, (found, busy, _) in enumerate(laws.follow()):
        if any(arrival < len(row) and row[arrival] for row in booked):
            starts[arrival] = reader.of(found, laws.at[:, arrival])
        last = laws.nobody_later[:, arrival + 1] * laws.by_patients[:, arrival]
        finish += last[:, None] * busy
    running = laws.row([grid.day.since is not None for grid in grids])
    ends = FinishingLaws(
        now=laws.row([grid.day.now for grid in grids]),
        planned=laws.row([grid.day.session.length for grid in grids]),
        origin=laws.origin,
        step=laws.step,
        nobody=laws.nobody_later[:, 0] * (1 - running),
        mass=finish,
        half=laws.half,
    )
    expected, over = ends.mean().tolist(), ends.overtime_probability().tolist()
    overtime = ends.expected_overtime().tolist()
    profiles = []
    for row, (grid, (time, probability)) in enumerate(zip(grids, ends.points(grids), strict=True)):
        numbers = {one.rank: number for number, one in enumerate(grid.arrivals)}
        rank = sorted(one for one in numbers if one is not None)
        order = [numbers[one] for one in rank]
        mean, low, high = starts[order, :, row].T
        profiles.append(
            LiveProfile(
                now=float(grid.day.now),
                session_length=grid.day.session.length,
                rank=torch.tensor(rank, dtype=torch.int64, device=laws.device),
                appointment_time=laws.row(grid.day.appointments[rank]),
                expected_start=mean,
                start_low=low,
                start_high=high,
                finish_time=time,
                finish_probability=probability,
                expected_finish=expected[row],
                overtime_probability=over[row],
                expected_overtime=overtime[row],
            )
        )
    return profiles
