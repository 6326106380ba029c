"""What all fitted models of no-shows have in common: features, calibration, how they are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from forecast.data.history import History
from forecast.data.tables import VISITS, Table
from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.nightly import Nightly
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from forecast.no_show.visits import Whole
from forecast.quantity import Model


@dataclass(frozen=True)
class Training:
    """What a model learns from.

    Attributes
    ----------
    options
        The options, the same for all models.
    encoder
        How its cases were encoded.
    cases
        (cases,), in the order of their days.
    missed
        1 for a no-show, (cases,).
    day
        Days since 1970, (cases,).
    """

    options: Options
    encoder: Encoder
    cases: Encoded
    missed: Numbers
    day: Whole

    def before(self, share: float) -> "tuple[Training, Training]":
        """Divide by time: the earlier days, and the last days with at least ``share`` of cases.

        With a single day there is nothing to divide, and both are all of it.
        """
        first = self.day[min(len(self.day) - 1, int(np.ceil(len(self.day) * (1 - share))))]
        early = self.day < first
        if not early.any():
            return self, self
        return self._rows(early), self._rows(~early)

    def _rows(self, chosen: NDArray[np.bool_]) -> "Training":
        cases = self.cases.rows(chosen)
        return Training(self.options, self.encoder, cases, self.missed[chosen], self.day[chosen])


class NoShowModel(Model, Protocol):
    """A model of no-shows before it learns."""

    def learn(self, training: Training, trainer: Trainer) -> "FittedNoShow":
        """Return what it learned from both classes of cases."""
        ...


@dataclass(frozen=True)
class FittedNoShow(ABC):
    """A model of no-shows that has learned.

    Attributes
    ----------
    options
        The options.
    encoder
        How cases are encoded.
    model
        Its parameters.
    """

    name: ClassVar[str]
    options: Options
    encoder: Encoder
    model: NoShowModel

    @abstractmethod
    def raw(self, cases: Encoded) -> Numbers:
        """Return probabilities of a no-show before they are calibrated, (cases,)."""

    @abstractmethod
    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return tensors and plain numbers of what was learned, beside the encoder."""

    @classmethod
    @abstractmethod
    def from_learned(
        cls,
        options: Options,
        encoder: Encoder,
        model: Any,
        tensors: Mapping[str, Tensor],
        rest: Mapping[str, Any],
    ) -> Self:
        """Make what `learned_parts` described."""

    def probabilities(self, appointments: pd.DataFrame, known: History) -> Numbers:
        """Return the calibrated probability that each patient does not come, (appointments,).

        Parameters
        ----------
        appointments
            Rows with ``visit_id``, ``patient_id``, ``booked_at``, ``scheduled_at`` and the columns
            that the options name. Each is forecast as of its own moment, the night before or at
            booking, or as of ``known`` if that ends earlier: of later outcomes and bookings nothing
            is used, whatever ``known`` holds. Appointments count as booked only if ``known`` has
            them.
        known
            The history.

        Raises
        ------
        InvalidInput
            If a column is missing or has a value that cannot be used.
        """
        return self.as_of(known).probabilities(appointments)

    def as_of(self, known: History) -> Nightly:
        """Return what forecasts many batches of appointments from one history."""
        return Nightly(self, known)

    def table(self) -> Table:
        """Return the table whose rows are appointments."""
        return VISITS

    def waiting(self, known: History) -> pd.DataFrame:
        """Return the appointments of a history that are booked and still to come."""
        return known.visits[known.visits["status"] == "booked"]

    def predictor(self, known: History) -> Callable[[pd.DataFrame], pd.DataFrame]:
        """Return what makes ``visit_id``, ``scheduled_at`` and ``no_show`` of appointments."""
        nightly = self.as_of(known)

        def predicted(appointments: pd.DataFrame) -> pd.DataFrame:
            no_show = nightly.probabilities(appointments)
            return appointments[["visit_id", "scheduled_at"]].assign(no_show=no_show)

        return predicted

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        tensors, learned = self.learned_parts()
        parameters = asdict(self.model)
        rest = {"encoder": self.encoder.to_dict(), "parameters": parameters, "learned": learned}
        return tensors, rest
