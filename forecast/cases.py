"""What can forecast case by case, and so as many as there are."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import pandas as pd

from forecast.data.history import History
from forecast.data.tables import Table


@runtime_checkable
class ForecastsCases(Protocol):
    """A fitted model of a quantity that every case has for itself."""

    def table(self) -> Table:
        """Return the table of a history whose rows are such cases."""
        ...

    def waiting(self, known: History) -> pd.DataFrame:
        """Return the cases of a history whose outcome is still to come."""
        ...

    def predictor(self, known: History) -> Callable[[pd.DataFrame], pd.DataFrame]:
        """Return what makes predictions, (cases, columns), of any number of cases.

        The first columns say which case it is.
        """
        ...
