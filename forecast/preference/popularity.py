"""Popularity: how often seats of a weekday, half of the day and provider were taken if offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.data.history import History
from forecast.preference.fitted import Array, FittedPreference
from forecast.preference.level import fitted_level
from forecast.preference.occasions import Occasions, Whole
from forecast.preference.seats import NOON, WEEKDAYS
from objective.errors import positive_number


@dataclass(frozen=True)
class Popularity:
    """The baseline: the share of such seats that were taken, without a word about the patient.

    Attributes
    ----------
    smoothing
        Number of offers of average popularity that are added to those of each kind of seat.

    Raises
    ------
    InvalidInput
        If it is not positive.
    """

    name: ClassVar[str] = "popularity"
    promotable: ClassVar[bool] = True
    smoothing: float = 10.0

    def __post_init__(self) -> None:
        positive_number("smoothing", self.smoothing)

    def fit(self, offers: pd.DataFrame, occasions: Occasions, chosen: Whole) -> "FittedPopularity":
        """Return the model, learned from offers and the rows that were chosen."""
        taken = np.zeros(len(offers))
        taken[chosen[chosen >= 0]] = 1.0
        average = float(taken.mean())
        kinds = kinds_of(offers)
        counts = pd.DataFrame({"kind": kinds, "taken": taken}).groupby("kind")["taken"]
        rates = (counts.sum() + self.smoothing * average) / (counts.count() + self.smoothing)
        names = tuple(map(str, rates.index))
        weights = np.log(rates.to_numpy(np.float64))
        unlevelled = FittedPopularity(names, weights, float(np.log(average)), 0.0)
        level = fitted_level(
            unlevelled.seat_utilities(offers, occasions, None), occasions, int((chosen >= 0).sum())
        )
        return FittedPopularity(names, weights, float(np.log(average)), level)


@dataclass(frozen=True)
class FittedPopularity(FittedPreference):
    """Popularity that has learned.

    Attributes
    ----------
    kinds, log_rates
        Kinds of seats, and the logarithm of the share of each that was taken, (kinds,).
    otherwise
        That of a kind never seen.
    level
        What is added to all, so that as many occasions are accepted as were.
    """

    name: ClassVar[str] = Popularity.name
    kinds: tuple[str, ...]
    log_rates: Array
    otherwise: float
    level: float

    def seat_utilities(
        self, offers: pd.DataFrame, occasions: Occasions, known: History | None
    ) -> Array:
        """Return the utility of each seat of offers that were checked, (rows,)."""
        rates = dict(zip(self.kinds, self.log_rates.tolist(), strict=True))
        found = [rates.get(kind, self.otherwise) for kind in kinds_of(offers)]
        return np.array(found, np.float64) + self.level

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        tensors = {
            "log_rates": torch.from_numpy(self.log_rates),
            "levels": torch.tensor([self.otherwise, self.level], dtype=torch.float64),
        }
        return tensors, {"kinds": list(self.kinds)}

    @staticmethod
    def from_parts(tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> "FittedPopularity":
        """Make the model that `to_parts` described."""
        otherwise, level = tensors["levels"].tolist()
        return FittedPopularity(
            tuple(rest["kinds"]), tensors["log_rates"].numpy(), otherwise, level
        )


def kinds_of(offers: pd.DataFrame) -> list[str]:
    """Return the weekday, half of the day and provider of each seat, in one text."""
    seat_at = offers["seat_at"]
    halves = np.where(seat_at.dt.hour < NOON, "am", "pm")
    return [
        f"{WEEKDAYS[day]} {half} {provider}"
        for day, half, provider in zip(
            seat_at.dt.dayofweek, halves, offers["provider"].astype(str), strict=True
        )
    ]
