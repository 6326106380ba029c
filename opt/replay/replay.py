"""What past sessions would have been under other schedules, learnt from earlier sessions only.

Each session is booked with what the sessions before it show, by the proved optimum and by the rules
clinics use, and then takes place as it did: the same patients, in the same order, each for as long
as it really took. Given that, nothing is random, so that schedules are compared pair by pair.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from objective import ClinicSession, InvalidInput
from objective.laws import Array
from opt.constraints import Constraints
from opt.registry import BASELINES
from opt.replay.comparison import Comparison
from opt.replay.fitting import Fit, fit, kinds_of
from opt.replay.past_sessions import PastSession
from opt.replay.planning import Plan, Planner, Request, book, with_length
from opt.replay.reasons import Reasons, reasons_of
from opt.replay.settings import ReplaySettings
from opt.replay.valuation import Day, Valuation
from opt.workers import LocalWorkers, Workers

#: The strategy whose schedules are held against the others.
CANDIDATE = "exact"
#: Names of the schedules beside the rules'.
OPTIMISED, IN_USE = "optimised", "in_use"


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay.

    Attributes
    ----------
    comparison
        All schedules on the sessions replayed.
    baselines
        The names of the schedules that the optimised one is held against.
    plans
        What each session was booked by, by strategy.
    appointments
        When its patients were told to come, minutes, by schedule, for each session replayed.
    learnt_from
        Number of sessions before each session replayed that were learnt from.
    predicted, realised
        Mean consultation of those who came: as expected, and as it was, minutes.
    thirds
        Mean consultation in the first, second and last third of the patients of a session.
    reasons
        Why the optimised schedule gained more or less than expected, by baseline.
    """

    comparison: Comparison
    baselines: tuple[str, ...]
    plans: tuple[Mapping[str, Plan], ...]
    appointments: tuple[Mapping[str, Array], ...]
    learnt_from: tuple[int, ...]
    predicted: float
    realised: float
    thirds: tuple[float, ...]
    reasons: Mapping[str, Reasons]


def replay(
    past: Sequence[PastSession],
    settings: ReplaySettings,
    valuation: Valuation,
    constraints: Constraints | None = None,
    seed: int = 0,
    workers: Workers | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Replay the later ones of past sessions, each under schedules learnt from earlier ones.

    Parameters
    ----------
    past
        The sessions in the order in which they took place.
    settings, valuation
        How, and what a minute of waiting, idle time and tardiness is worth.
    constraints
        What is demanded of every schedule but the one in use.
    seed
        Of the intervals.
    workers
        Who computes the schedules; by default this process.
    on_progress
        Called with the number of different sessions booked so far, and their number.

    Raises
    ------
    InvalidInput
        If there are too few sessions to learn from or to replay, or they do not have what the
        settings ask for.
    """
    first = _first_replayed(past, settings)
    strategies = (CANDIDATE, *BASELINES)
    fits: dict[int, Fit] = {}
    requests: dict[tuple[Any, ...], Request] = {}
    keys, learnt_from = [], []
    for place in range(first, len(past)):
        every = settings.learn_again_every
        until = first if every is None else first + (place - first) // every * every
        if until not in fits:
            fits[until] = fit(past[:until], settings.law, settings.classes, settings.parts)
        session = session_of(past[place], fits[until], settings)
        # Sessions of which the same was known are booked alike.
        key = (until, session.patients, session.intervals, session.order)
        if key not in requests:
            requests[key] = Request(session, session.expected_shows, strategies)
        keys.append(key)
        learnt_from.append(until)
    planner = Planner(valuation, constraints or Constraints())
    booked = book(requests, planner, workers or LocalWorkers(), on_progress)
    replayed = past[first:]
    plans_of = tuple(dict(zip((OPTIMISED, *BASELINES), booked[key], strict=True)) for key in keys)
    appointments = tuple(
        {
            **{name: plan.appointments for name, plan in plans.items()},
            **({} if session.appointments is None else {IN_USE: session.appointments}),
        }
        for session, plans in zip(replayed, plans_of, strict=True)
    )
    used = [] if replayed[0].appointments is None else [IN_USE]
    names = [OPTIMISED, *used, *BASELINES]
    days = [
        Day(one.minutes, one.came, requests[key].session.length, requests[key].shows)
        for one, key in zip(replayed, keys, strict=True)
    ]
    measured = {
        name: valuation.measured(days, [times[name] for times in appointments]) for name in names
    }
    expected = {
        name: np.array([plans[name].expected_cost for plans in plans_of])
        for name in (OPTIMISED, *BASELINES)
    }
    comparison = Comparison(
        sessions=tuple(one.name for one in replayed),
        dates=tuple(one.date for one in replayed),
        patients=tuple(one.patients for one in replayed),
        measured=measured,
        expected=expected,
        bootstrap=settings.bootstrap,
        seed=seed,
    )
    kinds = [kinds_of(one, settings.classes, settings.parts) for one in replayed]
    work_expected = [requests[key].session.expected_booked_work for key in keys]
    shows = [requests[key].shows for key in keys]
    return Replay(
        comparison=comparison,
        baselines=tuple(names[1:]),
        plans=plans_of,
        appointments=appointments,
        learnt_from=tuple(learnt_from),
        predicted=sum(work_expected) / sum(shows),
        realised=_mean_minutes(replayed, 0, 1),
        thirds=tuple(_mean_minutes(replayed, third / 3, (third + 1) / 3) for third in range(3)),
        reasons=reasons_of(
            days, kinds, appointments, expected, measured, OPTIMISED, valuation, seed
        ),
    )


def session_of(past: PastSession, fitted: Fit, settings: ReplaySettings) -> ClinicSession:
    """Return what was known of a session before it took place.

    That is how many patients are booked, of which kinds in which order, and how long it is planned
    to take; and what is learnt of such patients.
    """
    alike = settings.classes is None and settings.parts == 1
    names = None if alike else kinds_of(past, settings.classes, settings.parts)
    known = ClinicSession(
        past.patients,
        1,
        settings.interval_length,
        fitted.service_time,
        fitted.no_show,
        patient_types=None if names is None else fitted.types_of(names),
        order=names,
    )
    length = past.length or settings.length_factor * known.expected_booked_work
    return with_length("replay", known, length)


def _first_replayed(past: Sequence[PastSession], settings: ReplaySettings) -> int:
    """Return the place of the first session that is replayed."""
    first = max(1, int(settings.learn_share * len(past)))
    replayed = len(past) - first
    if replayed < 2 or settings.bootstrap.blocks(replayed) < 2:
        given = f"{settings.learn_share:g} of {len(past)} sessions"
        allowed = "such that at least two blocks of sessions are left to replay"
        raise InvalidInput("replay.learn_share", given, allowed)
    return first


def _mean_minutes(past: Sequence[PastSession], begin: float, end: float) -> float:
    """Return the mean consultation of those who came, from one share of a session to another."""
    total, number = 0.0, 0
    for session in past:
        place = np.arange(session.patients) / session.patients
        counted = session.came & (place >= begin) & (place < end)
        total, number = total + float(session.minutes[counted].sum()), number + int(counted.sum())
    return total / max(number, 1)
