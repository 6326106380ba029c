"""The share that was missed by lead time: what a practice could read off its own books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor, from_numpy

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.features import LEAD
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective import InvalidInput
from objective.errors import non_negative_number


@dataclass(frozen=True)
class LeadTimeTable:
    """A probability per class of lead times.

    Attributes
    ----------
    first_days
        The first day of each class but that of the same day, rising.
    prior
        Cases' worth of the overall share that is added to each class.

    Raises
    ------
    InvalidInput
        If the days do not rise, or the prior is negative.
    """

    name: ClassVar[str] = "lead_time_table"
    promotable: ClassVar[bool] = True

    first_days: Sequence[int] = (1, 2, 3, 4, 8, 15, 31, 61)
    prior: float = 20.0

    def __post_init__(self) -> None:
        given = self.first_days
        whole = isinstance(given, Sequence) and all(type(one) is int and one > 0 for one in given)
        if not whole or list(given) != sorted(set(given)):
            raise InvalidInput("first_days", given, "rising whole days, from 1")
        object.__setattr__(self, "first_days", tuple(given))
        non_negative_number("prior", self.prior)

    def classes(self, cases: Encoded) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the class of each case, (cases,)."""
        return np.digitize(cases.column(LEAD), np.asarray(self.first_days, np.float64))

    def learn(self, training: Training, trainer: Trainer) -> "FittedLeadTimeTable":
        """Return the share of no-shows in each class, drawn a little to the overall share."""
        place, number = self.classes(training.cases), len(self.first_days) + 1
        cases = np.bincount(place, minlength=number)
        no_shows = np.bincount(place, training.missed, minlength=number)
        # A class without a case, and without a prior, has the overall share.
        prior = max(self.prior, 1e-9)
        rates = (no_shows + prior * training.missed.mean()) / (cases + prior)
        return FittedLeadTimeTable(training.options, training.encoder, self, rates)


@dataclass(frozen=True)
class FittedLeadTimeTable(FittedNoShow):
    """The shares that were learned, (classes,)."""

    name: ClassVar[str] = LeadTimeTable.name
    model: LeadTimeTable
    rates: Numbers

    def raw(self, cases: Encoded) -> Numbers:
        """Return the share of the class of each case, (cases,)."""
        return np.asarray(self.rates[self.model.classes(cases)], np.float64)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the shares."""
        return {"rates": from_numpy(self.rates)}, {}

    @classmethod
    def from_learned(
        cls,
        options: Options,
        encoder: Encoder,
        model: NoShowModel,
        tensors: Mapping[str, Tensor],
        rest: Mapping[str, Any],
    ) -> Self:
        """Make what `learned_parts` described."""
        return cls(options, encoder, model, tensors["rates"].numpy())  # type: ignore[arg-type]
