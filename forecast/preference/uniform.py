"""Every seat is as good as every other: what is known before anything is known."""

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


@dataclass(frozen=True)
class Uniform:
    """All seats are taken alike, as readily as on average."""

    name: ClassVar[str] = "uniform"
    promotable: ClassVar[bool] = True

    def fit(self, offers: pd.DataFrame, occasions: Occasions, chosen: Whole) -> "FittedUniform":
        """Return the model, learned from offers and the rows that were chosen."""
        accepted = int((chosen >= 0).sum())
        return FittedUniform(fitted_level(np.zeros(len(offers)), occasions, accepted))


@dataclass(frozen=True)
class FittedUniform(FittedPreference):
    """The utility of any seat."""

    name: ClassVar[str] = Uniform.name
    level: float

    def seat_utilities(
        self, offers: pd.DataFrame, occasions: Occasions, known: History | None
    ) -> Array:
        """Return the utility of each seat of offers that were checked, (rows,)."""
        return np.full(len(offers), self.level)

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        return {"level": torch.tensor([self.level], dtype=torch.float64)}, {}

    @staticmethod
    def from_parts(tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> "FittedUniform":
        """Make the model that `to_parts` described."""
        return FittedUniform(float(tensors["level"][0]))
