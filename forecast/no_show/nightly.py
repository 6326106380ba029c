"""Forecasts as they are made night after night: features and calibration from what was known."""

from typing import Protocol

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.no_show.calibration import calibrated, within
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from forecast.no_show.visits import (
    SECONDS_PER_DAY,
    checked,
    days,
    missed,
    moments,
    with_outcome,
)

#: Cases of which the arrays of a model are made at one time.
CHUNK = 2**16


class Scorer(Protocol):
    """What forecasts from encoded cases, before calibration."""

    @property
    def options(self) -> Options:
        """What it looks at, and how it is calibrated."""
        ...

    @property
    def encoder(self) -> Encoder:
        """How its cases are encoded."""
        ...

    def raw(self, cases: Encoded) -> Numbers:
        """Return probabilities, (cases,)."""
        ...


class Nightly:
    """A fitted model with a history, from which it forecasts any number of appointments.

    An appointment is corrected by the clinic days before the day on which it is forecast, so that
    a whole period may be asked at once and every answer is as it was that night.
    """

    def __init__(self, fitted: Scorer, known: History) -> None:
        self.fitted, self.options = fitted, fitted.options
        self.past = self.options.past(known.visits)
        seen = with_outcome(known.visits)
        order = np.argsort(days(seen["scheduled_at"]), kind="stable")
        self.seen = seen.iloc[order]
        self.day = days(self.seen["scheduled_at"])
        self.clinic_days = np.unique(self.day)
        #: By clinic day, what was forecast of its visits and whether they were booked ahead.
        self.forecast: dict[int, tuple[Numbers, Encoded]] = {}

    def probabilities(self, appointments: pd.DataFrame) -> Numbers:
        """Return calibrated probabilities of a no-show, (appointments,)."""
        if not len(appointments):
            return np.zeros(0)
        cases = self._encoded(checked(appointments))
        raw = self._raw(cases)
        if self.options.calibration == "none":
            return within(raw)
        result = np.empty(len(cases))
        today = moments(appointments, self.options.at_booking) // SECONDS_PER_DAY
        upto = np.searchsorted(self.clinic_days, today)
        for end in np.unique(upto):
            rows = upto == end
            result[rows] = self._corrected(int(end), raw[rows], cases.rows(rows))
        return result

    def _encoded(self, appointments: pd.DataFrame) -> Encoded:
        return self.fitted.encoder.encode(self.options.features(appointments, self.past))

    def _corrected(self, end: int, raw: Numbers, cases: Encoded) -> Numbers:
        """Correct by the clinic days before a place in their order."""
        window = self.clinic_days[max(0, end - self.options.calibration_days) : end]
        if not len(window):
            return within(raw)
        forecasts = [self._of_day(int(day)) for day in window]
        forecast = np.concatenate([one for one, _ in forecasts])
        ahead = np.concatenate([past.booked_ahead for _, past in forecasts])
        first, last = np.searchsorted(self.day, [window[0], window[-1] + 1])
        seen = missed(self.seen.iloc[first:last])
        kinds = cases.booked_ahead
        if not self.options.calibrate_apart:
            ahead, kinds = np.ones_like(ahead), np.ones_like(kinds)
        return calibrated(self.options.calibration, forecast, seen, ahead, raw, kinds)

    def _raw(self, cases: Encoded) -> Numbers:
        parts = [
            self.fitted.raw(cases.rows(slice(first, first + CHUNK)))
            for first in range(0, len(cases), CHUNK)
        ]
        return np.concatenate(parts)

    def _of_day(self, day: int) -> tuple[Numbers, Encoded]:
        if day not in self.forecast:
            first, last = np.searchsorted(self.day, [day, day + 1])
            cases = self._encoded(self.seen.iloc[first:last])
            self.forecast[day] = self._raw(cases), cases
        return self.forecast[day]
