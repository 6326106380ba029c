"""The mixture of several models' laws: what one of them misses, another may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import pandas as pd
from torch import Tensor

from forecast.consultation.durations import Pool
from forecast.consultation.encoding import Covariates
from forecast.consultation.members import FITTED_MEMBERS, MEMBERS
from forecast.consultation.model import ConsultationFitted, ConsultationModel
from forecast.data.history import History
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import known_keys


@dataclass(frozen=True)
class FittedAverage:
    """Models that have learned, whose laws are mixed with equal weights.

    Attributes
    ----------
    members
        The models by name.
    """

    members: Mapping[str, ConsultationFitted]
    name: ClassVar[str] = "average"

    def forecast(self, cases: pd.DataFrame, known: History) -> Pool:
        """Return the mixture of the members' laws for each case."""
        return Pool(tuple(member.forecast(cases, known) for member in self.members.values()))

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the members' tensors, and everything else as plain names and numbers."""
        tensors, rest = {}, {}
        for name, member in self.members.items():
            own, rest[name] = member.to_parts()
            tensors.update({f"{name}.{key}": one for key, one in own.items()})
        # As a list, since the order of the members is that in which they are summed.
        return tensors, {"members": [[name, one] for name, one in rest.items()]}

    @classmethod
    def from_parts(cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> "FittedAverage":
        """Make the fitted model that `to_parts` described."""
        members = {}
        for name, one in rest["members"]:
            own = {
                key.removeprefix(f"{name}."): tensor
                for key, tensor in tensors.items()
                if key.startswith(f"{name}.")
            }
            members[name] = FITTED_MEMBERS[name].from_parts(own, one)
        return cls(members)


def _default_members() -> dict[str, dict[str, Any]]:
    return {"lognormal_regression": {}, "gradient_boosting": {}, "mixture_network": {}}


@dataclass(frozen=True)
class Average:
    """The mixture, with equal weights, of the laws of several models (a linear pool).

    Attributes
    ----------
    members
        Models by name, each with those of its parameters that are not to be as usual.

    Raises
    ------
    InvalidInput
        If there is no member, or one is unknown or out of range.
    """

    members: Mapping[str, Mapping[str, Any]] = field(default_factory=_default_members)
    name: ClassVar[str] = "average"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _ = self.models

    @property
    def models(self) -> dict[str, ConsultationModel]:
        """The members with their parameters."""
        if not isinstance(self.members, Mapping) or not self.members:
            raise InvalidInput("members", self.members, "models by name, at least one")
        found = {}
        for name, parameters in self.members.items():
            if name not in MEMBERS:
                raise InvalidInput("members", name, "of " + ", ".join(MEMBERS))
            known = [one.name for one in fields(MEMBERS[name])]
            found[name] = MEMBERS[name](**known_keys(f"members.{name}", parameters or {}, known))
        return found

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedAverage:
        """Return the members, each learned from the consultations."""
        return FittedAverage(
            {
                name: model.fit(consultations, covariates, trainer)
                for name, model in self.models.items()
            }
        )
