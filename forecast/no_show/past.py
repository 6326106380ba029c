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
        key = patient * DAYS + day
        # The last is what the place -1 of an unknown visit finds.
        self.day_of_visit = np.append(key, -1)
        self.days = np.sort(key)
        self.bookings = np.sort(patient * SECONDS + booked)
        self.pairs, pair = np.unique(key, return_inverse=True)
        self.pair_bookings = np.sort(pair * SECONDS + booked)
        seen = with_outcome(visits)
        patient = self.patients.get_indexer(pd.Index(seen["patient_id"]))
        key = patient * DAYS + days(seen["scheduled_at"])
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
        day = days(appointments["scheduled_at"])
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
        # An appointment is none of its own others; whoever asks may have it in the history or not.
        visit = self.names.get_indexer(pd.Index(appointments["visit_id"]))
        itself = self.day_of_visit[visit] == patient * DAYS + day
        made = seconds(appointments["booked_at"])
        before_it = self._bookings(patient, made - self.window * SECONDS_PER_DAY, made) - itself
        with_it = self._bookings(patient, made - made % SECONDS_PER_DAY, made) - itself
        same_day = self._same_day(patient * DAYS + day, moment)
        return {
            "earlier_visits": visits.astype(np.float64),
            "earlier_no_shows": no_shows,
            "earlier_log_odds": np.log((no_shows + BELIEF[0]) / (visits - no_shows + BELIEF[1])),
            "missed_the_last": latest,
            "days_since_the_last": np.where(known, since, self.window).astype(np.float64),
            "earlier_bookings": np.clip(before_it, 0, self.most).astype(np.float64),
            "bookings_with_it": with_it.astype(np.float64),
            "other_open_bookings": np.where(known, booked - before - itself, 0.0),
            "others_that_day": (same_day - itself).astype(np.float64),
        }

    def _bookings(self, patient: Whole, first: Whole, last: Whole) -> Whole:
        """Return how many bookings patients made from a second to another, both counted."""
        upto = np.searchsorted(self.bookings, patient * SECONDS + last, side="right")
        made = upto - np.searchsorted(self.bookings, patient * SECONDS + first)
        return np.where(patient >= 0, made, 0)

    def _same_day(self, key: Whole, moment: Whole) -> Whole:
        """Return how many appointments of a patient on a day were booked by a moment."""
        if not len(self.pairs):
            return np.zeros_like(key)
        pair = np.minimum(np.searchsorted(self.pairs, key), len(self.pairs) - 1)
        upto = np.searchsorted(self.pair_bookings, pair * SECONDS + moment, side="right")
        booked = upto - np.searchsorted(self.pair_bookings, pair * SECONDS)
        return np.where(self.pairs[pair] == key, booked, 0)
