"""The mean of several models: their errors differ, and partly cancel."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.models.base_rate import BaseRate, FittedBaseRate
from forecast.no_show.models.gradient_boosting import FittedGradientBoosting, GradientBoosting
from forecast.no_show.models.lead_time_table import FittedLeadTimeTable, LeadTimeTable
from forecast.no_show.models.logistic_regression import (
    FittedLogisticRegression,
    LogisticRegression,
)
from forecast.no_show.models.network import FittedNetwork, Network
from forecast.no_show.models.random_forest import FittedRandomForest, RandomForest
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective import InvalidInput
from objective.errors import known_keys

#: What may be averaged, by name, with what it becomes when it has learned.
MEMBERS: dict[str, tuple[type[NoShowModel], type[FittedNoShow]]] = {
    "base_rate": (BaseRate, FittedBaseRate),
    "lead_time_table": (LeadTimeTable, FittedLeadTimeTable),
    "logistic_regression": (LogisticRegression, FittedLogisticRegression),
    "random_forest": (RandomForest, FittedRandomForest),
    "gradient_boosting": (GradientBoosting, FittedGradientBoosting),
    "network": (Network, FittedNetwork),
}


def _members() -> dict[str, dict[str, Any]]:
    return {"logistic_regression": {}, "gradient_boosting": {}, "network": {}}


@dataclass(frozen=True)
class Average:
    """Models that learn each by itself, and the mean of their probabilities.

    Attributes
    ----------
    members
        The parameters of each, by its name.

    Raises
    ------
    InvalidInput
        If a member or one of its parameters is unknown or out of range.
    """

    name: ClassVar[str] = "average"
    promotable: ClassVar[bool] = True

    members: Mapping[str, Mapping[str, Any]] = field(default_factory=_members)

    def __post_init__(self) -> None:
        if not isinstance(self.members, Mapping) or not self.members:
            raise InvalidInput("members", self.members, "models by name, at least one")
        self.models()

    def models(self) -> dict[str, NoShowModel]:
        """Return the members, by name."""
        models = {}
        for name, parameters in known_keys("members", self.members, tuple(MEMBERS)).items():
            kind = MEMBERS[name][0]
            known = [one.name for one in fields(kind)]
            models[name] = kind(**known_keys(f"members.{name}", parameters or {}, known))
        return models

    def learn(self, training: Training, trainer: Trainer) -> "FittedAverage":
        """Let every member learn."""
        members = tuple(model.learn(training, trainer) for model in self.models().values())
        return FittedAverage(training.options, training.encoder, self, members)


@dataclass(frozen=True)
class FittedAverage(FittedNoShow):
    """The members, as they have learned."""

    name: ClassVar[str] = Average.name
    model: Average
    members: tuple[FittedNoShow, ...]

    def raw(self, cases: Encoded) -> Numbers:
        """Return the mean of the members' probabilities, (cases,)."""
        return np.asarray(np.mean([one.raw(cases) for one in self.members], axis=0), np.float64)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what every member learned, under its name."""
        tensors: dict[str, Tensor] = {}
        rest: dict[str, Any] = {}
        for one in self.members:
            parts, rest[one.name] = one.learned_parts()
            tensors |= {f"{one.name}.{name}": tensor for name, tensor in parts.items()}
        return tensors, rest

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
        assert isinstance(model, Average)
        members = []
        for name, member in model.models().items():
            start = f"{name}."
            own = {
                key.removeprefix(start): one
                for key, one in tensors.items()
                if key.startswith(start)
            }
            kind = MEMBERS[name][1]
            members.append(kind.from_learned(options, encoder, member, own, rest[name]))
        return cls(options, encoder, model, tuple(members))
