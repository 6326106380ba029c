"""The population stability index: how far the values of an input have moved between two periods.

Over bins, the sum of ``(p - q) ln(p / q)`` of the shares in the two periods: the symmetric
Kullback-Leibler divergence (Siddiqi 2006, Credit Risk Scorecards, whose thresholds of 0.1 and 0.25
are the usual ones). Were there no shift, the index would still be about ``(1/n + 1/m)`` times a
chi-squared of as many degrees of freedom as there are bins but one (Yurdakul & Naranjo 2020,
doi:10.21314/JRMV.2020.227): what chance alone reaches is told beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from objective import InvalidInput
from objective.errors import finite_number, whole_number

#: Levels of a text that have a bin of their own, the most frequent ones; the others share one.
LEVELS = 20
#: Of 100 inputs that have not moved, chance alone takes one beyond what is told.
CHANCE = 0.99
STABLE, WATCH, SHIFTED = "stable", "watch", "shifted"
MISSING, UNSEEN, OTHERS = "missing", "unseen", "others"


@dataclass(frozen=True)
class Thresholds:
    """How an index is read.

    Attributes
    ----------
    bins
        Into how many equally frequent bins the numbers of the reference period are put.
    watch, shifted
        From what index on an input is watched, and is said to have shifted.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    bins: int = 10
    watch: float = 0.1
    shifted: float = 0.25

    def __post_init__(self) -> None:
        whole_number("task.bins", self.bins, 2, 1_000)
        low, high = (
            finite_number(f"task.{name}", getattr(self, name), "a number greater than 0")
            for name in ("watch", "shifted")
        )
        if not 0 < low <= high:
            raise InvalidInput("task.watch", low, f"greater than 0, at most task.shifted, {high}")


@dataclass(frozen=True)
class Stability:
    """How far an input has moved.

    Attributes
    ----------
    name
        The input.
    index
        Its population stability index.
    chance
        What chance alone seldom reaches with so few cases.
    status
        `STABLE`, `WATCH` or `SHIFTED`.
    bins
        Names of the bins.
    reference, current
        Share of the cases in each bin, (bins,).
    """

    name: str
    index: float
    chance: float
    status: str
    bins: tuple[str, ...]
    reference: NDArray[np.float64]
    current: NDArray[np.float64]


def stability(
    reference: pd.DataFrame, current: pd.DataFrame, thresholds: Thresholds
) -> list[Stability]:
    """Return how far each input has moved, the farthest first.

    Parameters
    ----------
    reference, current
        The inputs in the two periods, (cases, inputs), with the same columns.

    Raises
    ------
    InvalidInput
        If a period has no cases.
    """
    for name, table in (("reference", reference), ("current", current)):
        if table.empty:
            raise InvalidInput(f"{name} period", "without cases", "a period with cases")
    found = [_of_one(str(name), reference[name], current[name], thresholds) for name in reference]
    return sorted(found, key=lambda one: -one.index)


def _of_one(name: str, before: pd.Series, now: pd.Series, thresholds: Thresholds) -> Stability:
    numeric = pd.api.types.is_numeric_dtype(before) and not pd.api.types.is_bool_dtype(before)
    bins = _numbers(before, now, thresholds.bins) if numeric else _texts(before, now)
    names, counts = bins
    # Bins that are empty in both periods say nothing; half a case more avoids the logarithm of 0.
    used = counts.sum(axis=0) > 0
    kept = counts[:, used]
    shares = (kept + 0.5) / (kept + 0.5).sum(axis=1, keepdims=True)
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    scale = float((1 / counts.sum(axis=1)).sum())
    chance = scale * float(stats.chi2.ppf(CHANCE, max(1, used.sum() - 1)))
    status = STABLE
    if index > chance:
        status = SHIFTED if index >= thresholds.shifted else status
        status = WATCH if thresholds.watch <= index < thresholds.shifted else status
    plain = kept / counts.sum(axis=1, keepdims=True)
    kept_names = tuple(one for one, use in zip(names, used, strict=True) if use)
    return Stability(name, index, chance, status, kept_names, plain[0], plain[1])


def _numbers(before: pd.Series, now: pd.Series, bins: int) -> tuple[list[str], NDArray[np.float64]]:
    """Count numbers in bins that are equally frequent before, and those that are missing."""
    values = [one.to_numpy(dtype=float, na_value=np.nan) for one in (before, now)]
    there = values[0][~np.isnan(values[0])]
    levels = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(np.quantile(there, levels, method="inverted_cdf")) if len(there) else there
    counts = [_count(np.searchsorted(edges, one), np.isnan(one), len(edges) + 1) for one in values]
    shown = [f"{edge:g}" for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(shown)]
    ends = [f"up to {shown[0]}", *between, f"above {shown[-1]}"] if shown else ["any"]
    return [*ends, MISSING], np.array(counts, dtype=float)


def _texts(before: pd.Series, now: pd.Series) -> tuple[list[str], NDArray[np.float64]]:
    """Count texts by their levels before, those that were unseen, and those that are missing."""
    seen = before.dropna().astype(str).value_counts()
    frequent = list(seen.index[:LEVELS])
    names = [*frequent, OTHERS, UNSEEN]
    place = {name: number for number, name in enumerate(frequent)}
    rare = dict.fromkeys(seen.index[LEVELS:], len(frequent))
    counts = []
    for one in (before, now):
        found = one.astype(str).map({**rare, **place}).fillna(len(frequent) + 1)
        counts.append(_count(found.to_numpy(int), one.isna().to_numpy(), len(names)))
    return [*names, MISSING], np.array(counts, dtype=float)


def _count(place: NDArray[np.intp], missing: NDArray[np.bool_], bins: int) -> Sequence[int]:
    """Count the cases of each bin, and in the end those that are missing."""
    return [*np.bincount(place[~missing], minlength=bins), int(missing.sum())]
