"""What is looked up in an atlas: an instance, or what of a session comes nearest to one."""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from objective import Mean, Objective
from objective.errors import non_negative_number, positive_number, whole_number
from objective.patients import probability_to_miss
from objective.session import MAX_INTERVALS, MAX_PATIENTS
from opt.atlas.grid import law_of, share_of_waiting
from opt.constraints import Constraints

#: Decimals up to which two instances are the same.
DECIMALS = 9
#: The odds of waiting against the rest are cut off here: beyond, hardly an optimum changes.
MOST_ODDS = 1e3
#: Weights of the coordinates in which distances are measured: logarithms of patients and of
#: intervals, logarithm of the load, cv, no-show, logarithm of the odds of the share of waiting.
SCALES = np.array([0.5, 0.5, 4.0, 2.0, 2.0, 0.5])

Share = TypeVar("Share", float, NDArray[np.float64])
Key = tuple[int, int, str, float, float, float, float | None, float]


@dataclass(frozen=True)
class Query:
    """An instance to look up; ``mean`` and ``step`` are in intervals.

    ``load`` is the expected work as a share of the session; by default that of the booked patients.
    ``law`` is the name of the law, anything if it is none that atlases know. A step of None is that
    of the atlas, where the law needs one.
    """

    patients: int
    intervals: int
    mean: float
    cv: float = 1.0
    no_show: float = 0.0
    waiting_share: float = 0.5
    law: str = "gamma"
    step: float | None = None
    load: float | None = None

    def __post_init__(self) -> None:
        whole_number("patients", self.patients, 1, MAX_PATIENTS)
        whole_number("intervals", self.intervals, 1, MAX_INTERVALS)
        positive_number("mean", self.mean)
        non_negative_number("cv", self.cv)
        probability_to_miss("no_show", self.no_show)
        share_of_waiting("waiting_share", self.waiting_share)

    @staticmethod
    def of(objective: Objective) -> "Query":
        """Return what comes nearest to a session: means and spreads over all its patients."""
        session, weights = objective.session, objective.weights
        shows, means = session.shows, session.mean_service_times
        squares = np.array([one.service_time.cv**2 for one in session.kind_patients])
        squares = (1 + squares[list(session.kinds)]) * means**2
        mean = float(shows @ means / shows.sum())
        alike = len(session.kind_patients) == 1
        variance = float(shows @ squares / shows.sum()) / mean**2 - 1
        law = session.kind_patients[0].service_time
        cv = law.cv if alike else math.sqrt(max(variance, 0.0))
        cv = float(law.parameters.get("cv", cv)) if alike else cv
        waiting = weights.waiting * float(shows @ session.waiting_weights / shows.sum())
        if objective.free:
            # Then the sum of the waits is charged, not their mean.
            waiting *= session.expected_shows
        everything = waiting + weights.idle + weights.tardiness
        length = session.interval_length
        return Query(
            patients=int(session.patients),
            intervals=int(session.intervals),
            mean=mean / length,
            cv=cv,
            no_show=float(1 - shows.mean()),
            # If all that is charged are waits of patients who do not count, nothing matters.
            waiting_share=waiting / everything if everything else 0.0,
            law=law.law if alike else "mixed",
            step=None if objective.step is None else objective.step / length,
            load=session.expected_work / session.length,
        )

    def key(self, step: float) -> Key:
        """Return what equal instances have in common; ``step`` is the one meant by None."""
        law = law_of(self.law, self.cv)
        own = step if self.step is None and law != "exponential" else self.step
        return key_of(
            self.patients, self.intervals, law, self.mean, self.cv, self.no_show, own,
            self.waiting_share,
        )  # fmt: skip

    @property
    def coordinates(self) -> NDArray[np.float64]:
        """Where it lies, (6,); see `coordinates_of`."""
        booked = self.patients * (1 - self.no_show) * self.mean / self.intervals
        load = booked if self.load is None else self.load
        odds = odds_of(self.waiting_share)
        logarithms = (math.log(one) for one in (self.patients, self.intervals, load, odds))
        patients, intervals, full, waiting = logarithms
        raw = [patients, intervals, full, self.cv, self.no_show, waiting]
        return np.asarray(raw * SCALES, np.float64)


def key_of(
    patients: int,
    intervals: int,
    law: str,
    mean: float,
    cv: float,
    no_show: float,
    step: float | None,
    waiting_share: float,
) -> Key:
    """Return what tells instances apart, rounding aside."""
    return (
        patients,
        intervals,
        law,
        round(mean, DECIMALS),
        round(cv, DECIMALS),
        round(no_show, DECIMALS),
        None if step is None else round(step, DECIMALS),
        round(waiting_share, DECIMALS),
    )


def coordinates_of(
    patients: NDArray[np.float64],
    intervals: NDArray[np.float64],
    load: NDArray[np.float64],
    cv: NDArray[np.float64],
    no_show: NDArray[np.float64],
    waiting_share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return where instances lie, (number, 6): the nearer, the more alike are their optima.

    A schedule is stretched with the session and the number of patients, so sizes count by their
    ratio, and little; how full the session is counts most.
    """
    odds = np.log(odds_of(waiting_share))
    raw = [np.log(patients), np.log(intervals), np.log(load), cv, no_show, odds]
    return np.asarray(np.stack(raw, axis=1) * SCALES, np.float64)


def odds_of(share: Share) -> Share:
    """Return the odds of a share against the rest, cut off at both ends."""
    least = 1 / MOST_ODDS
    return (share + least) / (1 - share + least)


def departures(objective: Objective, constraints: Constraints) -> list[str]:
    """Return in words what a session has that no atlas knows; empty if it may be in one."""
    session = objective.session
    kinds = {
        "patients who differ": not session.alike or session.patient_types is not None,
        "walk-ins": session.walk_ins is not None,
        "interruptions": bool(session.interruptions),
        "constraints": bool(constraints),
        "a free number of patients": objective.free,
        "makespan idle time": objective.idle == "makespan" and objective.weights.idle > 0,
        "penalties": not (
            isinstance(objective.waiting_penalty, Mean)
            and isinstance(objective.tardiness_penalty, Mean)
        ),
        "another law of consultations": not session.alike
        or session.roster[0].service_time.law not in ("exponential", "gamma", "lognormal"),
    }
    return [kind for kind, there in kinds.items() if there]
