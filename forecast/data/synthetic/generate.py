"""The whole history of a made-up clinic, with the truth behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.derived import (
    REQUESTS,
    WALK_INS,
    arrivals_of_visits,
    consultations_of_visits,
)
from forecast.data.history import History
from forecast.data.synthetic.bookings import draw_booked, draw_walk_ins
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.patients import draw_patients
from forecast.data.synthetic.visits import draw_visits


@dataclass(frozen=True)
class Truth:
    """What was true of a made-up history, and is to be learned from it.

    Attributes
    ----------
    no_show
        Probability that a visit is missed, by ``visit_id``; walk-ins cannot be.
    log_minutes
        Mean of the logarithm of the minutes of a consultation, by ``visit_id``; its standard
        deviation is the ``residual`` of the law.
    rates
        Columns ``series``, ``start`` and ``mean``, a row for each of the table of arrivals: the
        expected count.
    day_effects
        By series: variance of the factor, of mean 1, by which days differ beyond that.
    acceptance
        Probability that a seat is taken, (rows of offers,).
    """

    no_show: pd.Series
    log_minutes: pd.Series
    rates: pd.DataFrame
    day_effects: Mapping[str, float]
    acceptance: NDArray[np.float64]


@dataclass(frozen=True)
class SyntheticHistory:
    """A made-up history, and the truth behind it."""

    history: History
    truth: Truth


def generate(clinic: SyntheticClinic) -> SyntheticHistory:
    """Make the history of a clinic: the same for the same clinic, which has the seed."""
    patients = draw_patients(clinic.patients, clinic.providers, clinic.generator(0))
    booked, offers = draw_booked(clinic, patients)
    visits = draw_visits(clinic, patients, booked, draw_walk_ins(clinic, patients))
    history = History(
        visits=visits.table,
        arrivals=arrivals_of_visits(visits.table),
        consultations=consultations_of_visits(visits.table),
        offers=offers.drop(columns="acceptance"),
        country=clinic.country,
    )
    truth = Truth(
        no_show=visits.no_show,
        log_minutes=visits.log_minutes,
        rates=_rates(clinic, history.arrivals),
        day_effects={
            REQUESTS: clinic.demand.requests_effect,
            WALK_INS: clinic.demand.walk_ins_effect,
        },
        acceptance=offers["acceptance"].to_numpy(np.float64),
    )
    return SyntheticHistory(history, truth)


def _rates(clinic: SyntheticClinic, arrivals: pd.DataFrame) -> pd.DataFrame:
    starts = pd.DatetimeIndex(arrivals["start"])
    walk_in = (arrivals["series"] == WALK_INS).to_numpy()
    hours, shares = np.array(clinic.demand.hours).T
    profile = np.zeros(24)
    profile[hours.astype(np.int64)] = shares
    opened = starts.normalize().isin(clinic.open_days(clinic.first, clinic.until))
    weekdays = np.append(clinic.demand.weekdays, [0.0, 0.0])[starts.dayofweek]
    per_day = np.where(walk_in, clinic.walk_ins_per_day, clinic.requests_per_day)
    share = np.where(walk_in, profile[starts.hour], 1.0)
    return arrivals[["series", "start"]].assign(
        mean=clinic.providers * per_day * weekdays * share * opened
    )
