"""What every fitted model of choices gives: utilities, and the probabilities that follow."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from forecast.data.history import History
from forecast.preference.choice import choice_log_probabilities
from forecast.preference.occasions import Occasions, occasions_of

Array = NDArray[np.float64]


class FittedPreference(ABC):
    """A model of choices that has learned."""

    name: ClassVar[str]

    @abstractmethod
    def seat_utilities(
        self, offers: pd.DataFrame, occasions: Occasions, known: History | None
    ) -> Array:
        """Return the utility of each seat of offers that were checked, (rows,)."""

    @abstractmethod
    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""

    def utilities(self, offers: pd.DataFrame, known: History | None = None) -> Array:
        """Return the utility of each seat, (rows,): the log odds of taking it over declining.

        The arguments are those of `acceptance`.
        """
        return self.seat_utilities(offers, occasions_of(offers), known)

    def acceptance(self, offers: pd.DataFrame, known: History | None = None) -> Array:
        """Return the probability that each seat is taken if it alone is offered, (rows,).

        Parameters
        ----------
        offers
            Rows with ``offer_id``, ``patient_id``, ``offered_at``, ``seat_at``, ``provider`` and
            the further columns that the quantity names.
        known
            History with earlier offers, from which the usual provider of a patient is known; None
            where the column ``usual_provider`` tells it, or nobody's is known. Choices that are not
            strictly earlier than an offer are not looked at.

        Raises
        ------
        InvalidInput
            If a column is missing, or a value is not possible.
        """
        return np.asarray(expit(self.utilities(offers, known)), np.float64)

    def choices(self, offers: pd.DataFrame, known: History | None = None) -> tuple[Array, Array]:
        """Return the probability of each seat beside the others, (rows,), and to decline all.

        The second, (occasions,), is in the order in which the occasions first appear; both together
        add up to 1 for each occasion. The arguments are those of `acceptance`.
        """
        occasions = occasions_of(offers)
        seats, declined = self.log_choices(offers, occasions, known)
        return np.exp(seats), np.exp(declined)

    def log_choices(
        self, offers: pd.DataFrame, occasions: Occasions, known: History | None = None
    ) -> tuple[Array, Array]:
        """Return the logarithms of what `choices` returns."""
        utilities = torch.from_numpy(self.seat_utilities(offers, occasions, known))
        seats, declined = choice_log_probabilities(
            utilities, torch.from_numpy(occasions.of), occasions.count
        )
        return seats.numpy(), declined.numpy()
