"""The value of forecasts: what the schedules that they lead to cost on the days that happened.

The same booked patients are scheduled three times: as averages of the clinic, as members of their
class, and as themselves, each time by the proved optimum for what is known. Then each day takes
place as it did. What a session costs less with a forecast than without is what the forecast is
worth (the value of sample information, here measured and not computed from the forecasts).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from objective import ClinicSession, InvalidInput
from objective.laws import Array
from opt.constraints import Constraints
from opt.forecast_value.session_files import ForecastSession
from opt.forecast_value.settings import ForecastValueSettings
from opt.registry import BASELINES
from opt.replay.comparison import Comparison
from opt.replay.planning import Plan, Planner, Request, book, with_length
from opt.replay.valuation import Day, Valuation
from opt.workers import LocalWorkers, Workers

CANDIDATE = "exact"
INDIVIDUAL, CLASS, CLINIC = "individual_forecast", "class_forecast", "clinic_averages"
#: From the least to the most that is known.
LEVELS = (CLINIC, CLASS, INDIVIDUAL)
#: The rules clinics use, by the clinic's averages, as schedules of a comparison.
RULES = {f"{name}_rule": name for name in BASELINES}
#: What more information is worth: with it, and without it.
STEPS = (
    (CLASS, CLINIC),
    (INDIVIDUAL, CLASS),
    (INDIVIDUAL, CLINIC),
    (INDIVIDUAL, "individual_rule"),
    (CLASS, "individual_rule"),
    (INDIVIDUAL, "equispaced_rule"),
)


@dataclass(frozen=True)
class Quality:
    """How good the forecasts of a level were.

    Attributes
    ----------
    predicted
        Mean consultation forecast for those who came, minutes.
    explained
        Share of the variance of the consultations of those who came that the means forecast
        explain; negative where their mean would have been the better forecast.
    no_show
        Mean probability forecast not to come.
    brier
        Mean squared error of these probabilities.
    """

    predicted: float
    explained: float
    no_show: float
    brier: float


@dataclass(frozen=True)
class ForecastValue:
    """What each level of information came to.

    Attributes
    ----------
    comparison
        The levels and the rules on all sessions; ``expected`` is by the individual forecasts, of
        whichever schedule.
    plans
        What each session was booked by, by schedule.
    quality
        How good the forecasts of each level were.
    minutes, no_show
        Mean consultation of those who came, and share of those who did not.
    """

    comparison: Comparison
    plans: tuple[Mapping[str, Plan], ...]
    quality: Mapping[str, Quality]
    minutes: float
    no_show: float


def forecast_value(
    sessions: Sequence[ForecastSession],
    settings: ForecastValueSettings,
    valuation: Valuation,
    constraints: Constraints | None = None,
    seed: int = 0,
    workers: Workers | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ForecastValue:
    """Value the forecasts of sessions that took place.

    Parameters
    ----------
    sessions
        The sessions, with what was forecast and what happened.
    settings, valuation
        How, and what a minute of waiting, idle time and tardiness is worth.
    constraints
        What is demanded of every schedule.
    seed
        Of the intervals.
    workers
        Who computes the schedules; by default this process.
    on_progress
        Called with the number of different sessions booked so far, and their number.

    Raises
    ------
    InvalidInput
        If there are too few sessions for an interval, or a session is not one that can be booked.
    """
    if settings.bootstrap.blocks(len(sessions)) < 2:
        raise InvalidInput("sessions", f"{len(sessions)}", "at least two blocks of sessions")
    requests: dict[str, Request] = {}
    keys: list[dict[str, str]] = []
    known = [sessions_of(session, settings) for session in sessions]
    for levels in known:
        shows = levels[CLINIC].expected_shows
        keys.append({})
        for level, session in levels.items():
            strategies = (CANDIDATE, *(BASELINES if level == CLINIC else ()))
            key = json.dumps([session.to_dict(), level == CLINIC])
            requests.setdefault(key, Request(session, shows, strategies))
            keys[-1][level] = key
    planner = Planner(valuation, constraints or Constraints())
    booked = book(requests, planner, workers or LocalWorkers(), on_progress)
    plans_of = []
    for by_level in keys:
        own = {level: booked[by_level[level]][0] for level in reversed(LEVELS)}
        plans_of.append({**own, **dict(zip(RULES, booked[by_level[CLINIC]][1:], strict=True))})
    days = [
        Day(one.minutes, one.came, levels[CLINIC].length, levels[CLINIC].expected_shows)
        for one, levels in zip(sessions, known, strict=True)
    ]
    names = (*reversed(LEVELS), *RULES)
    foreseen = np.array(
        [
            _expected(levels, plans, names, valuation)
            for levels, plans in zip(known, plans_of, strict=True)
        ]
    )
    comparison = Comparison(
        sessions=tuple(one.name for one in sessions),
        dates=tuple(one.date for one in sessions),
        patients=tuple(len(one.order) for one in sessions),
        measured={
            name: valuation.measured(days, [plans[name].appointments for plans in plans_of])
            for name in names
        },
        expected={name: foreseen[:, column] for column, name in enumerate(names)},
        bootstrap=settings.bootstrap,
        seed=seed,
    )
    came = np.concatenate([one.came for one in sessions])
    minutes = np.concatenate([one.minutes for one in sessions])
    return ForecastValue(
        comparison=comparison,
        plans=tuple(plans_of),
        quality={
            level: quality_of([levels[level] for levels in known], minutes, came)
            for level in LEVELS
        },
        minutes=float(minutes[came].mean()) if came.any() else 0.0,
        no_show=1 - float(came.mean()),
    )


def sessions_of(
    session: ForecastSession, settings: ForecastValueSettings
) -> dict[str, ClinicSession]:
    """Return the session as each level of information knows it."""
    clinic, patients = session.clinic, len(session.order)
    assert clinic.service_time is not None
    assert clinic.no_show is not None
    average = ClinicSession(
        patients, 1, settings.interval_length, clinic.service_time, clinic.no_show
    )
    length = session.length or settings.length_factor * average.expected_booked_work
    average = with_length("forecast_value", average, length)
    ranks = [str(rank) for rank in range(1, patients + 1)]
    own = dict(zip(ranks, session.individual, strict=True))
    return {
        CLINIC: average,
        CLASS: replace(average, patient_types=session.classes, order=session.order),
        INDIVIDUAL: replace(average, patient_types=own, order=ranks),
    }


def quality_of(
    sessions: Sequence[ClinicSession], minutes: Array, came: NDArray[np.bool_]
) -> Quality:
    """Return how good the forecasts of sessions were, for all their patients in a row."""
    means = np.concatenate([session.mean_service_times for session in sessions])
    misses = 1 - np.concatenate([session.shows for session in sessions])
    error, spread = minutes[came] - means[came], minutes[came] - minutes[came].mean()
    variance = float(spread @ spread)
    return Quality(
        predicted=float(means[came].mean()),
        explained=1 - float(error @ error) / variance if variance else 0.0,
        no_show=float(misses.mean()),
        brier=float(np.mean((misses - (1.0 - came)) ** 2)),
    )


def _expected(
    levels: Mapping[str, ClinicSession],
    plans: Mapping[str, Plan],
    names: Sequence[str],
    valuation: Valuation,
) -> list[float]:
    """Return what the individual forecasts expect each schedule to cost."""
    objective = valuation.objective(levels[INDIVIDUAL], levels[CLINIC].expected_shows)
    costs = objective([list(plans[name].schedule) for name in names]).cost
    return [float(cost) for cost in costs]
