"""What sessions that are over would have been under another template.

The same patients come in the same order, each for as long as it really took; only the times they
were told change. Given that nothing is random, so that the two are compared session by session.
Walk-ins, and what the provider did between patients, are left out.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from objective import Weights
from objective.laws import Array
from opt.replay.bootstrap import Bootstrap
from opt.replay.comparison import Comparison
from opt.replay.valuation import Day as Held
from opt.replay.valuation import Valuation
from serve.figures.days import Day, Visit, minutes_between

#: Sessions with fewer patients who were seen say nothing about a schedule.
FEWEST_PATIENTS = 2
#: Of fewer sessions no interval can be told.
FEWEST_SESSIONS = 2
#: Names of the two schedules.
AS_BOOKED, TEMPLATE = "in_use", "template"


def replayed(
    days: Sequence[Day], schedule: Sequence[int], interval_length: float, weights: Weights
) -> Comparison | None:
    """Return sessions as they were booked and as a template would have had them.

    Parameters
    ----------
    days
        Sessions that are over.
    schedule, interval_length
        The template's patients per interval, and the length of its intervals in minutes.
    weights
        What a minute of waiting, idle time and overtime is worth.

    Returns
    -------
    None if fewer than two sessions were recorded well enough to be compared.
    """
    told = [one for one in (_recorded(day) for day in days) if one is not None]
    if len(told) < FEWEST_SESSIONS:
        return None
    days_held = [held for _day, _times, held in told]
    template = [template_times(schedule, interval_length, len(held.minutes)) for held in days_held]
    valuation = Valuation(weights)
    measured: Mapping[str, Mapping[str, Array]] = {
        AS_BOOKED: valuation.measured(days_held, [times for _day, times, _held in told]),
        TEMPLATE: valuation.measured(days_held, template),
    }
    return Comparison(
        sessions=tuple(f"{day.day} {day.starts_at:%H:%M}" for day, _times, _held in told),
        dates=tuple(day.day.isoformat() for day, _times, _held in told),
        patients=tuple(len(held.minutes) for held in days_held),
        measured=measured,
        expected={},
        bootstrap=Bootstrap(resamples=2_000),
        seed=0,
    )


def template_times(schedule: Sequence[int], interval_length: float, patients: int) -> Array:
    """Return when so many patients are told to come, minutes after the start, (patients,).

    Fewer than the template has are the first ones; more come at its last time.
    """
    times = [
        interval * interval_length for interval, count in enumerate(schedule) for _ in range(count)
    ]
    kept = (times + [times[-1]] * patients)[:patients]
    return np.array(kept, dtype=np.float64)


def _recorded(day: Day) -> tuple[Day, Array, Held] | None:
    """Return a session with its times and what happened; None if too little was recorded."""
    visits = sorted(
        (one for one in day.visits if not one.walk_in and one.status in ("completed", "no_show")),
        key=lambda one: one.starts_at,
    )
    minutes = np.array([_minutes(one) for one in visits], dtype=np.float64)
    came = np.array([one.seen is not None for one in visits], dtype=bool)
    # A consultation whose end nobody noted cannot be held again.
    unknown = any(one.status == "completed" and one.seen is None for one in visits)
    if unknown or came.sum() < FEWEST_PATIENTS:
        return None
    times = np.array(
        [minutes_between(day.starts_at, one.starts_at) for one in visits], dtype=np.float64
    )
    return day, times, Held(minutes, came, day.minutes, float(came.sum()))


def _minutes(visit: Visit) -> float:
    return 0.0 if visit.seen is None else minutes_between(*visit.seen)
