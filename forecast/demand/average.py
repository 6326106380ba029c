"""The mean of the quantiles of several models."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from torch import Tensor

from forecast.demand.calendar_glm import CalendarGLM
from forecast.demand.count_forecast import CountForecast, quantile_mean
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.fitted import Ahead, DemandModel, FittedDemand
from forecast.demand.gradient_boosting import GradientBoosting
from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.network import Network
from forecast.demand.options import Options
from forecast.demand.seasonal_naive import SeasonalNaive
from forecast.demand.statistical import ExponentialSmoothing
from forecast.demand.weekday_median import WeekdayMedian
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import known_keys

Parameters = Mapping[str, Mapping[str, Any]]

#: The models of whose quantiles a mean may be taken.
MEMBERS: dict[str, type[DemandModel]] = {
    kind.name: kind
    for kind in (SeasonalNaive, WeekdayMedian, CalendarGLM, GradientBoosting, Network)
}


@dataclass(frozen=True)
class Average:
    """The mean of the quantiles of its members.

    Attributes
    ----------
    members
        Models by name with those of their parameters that are not as usual.

    Raises
    ------
    InvalidInput
        If a member is unknown, or one of its parameters is unknown or out of range.
    """

    name: ClassVar[str] = "average"
    promotable: ClassVar[bool] = True
    allowed: ClassVar[Mapping[str, type[DemandModel]]] = MEMBERS

    members: Parameters = field(
        default_factory=lambda: {"calendar_glm": {}, "gradient_boosting": {}, "network": {}}
    )

    def __post_init__(self) -> None:
        if not isinstance(self.members, Mapping) or not self.members:
            raise InvalidInput("members", self.members, "models by name, at least one")
        # Parameters that were read from a file are equal to those that were given in code.
        plain = {str(name): dict(given or {}) for name, given in self.members.items()}
        object.__setattr__(self, "members", plain)
        _ = self.models

    @property
    def models(self) -> dict[str, DemandModel]:
        """Its members by name."""
        made: dict[str, DemandModel] = {}
        for name, given in self.members.items():
            kind = self.allowed.get(name)
            if kind is None:
                raise InvalidInput("members", name, "one of " + ", ".join(self.allowed))
            known = [one.name for one in fields(kind)]
            made[name] = kind(**known_keys(f"members.{name}", given, known))
        return made

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedAverage":
        """Return the average of its members, each of which learns."""
        earlier = before.members if isinstance(before, FittedAverage) else {}
        if trainer.folder is not None:
            # Its network is not the one that is compared with it: their checkpoints differ.
            trainer = replace(trainer, folder=trainer.folder / self.name)
        members = {
            name: model.learn(options, known, trainer, earlier.get(name))
            for name, model in self.models.items()
        }
        return FittedAverage(self, options, members)

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedAverage":
        """Return the fitted model that was kept as tensors and plain values."""
        members = {}
        for name, model in self.models.items():
            own = {
                key.removeprefix(f"{name}/"): tensor
                for key, tensor in tensors.items()
                if key.startswith(f"{name}/")
            }
            members[name] = model.restore(options, own, rest[name])
        return FittedAverage(self, options, members)


@dataclass(frozen=True)
class AverageWithETS(Average):
    """The mean with exponential smoothing among its members, for comparison only."""

    name: ClassVar[str] = "average_with_ets"
    promotable: ClassVar[bool] = False
    allowed: ClassVar[Mapping[str, type[DemandModel]]] = {**MEMBERS, "ets": ExponentialSmoothing}

    members: Parameters = field(
        default_factory=lambda: {
            "calendar_glm": {},
            "gradient_boosting": {},
            "network": {},
            "ets": {},
        }
    )


@dataclass(frozen=True)
class FittedAverage(FittedDemand):
    """The average of members that have learned."""

    model: Average
    options: Options
    members: Mapping[str, FittedDemand]

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of its model."""
        return self.model.name

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        return self.combine([one.ahead(series, ahead) for one in self.members.values()])

    @staticmethod
    def combine(forecasts: list[CountForecast]) -> CountForecast:
        """Return the mean of the forecasts of its members."""
        return quantile_mean(forecasts, TABLE_LEVELS)

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""
        tensors, rest = {}, {}
        for name, member in self.members.items():
            own, rest[name] = member.parts()
            tensors.update({f"{name}/{key}": tensor for key, tensor in own.items()})
        return tensors, rest
