"""The share of appointments that were missed: the baseline of all baselines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers


@dataclass(frozen=True)
class BaseRate:
    """The same probability for everybody."""

    name: ClassVar[str] = "base_rate"
    promotable: ClassVar[bool] = True

    def learn(self, training: Training, trainer: Trainer) -> "FittedBaseRate":
        """Return the share of no-shows."""
        rate = float(training.missed.mean())
        return FittedBaseRate(training.options, training.encoder, self, rate)


@dataclass(frozen=True)
class FittedBaseRate(FittedNoShow):
    """The share that was learned."""

    name: ClassVar[str] = BaseRate.name
    rate: float

    def raw(self, cases: Encoded) -> Numbers:
        """Return the share for each case, (cases,)."""
        return np.full(len(cases), self.rate)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the share."""
        return {}, {"rate": self.rate}

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
        return cls(options, encoder, model, rest["rate"])
