"""Made-up session files with forecasts that know a stated share of what happens.

Nothing here comes from a clinic. A patient's consultation is lognormal. Of the variance of its
logarithm within a class, the individual forecast knows the share ``informativeness``; the class
forecast is the class's true law; the clinic's averages are the lognormal law with the mean and the
variance of all patients together. A patient's probability not to come is drawn from the beta law
whose variance is the same share of the variance of coming or not; the individual forecast knows it.
So every forecast is true, and they differ only in how much they know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from objective import InvalidInput, ServiceTime
from objective.errors import finite_number
from opt.forecast_value.session_files import VERSION
from opt.replay.made_up import MadeUpClinic

#: Largest share of what happens that a forecast may know: with all of it nothing is a law any more.
MOST_INFORMATIVE = 0.95


@dataclass(frozen=True)
class SyntheticForecasts(MadeUpClinic):
    """A made-up clinic, and its forecasts by the classes ``new`` and ``return`` and by patient.

    Attributes
    ----------
    informativeness
        Share of the variance that the individual forecast knows, 0 to 0.95.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    sessions: int = 60
    no_show: float = 0.1
    informativeness: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        allowed = f"a share from 0 to {MOST_INFORMATIVE}"
        share = finite_number("synthetic.informativeness", self.informativeness, allowed)
        if not 0 <= share <= MOST_INFORMATIVE:
            raise InvalidInput("synthetic.informativeness", self.informativeness, allowed)

    def contents(self, seed: int) -> dict[str, Any]:
        """Return a session file, see `opt.forecast_value.session_files`."""
        random = np.random.default_rng(seed)
        means = {"new": self.new_mean, "return": self.return_mean}
        classes = {
            name: self._forecast(mean, self.cv, self.no_show) for name, mean in means.items()
        }
        clinic = self._clinic()
        sessions = []
        for day in self.days:
            patients = int(random.integers(self.fewest, self.most, endpoint=True))
            sessions.append(
                {
                    "session": day,
                    "date": day,
                    "clinic": clinic,
                    "classes": classes,
                    "patients": [self._patient(means, random) for _ in range(patients)],
                }
            )
        return {"version": VERSION, "sessions": sessions}

    def _forecast(self, mean: float, cv: float, no_show: float) -> dict[str, Any]:
        return {"no_show": no_show, "service_time": ServiceTime.lognormal(mean, cv).to_dict()}

    def _clinic(self) -> dict[str, Any]:
        shares = np.array([self.new_share, 1 - self.new_share])
        means = np.array([self.new_mean, self.return_mean])
        mean = float(shares @ means)
        variance = float(shares @ (means**2 * (1 + self.cv**2))) - mean**2
        return self._forecast(mean, variance**0.5 / mean, self.no_show)

    def _patient(self, means: Mapping[str, float], random: np.random.Generator) -> dict[str, Any]:
        known = self.informativeness
        name = "new" if random.random() < self.new_share else "return"
        log_variance = float(np.log1p(self.cv**2))
        shift = np.sqrt(known * log_variance) * random.standard_normal()
        mean = means[name] * float(np.exp(shift - known * log_variance / 2))
        cv = float(np.sqrt(np.expm1((1 - known) * log_variance)))
        no_show = self.no_show
        if known > 0 and no_show > 0:
            size = 1 / known - 1
            no_show = float(random.beta(no_show * size, (1 - no_show) * size))
        # A probability of 1 is no forecast of a booked patient.
        forecast = self._forecast(mean, cv, min(no_show, 0.999))
        came = bool(random.random() >= forecast["no_show"])
        minutes = float(ServiceTime.lognormal(mean, cv).sample((1,), random)[0])
        # To a second, and no longer than any consultation is; nobody took no time.
        took = round(min(max(minutes, 1 / 60), 600.0), 2)
        return {"class": name, **forecast, "came": came, "minutes": took if came else None}
