"""A law for each visit type and provider, whoever the patient is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from torch import Tensor

from forecast.consultation.cases import checked_cases
from forecast.consultation.durations import ScaledLaws
from forecast.consultation.encoding import Covariates
from forecast.consultation.groups import Groups
from forecast.data.history import History
from forecast.network import Trainer
from objective import ServiceTime
from objective.errors import whole_number
from objective.laws import Array

#: A group has a law of its own from so many consultations on.
FEWEST = 30


@dataclass(frozen=True)
class GroupedLaws:
    """A law for each group of visit type and provider that had enough consultations.

    Attributes
    ----------
    groups, laws
        The groups and their laws; the last is that of all.
    """

    groups: Groups
    laws: tuple[ServiceTime, ...]
    name: ClassVar[str]

    def forecast(self, cases: pd.DataFrame, known: History) -> ScaledLaws:
        """Return the law of the smallest group of each case."""
        which = self.groups.place(checked_cases(cases))
        return ScaledLaws(self.laws, which, np.ones(len(which)))

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return no tensors, and everything else as plain names and numbers."""
        laws = [law.to_dict() for law in self.laws]
        return {}, {"groups": self.groups.to_list(), "laws": laws}

    @classmethod
    def from_parts(cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> Self:
        """Make the fitted model that `to_parts` described."""
        laws = tuple(ServiceTime.from_dict(law) for law in rest["laws"])
        return cls(Groups.from_list(rest["groups"]), laws)

    @classmethod
    def of(
        cls, consultations: pd.DataFrame, fewest: int, law: Callable[[Array], ServiceTime]
    ) -> Self:
        """Fit a law to the minutes of each group; one in which all are alike has none of its own.

        Parameters
        ----------
        law
            Returns the law of minutes (consultations,), more than one value among them.
        """
        groups = Groups.of(consultations, fewest)
        minutes = consultations["minutes"].to_numpy(np.float64)
        keys, laws = [], []
        for key, rows in zip(groups.keys, groups.members(consultations), strict=True):
            if np.ptp(minutes[rows]) > 0:
                keys.append(key)
                laws.append(law(minutes[rows]))
        return cls(Groups(tuple(keys)), tuple(laws))


@dataclass(frozen=True)
class GroupedModel(ABC):
    """A law for each group of visit type and provider.

    Attributes
    ----------
    fewest
        How many consultations a group needs for a law of its own.

    Raises
    ------
    InvalidInput
        If that is not a whole number of at least 2.
    """

    fewest: int = FEWEST
    name: ClassVar[str]
    promotable: ClassVar[bool] = True
    fitted: ClassVar[type[GroupedLaws]]

    def __post_init__(self) -> None:
        whole_number("fewest", self.fewest, 2, 1_000_000)

    @abstractmethod
    def law(self, minutes: Array) -> ServiceTime:
        """Return the law of minutes (consultations,), more than one value among them."""

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> GroupedLaws:
        """Return the law of each group."""
        return self.fitted.of(consultations, self.fewest, self.law)
