"""From cases to numbers: visit type, provider, covariates and the patient's own past."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.consultation.cases import checked_cases, logs
from forecast.consultation.groups import Groups
from forecast.consultation.own_past import own_past
from forecast.data.history import History
from objective import InvalidInput
from objective.errors import positive_number
from objective.laws import Array

#: A group of fewer consultations has no typical duration of its own.
FEWEST = 20


@dataclass(frozen=True)
class Covariates:
    """What is used of a case beside visit type, provider and the patient's own past.

    Attributes
    ----------
    categorical, numeric
        Names of further columns of the consultations.
    prior
        How many consultations' weight it has that a patient is like all others.

    Raises
    ------
    InvalidInput
        If a field is not as it should be.
    """

    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    prior: float = 2.0

    def __post_init__(self) -> None:
        for name in ("categorical", "numeric"):
            given = getattr(self, name)
            texts = not isinstance(given, str) and all(isinstance(one, str) for one in given)
            if not texts or len(set(given)) != len(given):
                raise InvalidInput(f"options.{name}", given, "different names of columns")
        positive_number("options.prior", self.prior)

    @property
    def columns(self) -> tuple[str, ...]:
        """All further columns that are used."""
        return (*self.categorical, *self.numeric)


@dataclass(frozen=True)
class Encoding:
    """How cases become numbers, as learned from consultations.

    Attributes
    ----------
    covariates
        What is used.
    levels
        The values that each categorical column had; another one is none of them.
    groups, typical
        Groups by visit type and provider, and the mean logarithm of the minutes in each.
    centre, spread
        Mean and standard deviation of each input, (inputs,).
    """

    covariates: Covariates
    levels: Mapping[str, tuple[str, ...]]
    groups: Groups
    typical: Array
    centre: Array
    spread: Array

    @staticmethod
    def of(consultations: pd.DataFrame, covariates: Covariates) -> "Encoding":
        """Learn it from consultations."""
        checked_cases(consultations, covariates.columns)
        columns = ("visit_type", "provider", *covariates.categorical)
        levels = {
            name: tuple(sorted(map(str, consultations[name].dropna().unique()))) for name in columns
        }
        groups = Groups.of(consultations, FEWEST)
        durations = logs(consultations)
        typical = np.array([durations[rows].mean() for rows in groups.members(consultations)])
        plain = Encoding(covariates, levels, groups, typical, np.zeros(1), np.ones(1))
        raw = plain._raw(consultations, consultations)
        spread = raw.std(axis=0)
        return Encoding(
            covariates, levels, groups, typical, raw.mean(axis=0), np.where(spread > 0, spread, 1.0)
        )

    def inputs(self, cases: pd.DataFrame, known: History) -> Array:
        """Return the inputs of cases, (cases, inputs), each of mean 0 and standard deviation 1.

        Raises
        ------
        InvalidInput
            If the cases lack a column that is used.
        """
        checked = checked_cases(cases, self.covariates.columns)
        return (self._raw(checked, known.consultations) - self.centre) / self.spread

    def own_past(self, cases: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
        """Return what the patients' earlier consultations tell, (cases, 4)."""
        minutes = pd.to_numeric(past["minutes"], errors="coerce").to_numpy(np.float64)
        # What was not measured, or cannot be, tells nothing.
        usable = np.isfinite(minutes) & (minutes > 0)
        there = past[usable]
        ratios = np.log(minutes[usable]) - self.typical[self.groups.place(there)]
        return own_past(cases, there, ratios, self.covariates.prior)

    def _raw(self, cases: pd.DataFrame, past: pd.DataFrame) -> Array:
        own = self.own_past(cases, past)
        columns = [
            own["own_log_ratio"].to_numpy(),
            own["own_last_log_ratio"].to_numpy(),
            np.log1p(own["own_consultations"].to_numpy()),
            np.log1p(own["own_days_since"].to_numpy()),
            (own["own_consultations"] == 0).to_numpy(np.float64),
        ]
        for name, levels in self.levels.items():
            values = cases[name].astype(str).to_numpy()
            columns += [(values == level).astype(np.float64) for level in levels]
        for name in self.covariates.numeric:
            numbers = pd.to_numeric(cases[name], errors="coerce").to_numpy(np.float64)
            there = np.isfinite(numbers)
            # Long tails, such as of visit numbers, are drawn in; what is missing says so.
            columns += [np.arcsinh(np.where(there, numbers, 0.0)), (~there).astype(np.float64)]
        return np.column_stack(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        return {
            "categorical": list(self.covariates.categorical),
            "numeric": list(self.covariates.numeric),
            "prior": self.covariates.prior,
            "levels": {name: list(values) for name, values in self.levels.items()},
            "groups": self.groups.to_list(),
            "typical": self.typical.tolist(),
            "centre": self.centre.tolist(),
            "spread": self.spread.tolist(),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Encoding":
        """Make the encoding that `to_dict` described."""
        return Encoding(
            Covariates(
                tuple(description["categorical"]),
                tuple(description["numeric"]),
                description["prior"],
            ),
            {name: tuple(values) for name, values in description["levels"].items()},
            Groups.from_list(description["groups"]),
            *(np.array(description[name]) for name in ("typical", "centre", "spread")),
        )
