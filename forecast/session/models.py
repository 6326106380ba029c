"""What the kept models of the other quantities forecast, as far as a session needs it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.history import History
from objective import ServiceTime

Array = NDArray[np.float64]


class NoShowForecaster(Protocol):
    """A fitted model of no-shows."""

    def probabilities(self, appointments: pd.DataFrame, known: History) -> Array:
        """Return the probability that each patient does not come, (appointments,)."""
        ...


class Durations(Protocol):
    """Laws of consultation times."""

    def mean(self) -> Array:
        """Return the mean of each law, (cases,) minutes."""
        ...

    def mixture(self) -> ServiceTime:
        """Return the law of a case drawn from all with equal chances."""
        ...


class ConsultationForecaster(Protocol):
    """A fitted model of consultation times."""

    def forecast(self, cases: pd.DataFrame, known: History) -> Durations:
        """Return a law for each case."""
        ...


class Total(Protocol):
    """The law of a total."""

    @property
    def mean(self) -> Array:
        """Its mean, (1,)."""
        ...

    @property
    def dispersion(self) -> Array:
        """Its negative binomial dispersion, (1,): variance = mean + dispersion mean^2."""
        ...


class Counts(Protocol):
    """Laws of the counts of periods."""

    @property
    def mean(self) -> Array:
        """Expected counts, (periods,)."""
        ...

    def session_total(self, first: pd.Timestamp, until: pd.Timestamp) -> Total:
        """Return the law of how many come from one moment to another."""
        ...


class DemandForecaster(Protocol):
    """A fitted model of demand."""

    def forecast(
        self,
        known: History,
        starts: pd.DatetimeIndex,
        series: str,
        factors: pd.DataFrame | None = None,
    ) -> Counts:
        """Return the forecast of periods of a series."""
        ...


@dataclass(frozen=True)
class Models:
    """The models in use; None where the plain average of the past is taken.

    Attributes
    ----------
    no_show, consultation, demand
        The fitted models.
    period
        Minutes of the periods that the demand model counts in.
    names
        What each is called, by its quantity.
    """

    no_show: NoShowForecaster | None = None
    consultation: ConsultationForecaster | None = None
    demand: DemandForecaster | None = None
    period: int = 60
    names: tuple[tuple[str, str], ...] = ()

    def name(self, quantity: str) -> str:
        """Return what the model of a quantity is called, in words."""
        return dict(self.names).get(quantity, "model").replace("_", " ")
