"""How sure a difference of scores is: a bootstrap of whole blocks of the cases, paired.

All models are scored on the same cases, so that what is hard about a case does not count between
them; and all cases of a block, such as those of a patient or a day, are drawn together, because
they are alike (Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.evaluation import Evaluation
from objective import InvalidInput
from objective.errors import finite_number, whole_number

#: Bytes that the draws of one step may take.
MEMORY = 64 * 2**20


@dataclass(frozen=True)
class Resampling:
    """How often, how sure, and with what seed.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    resamples: int = 2_000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number("resamples", self.resamples, 100, 1_000_000)
        allowed = "a number between 0.5 and 1"
        if not 0.5 < finite_number("confidence", self.confidence, allowed) < 1:
            raise InvalidInput("confidence", self.confidence, allowed)
        whole_number("seed", self.seed, 0, 2**32 - 1)


def mean_draws(
    values: NDArray[np.float64], blocks: NDArray[np.generic], resampling: Resampling
) -> NDArray[np.float64]:
    """Return means over cases whose blocks were drawn with replacement.

    Parameters
    ----------
    values
        (cases, columns).
    blocks
        What a case belongs to, (cases,).

    Returns
    -------
    means
        (resamples, columns).

    Raises
    ------
    InvalidInput
        If there are fewer than two blocks, or a value is not finite.
    """
    if not np.isfinite(values).all():
        raise InvalidInput("losses", "not finite", "finite for every case")
    names, place = np.unique(blocks, return_inverse=True)
    if len(names) < 2:
        raise InvalidInput("split", f"{len(names)} block held out", "a period of two at least")
    counts = np.bincount(place).astype(float)
    sums = np.stack([np.bincount(place, weights=column) for column in values.T], axis=1)
    generator = np.random.default_rng(resampling.seed)
    means = np.empty((resampling.resamples, values.shape[1]))
    step = max(1, MEMORY // (8 * len(names)))
    for first in range(0, resampling.resamples, step):
        size = min(step, resampling.resamples - first)
        drawn = generator.integers(len(names), size=(size, len(names)))
        # How often each block was drawn, so that the sums are one product of matrices.
        cells = drawn + np.arange(size)[:, None] * len(names)
        times = np.bincount(cells.ravel(), minlength=size * len(names)).reshape(size, -1)
        means[first : first + size] = (times @ sums) / (times @ counts)[:, None]
    return means


def score_gains(evaluation: Evaluation, against: str, resampling: Resampling) -> pd.DataFrame:
    """Return by how much each model's mean score is lower than that of another.

    Returns
    -------
    gains
        (models, ``gain``, ``low``, ``high``): the gain and the ends of its percentile interval,
        in units of the score; above 0 is better than ``against``.

    Raises
    ------
    InvalidInput
        If there are fewer than two blocks, or a score is not finite.
    """
    losses = evaluation.losses
    differences = losses[against].to_numpy(float)[:, None] - losses.to_numpy(float)
    return _intervals(losses.columns, differences, evaluation.blocks, resampling)


def behind_champion(evaluation: Evaluation, resampling: Resampling) -> pd.DataFrame | None:
    """Return by how much each model is worse than the champion.

    Returns
    -------
    DataFrame or None
        Columns ``behind``, ``low`` and ``high``, a row for each model, in units of the score; None
        where there are too few blocks to tell.
    """
    try:
        gains = score_gains(evaluation, evaluation.champion, resampling)
    except InvalidInput:
        return None
    # Less 0 and not minus 0.
    return 0.0 - gains.rename(columns={"gain": "behind", "low": "high", "high": "low"})


def _intervals(
    names: pd.Index,
    differences: NDArray[np.float64],
    blocks: NDArray[np.generic],
    resampling: Resampling,
) -> pd.DataFrame:
    tail = (1 - resampling.confidence) / 2
    low, high = np.quantile(mean_draws(differences, blocks, resampling), [tail, 1 - tail], axis=0)
    gains = {"gain": differences.mean(axis=0), "low": low, "high": high}
    return pd.DataFrame(gains, index=names.rename("model"))
