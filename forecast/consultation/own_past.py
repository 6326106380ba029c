"""What a patient's own earlier consultations tell of the next.

Only consultations of strictly earlier days count: a forecast is made before the day begins, so that
what happens in the same session, or in the other one of the same day, is not known to it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective.laws import Array

#: The columns of `own_past`.
NAMES = ("own_log_ratio", "own_last_log_ratio", "own_consultations", "own_days_since")


def own_past(
    cases: pd.DataFrame, past: pd.DataFrame, log_ratios: Array, prior: float
) -> pd.DataFrame:
    """Return what is known of the patients of cases from their earlier consultations.

    Parameters
    ----------
    cases
        With ``patient_id`` and ``started_at``.
    past
        Consultations; those of the day of a case or later do not count for it.
    log_ratios
        (past,): logarithm of how long each took over what is typical of its visit type.
    prior
        How many consultations' weight it has that a patient is like all others.

    Returns
    -------
    The columns `NAMES`, (cases, 4): the mean log ratio shrunk towards 0 (a patient of n earlier
    consultations counts n / (n + prior)), the last log ratio, the number of earlier consultations
    and the days since the last; all 0 for a patient without any.
    """
    days = pd.to_datetime(past["started_at"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    numbers: Mapping[Any, int] = {
        patient: number for number, patient in enumerate(past["patient_id"].unique())
    }
    patients = past["patient_id"].map(numbers).to_numpy(np.int64)
    order = np.lexsort((np.arange(len(past)), days, patients))
    patients, days = patients[order], days[order]
    by_patient = pd.Series(log_ratios[order]).groupby(patients)
    # Sums of each patient alone: they do not depend on who else is in the table.
    count = np.append(by_patient.cumcount().to_numpy(np.float64) + 1, 0.0)
    total = np.append(by_patient.cumsum().to_numpy(np.float64), 0.0)
    last = np.append(log_ratios[order], 0.0)
    seen = np.append(days, 0)
    mine = cases["patient_id"].map(numbers).fillna(-1).to_numpy(np.int64)
    today = pd.to_datetime(cases["started_at"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    before = _last_before(patients, days, mine, today)
    nobody = before == len(past)
    since = np.where(nobody, 0, today - seen[before])
    return pd.DataFrame(
        dict(
            zip(
                NAMES,
                (total[before] / (count[before] + prior), last[before], count[before],
                 since.astype(np.float64)),
                strict=True,
            )
        ),
        index=cases.index,
    )  # fmt: skip


def _last_before(
    patients: NDArray[np.int64],
    days: NDArray[np.int64],
    mine: NDArray[np.int64],
    today: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Return where the last earlier consultation of each case's patient stands, else past the end.

    ``patients`` and ``days`` are sorted by patient and then day.
    """
    if not len(patients):
        return np.zeros(len(mine), np.intp)
    first_day = min(days.min(), today.min()) if len(today) else days.min()
    span = max(days.max(), today.max(initial=0)) - first_day + 2
    keys = patients * span + (days - first_day)
    place = np.searchsorted(keys, mine * span + (today - first_day), side="left") - 1
    same = (place >= 0) & (mine >= 0)
    same &= patients[np.maximum(place, 0)] == mine
    return np.where(same, place, len(patients)).astype(np.intp)
