"""The best times for the rest of a day that runs, for patients who have not been told to come yet.

What is left of the work that has been observed is an interruption at the start of a shorter session
whose patients keep their order; patients who were told to come keep their intervals. So the rest of
a day is proved optimal where a session of its kind is (see `opt.validity`).
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from objective import (
    ClinicSession,
    Interruption,
    InvalidInput,
    LiveDay,
    Objective,
    ServiceTime,
    WalkIns,
    Weights,
    work_left,
)
from objective.chains import grid_step
from objective.errors import non_negative_number, whole_number
from objective.live.grid import step_of
from objective.session import MAX_PATIENTS
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.result import Result
from opt.run import Strategy
from opt.stopping import Stopping

#: Statuses of patients who have come.
PRESENT = ("waiting", "in_consultation", "done")


@dataclass(frozen=True)
class Rescheduled:
    """A new plan for the rest of a day.

    Attributes
    ----------
    day
        The day as it stands, with the new appointments. A patient who does not come any more stands
        between those before and after, so that the order stays.
    ranks, appointment_times
        The patients who still come, ranks from 0, and their times, minutes from the start of the
        session.
    moved
        Ranks of those whose time is another than before.
    cost_before
        What the rest of the day would cost with the appointments as they were.
    result
        The search: its cost is that of the rest of the day, its session begins at ``begins``.
    begins
        First moment to which an appointment could be moved, minutes.
    """

    day: LiveDay
    ranks: tuple[int, ...]
    appointment_times: tuple[float, ...]
    moved: tuple[int, ...]
    cost_before: float
    result: Result
    begins: float


def reschedule(
    day: LiveDay,
    weights: Weights,
    told: Iterable[int] = (),
    notice: float = 0.0,
    capacity: int | None = None,
    step: float | None = None,
    strategy: str | Strategy = "exact",
    stopping: Stopping | None = None,
) -> Rescheduled:
    """Move the appointments of the patients who have not been told to come yet.

    Parameters
    ----------
    day
        What has been observed of the day.
    weights
        What a minute is worth; waiting counts for the patients still to come, in proportion to
        their share of all patients of the session.
    told
        Ranks, from 0, of patients who were told to come: their appointments stay.
    notice
        Minutes that pass before a patient can come: nobody is moved to an earlier moment, and who
        has an appointment before it keeps it.
    capacity
        Most patients per interval, None for no limit.
    step
        Largest width of the grid, minutes; by default the laws' own, or a minute. The width is the
        largest up to it of which the interval length is a multiple.
    strategy, stopping
        As of `opt.optimise`.

    Raises
    ------
    InvalidInput
        If an argument is outside its range, if there is nobody whose appointment can be moved, or
        if the patients to come do not fit the capacity.
    """
    if not isinstance(day, LiveDay):
        raise InvalidInput("day", day, "a LiveDay")
    if not isinstance(weights, Weights):
        raise InvalidInput("weights", weights, "Weights")
    if isinstance(told, str) or not isinstance(told, Iterable):
        raise InvalidInput("told", told, "ranks of patients")
    told = {whole_number("told", rank, 0, day.session.patients - 1) for rank in told}
    session, length = day.session, day.session.interval_length
    places = np.rint(day.appointments / length).astype(int).tolist()
    first = _first_interval(day, notice)
    coming = [
        rank
        for rank, status in enumerate(day.status)
        if status == "expected" and places[rank] >= first
    ]
    if not set(coming) - set(told):
        allowed = "with a patient expected after it who has not been told to come"
        raise InvalidInput("day.now", day.now, allowed)

    width = step_of(day, grid_step(session, step))
    rest = _rest(day, coming, first, width)
    share = rest.expected_shows / session.expected_shows
    objective = Objective(rest, replace(weights, waiting=weights.waiting * share), step=width)
    constraints = _constraints(day, coming, [place - first for place in places], told, capacity)
    try:
        result = optimise(objective, strategy, stopping, constraints=constraints)
    except InvalidInput as error:
        # Without a capacity the plan as it was meets everything.
        if error.field != "constraints":
            raise
        allowed = f"enough for {len(coming)} patients in {rest.intervals} intervals"
        raise InvalidInput("capacity", capacity, allowed) from None

    before = np.bincount([places[rank] - first for rank in coming], minlength=rest.intervals)
    found = np.repeat(np.arange(rest.intervals), result.schedule) + first
    moved = dict(zip(coming, found.tolist(), strict=True))
    return Rescheduled(
        day=replace(day, schedule=_whole_day(day, places, moved)),
        ranks=tuple(coming),
        appointment_times=tuple(interval * length for interval in moved.values()),
        moved=tuple(rank for rank, interval in moved.items() if interval != places[rank]),
        cost_before=float(objective(before).cost),
        result=result,
        begins=first * length,
    )


def _first_interval(day: LiveDay, notice: float) -> int:
    """Return the first interval that can be planned; raise `InvalidInput` if there is none."""
    notice, length = non_negative_number("notice", notice), day.session.interval_length
    # Who comes at this very moment has been observed; the next interval is the first to plan.
    after_now = math.floor(day.now / length + 1e-9) + 1
    first = max(0, after_now, math.ceil((day.now + notice) / length - 1e-9))
    if first >= day.session.intervals:
        allowed = f"earlier, so that an interval of the session is left after {notice:g} minutes"
        raise InvalidInput("day.now", day.now, allowed)
    return first


def _constraints(
    day: LiveDay,
    coming: Sequence[int],
    places: Sequence[int],
    told: Collection[int],
    capacity: int | None,
) -> Constraints:
    """Return what the plan must keep: times that were told, and the order of service.

    ``coming`` are ranks, ``places`` the intervals of all patients, counted from the first that is
    planned; in the constraints those who come count from 1. A patient with an earlier place in the
    order than one who is present already does not get a later appointment.
    """
    numbers = {rank: number for number, rank in enumerate(coming, start=1)}
    pinned = {numbers[rank]: places[rank] for rank in coming if rank in told}
    together = max(Counter(pinned.values()).values(), default=0)
    if capacity is not None and together > whole_number("capacity", capacity, 1, MAX_PATIENTS):
        allowed = f"at least the {together} who were told to come in one interval"
        raise InvalidInput("capacity", capacity, allowed)
    present = [rank for rank, status in enumerate(day.status) if status in PRESENT]
    latest = {}
    for rank in coming:
        behind = [places[other] for other in present if other > rank]
        if behind and min(behind) >= 0:
            latest[numbers[rank]] = min(behind)
    return Constraints(capacity=capacity, latest=latest or None, fixed=pinned or None)


def _rest(day: LiveDay, coming: Sequence[int], first: int, width: float) -> ClinicSession:
    """Return the session of the patients ``coming`` (ranks) from interval ``first`` on."""
    session = day.session
    left = work_left(day, first * session.interval_length, width)
    interruptions = [
        replace(one, interval=one.interval - first)
        for one in session.interruptions
        if one.interval >= first
    ]
    if left.size > 1:
        interruptions.insert(0, Interruption(0, ServiceTime.pmf(left.tolist(), width)))
    return ClinicSession(
        patients=len(coming),
        intervals=session.intervals - first,
        interval_length=session.interval_length,
        service_time=session.service_time,
        no_show=session.no_show,
        walk_ins=_later(session.walk_ins, session.intervals, first),
        patient_types=session.patient_types,
        order=None if session.order is None else [session.order[rank] for rank in coming],
        interruptions=tuple(interruptions),
    )


def _later(walk_ins: WalkIns | None, intervals: int, first: int) -> WalkIns | None:
    """Return the walk-ins from interval ``first`` on."""
    if walk_ins is None:
        return None
    laws = [law.tolist() for law in walk_ins.count_laws(intervals)[first:]]
    return WalkIns(walk_ins.service_time, counts=laws, discipline=walk_ins.discipline)


def _whole_day(day: LiveDay, places: Sequence[int], moved: dict[int, int]) -> list[int]:
    """Return the schedule of the day with some patients (ranks) moved to other intervals.

    Who does not come any more stands between those before and after, so that the order stays.
    """
    schedule = [0] * day.session.intervals
    ahead = 0
    for rank, place in enumerate(places):
        behind = min((moved[other] for other in moved if other > rank), default=place)
        interval = moved.get(rank, min(max(place, ahead), max(behind, ahead)))
        schedule[interval] += 1
        ahead = interval
    return schedule
