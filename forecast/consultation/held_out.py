"""How far a forecast of the logarithm of the minutes is off in sessions that it has not seen."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.consultation.cases import earlier_part, logs
from forecast.consultation.encoding import Covariates, Encoding
from forecast.consultation.groups import Groups
from forecast.data.history import History
from objective.laws import Array

#: Share of the sessions, the earliest, from which is learned what is tested on the others.
LEARNED = 0.8
#: A visit type or provider has residuals of its own from so many consultations on.
FEWEST = 200
#: Predicts logarithms of minutes (cases,) from inputs (cases, inputs).
Predict = Callable[[Array], Array]
#: Learns from inputs and logarithms of the first sessions; also given are those of the others.
Learn = Callable[[Array, Array, Array, Array], Predict]


@dataclass(frozen=True)
class Residuals:
    """Differences of logarithms, true minus predicted, in sessions that were not learned from.

    Attributes
    ----------
    groups
        Groups by visit type and provider that had enough consultations; new patients, say, are
        harder to forecast than those who return.
    of
        The differences in each group, moved so that their mean is that of all: visit type and
        provider are inputs of the prediction, which knows how long their consultations are; only
        how they spread is a matter of the group.
    """

    groups: Groups
    of: tuple[Array, ...]


def held_out_residuals(
    consultations: pd.DataFrame, covariates: Covariates, learn: Learn
) -> Residuals:
    """Return what is wrong in the last sessions after learning from the first.

    Where there is one session alone, it is learned from and tested on.
    """
    first = earlier_part(consultations, LEARNED)
    later = first if first.all() else ~first
    encoding = Encoding.of(consultations[first], covariates)
    inputs = encoding.inputs(consultations, History(consultations=consultations))
    durations = logs(consultations)
    predict = learn(inputs[first], durations[first], inputs[later], durations[later])
    residuals = durations[later] - predict(inputs[later])
    cases = consultations[later]
    groups = Groups.of(cases, FEWEST)
    own = [residuals[rows] for rows in groups.members(cases)]
    return Residuals(groups, tuple(one - one.mean() + residuals.mean() for one in own))


def root_mean_square(residuals: Array) -> float:
    """Return the root mean square of residuals (cases,)."""
    return float(np.sqrt(np.mean(residuals**2)))
