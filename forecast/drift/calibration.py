"""Whether a model in use still expects what happens: calibration in the large, and its score.

Calibration in the large compares the mean of what was expected with the mean of what happened
(Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7); both are told period by period.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.evaluation import Evaluation
from forecast.paired_test import Resampling, mean_draws
from objective import InvalidInput

#: Periods by their names, as pandas has them; a week begins on Monday.
PERIODS = {"day": "D", "week": "W-SUN", "month": "M"}


@dataclass(frozen=True)
class Calibration:
    """How a model did in the whole period, and in each part of it.

    Attributes
    ----------
    score
        Name of the proper score.
    expected, observed
        Means over all cases.
    low, high
        Ends of the 95 % interval of the difference, observed less expected.
    parts
        (parts, ``start``, ``cases``, ``expected``, ``observed``, ``difference``, ``low``, ``high``,
        ``score``): a part's interval takes its cases as independent.
    """

    score: str
    expected: float
    observed: float
    low: float
    high: float
    parts: pd.DataFrame

    @property
    def off(self) -> bool:
        """Whether the difference is more than chance."""
        return self.low > 0 or self.high < 0


def calibration(evaluation: Evaluation, period: str, resampling: Resampling) -> Calibration | None:
    """Return how the one model of an evaluation did; None if it does not tell what happened.

    Raises
    ------
    InvalidInput
        If the period is unknown, or there are too few blocks of cases.
    """
    if period not in PERIODS:
        raise InvalidInput("task.period", period, "one of " + ", ".join(PERIODS))
    outcomes = evaluation.outcomes
    if outcomes is None:
        return None
    cases = pd.DataFrame(
        {
            "expected": outcomes.expected.iloc[:, 0].to_numpy(float),
            "observed": outcomes.observed,
            "score": evaluation.losses.iloc[:, 0].to_numpy(float),
        }
    )
    difference = (cases["observed"] - cases["expected"]).to_numpy()
    drawn = mean_draws(difference[:, None], evaluation.blocks, resampling)
    low, high = np.quantile(drawn, [0.025, 0.975])
    parts = _parts(cases, pd.DatetimeIndex(outcomes.times).to_period(PERIODS[period]))
    means = cases.mean()
    return Calibration(
        evaluation.score,
        float(means["expected"]),
        float(means["observed"]),
        float(low),
        float(high),
        parts,
    )


def _parts(cases: pd.DataFrame, periods: pd.PeriodIndex) -> pd.DataFrame:
    cases = cases.assign(difference=cases["observed"] - cases["expected"])
    grouped = cases.groupby(periods.start_time)
    parts = grouped.mean().rename_axis("start")
    parts.insert(0, "cases", grouped.size())
    error = grouped["difference"].std().fillna(0.0) / np.sqrt(parts["cases"])
    parts["low"] = parts["difference"] - 1.96 * error
    parts["high"] = parts["difference"] + 1.96 * error
    return parts.reset_index()
