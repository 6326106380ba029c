"""What a history tells of a patient at a moment: earlier visits, and what is booked."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.visits import SECONDS_PER_DAY, Whole, days, missed, seconds, with_outcome

#: Days, and seconds, of which a patient's key has room; both last beyond the year 2300.
DAYS, SECONDS = 2**17, 2**34

#: Visits missed and kept that a patient of whom nothing is known is taken to have had.
BELIEF = (0.4, 1.6)

Numbers = NDArray[np.float64]


class Past:
    """Sorted keys of the visits of a history, in which whole batches of questions are looked up.

    Every answer is as of its own moment: outcomes count from the day after, bookings from when they
    were made, so that one history serves forecasts that are made at different times.

    Parameters
    ----------
    visits
        As the history has them.
    window, most
        An earlier visit counts for so many days, and of a patient at most so many, the latest: what
        is counted then does not grow with the history.
    """

    def __init__(self, visits: pd.DataFrame, window: int, most: int) -> None:
        self.window, self.most = window, most
        self.patients = pd.Index(visits["patient_id"].unique())
        self.names = pd.Index(visits["visit_id"])
        patient = self.patients.get_indexer(pd.Index(visits["patient_id"]))
        day, booked = days(visits["scheduled_at"]), seconds(visits["booked_at"])
        self.day_of_visit = patient * DAYS + day
        self.days = np.sort(self.day_of_visit)
        self.bookings = np.sort(patient * SECONDS + booked)
        self.pairs, pair = np.unique(self.day_of_visit, return_inverse=True)
        self.pair_bookings = np.sort(pair * SECONDS + booked)
        seen = with_outcome(visits)
        key = self.patients.get_indexer(pd.Index(seen["patient_id"])) * DAYS + days(
            seen["scheduled_at"]
        )
        order = np.argsort(key, kind="stable")
        self.outcomes = key[order]
        self.missed = np.concatenate([[0.0], np.cumsum(missed(seen)[order])])

    def ask(self, appointments: pd.DataFrame, moment: Whole) -> dict[str, Numbers]:
        """Return what was known of the patient of each appointment at its moment, by name.

        Parameters
        ----------
        appointments
            (appointments,) rows with `forecast.no_show.visits.NEEDED`.
        moment
            Seconds since 1970, (appointments,).
        """
        patient = self.patients.get_indexer(pd.Index(appointments["patient_id"]))
        today, known = moment // SECONDS_PER_DAY, patient >= 0
        upto = np.searchsorted(self.outcomes, patient * DAYS + today)
        first = np.searchsorted(self.outcomes, patient * DAYS + today - self.window)
        first = np.maximum(first, upto - self.most)
        visits = np.where(known, upto - first, 0)
        no_shows = np.where(known, self.missed[upto] - self.missed[first], 0.0)
        latest = np.where(visits > 0, self.missed[upto] - self.missed[np.maximum(upto - 1, 0)], 0.0)
        before = np.searchsorted(self.days, patient * DAYS + today)
        last = self.days[np.maximum(before - 1, 0)] - patient * DAYS if len(self.days) else today
        since = np.clip(today - last, 0, self.window)
        booked = np.searchsorted(self.bookings, patient * SECONDS + moment, side="right")
        return {
            "earlier_visits": visits.astype(np.float64),
            "earlier_no_shows": no_shows,
            "earlier_log_odds": np.log((no_shows + BELIEF[0]) / (visits - no_shows + BELIEF[1])),
            "missed_the_last": latest,
            "days_since_the_last": np.where(known, since, self.window).astype(np.float64),
            "other_open_bookings": np.where(known, np.maximum(booked - before - 1, 0), 0.0),
            "others_that_day": self._others(appointments, patient, moment),
        }

    def _others(self, appointments: pd.DataFrame, patient: Whole, moment: Whole) -> Numbers:
        """Return how many other appointments of that day the patient had booked by then."""
        if not len(self.pairs):
            return np.zeros(len(appointments))
        key = patient * DAYS + days(appointments["scheduled_at"])
        pair = np.searchsorted(self.pairs, key)
        there = self.pairs[np.minimum(pair, len(self.pairs) - 1)] == key
        upto = np.searchsorted(self.pair_bookings, pair * SECONDS + moment, side="right")
        booked = upto - np.searchsorted(self.pair_bookings, pair * SECONDS)
        visit = self.names.get_indexer(pd.Index(appointments["visit_id"]))
        itself = (visit >= 0) & (self.day_of_visit[visit] == key)
        return np.where(there, booked - itself, 0).astype(np.float64)
