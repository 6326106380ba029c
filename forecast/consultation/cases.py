"""Consultations that models can learn from, and the order in which they are known."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput
from objective.laws import Array

#: Columns that a case must have for a forecast.
NEEDED = ("patient_id", "provider", "visit_type", "started_at")


def checked_consultations(table: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Return consultations in the order of their times.

    Raises
    ------
    InvalidInput
        If there are fewer than ``fewest``, a column is missing, or minutes are not finite and
        above 0, naming the visit.
    """
    for name in (*NEEDED, "session", "minutes"):
        if name not in table:
            raise InvalidInput("consultations", sorted(map(str, table)), f"with a column {name}")
    minutes = pd.to_numeric(table["minutes"], errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(minutes) & (minutes > 0)))
    if wrong.size:
        row = table.iloc[int(wrong[0])]
        field = f"consultations.minutes of visit {row.get('visit_id', table.index[wrong[0]])}"
        raise InvalidInput(field, row["minutes"], "a finite number of minutes above 0")
    if len(table) < fewest:
        raise InvalidInput("consultations", len(table), f"at least {fewest}")
    ordered = table.assign(minutes=minutes).sort_values("started_at", kind="stable")
    return ordered.reset_index(drop=True)


def checked_cases(cases: pd.DataFrame, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return cases to forecast; raise `InvalidInput` if they lack a column that is needed."""
    for name in (*NEEDED, *columns):
        if name not in cases:
            raise InvalidInput("cases", sorted(map(str, cases)), f"with a column {name}")
    times = pd.to_datetime(cases["started_at"], errors="coerce")
    if times.isna().any():
        wrong = cases["started_at"][times.isna()].iloc[0]
        raise InvalidInput("cases.started_at", str(wrong), "a date with a time")
    return cases.assign(started_at=times)


def logs(consultations: pd.DataFrame) -> Array:
    """Return the logarithms of the minutes, (consultations,)."""
    return np.asarray(np.log(consultations["minutes"].to_numpy(np.float64)), np.float64)


def earlier_part(consultations: pd.DataFrame, share: float) -> NDArray[np.bool_]:
    """Return which consultations are of the first so large share of the sessions.

    The others are as later sessions will be: unseen. Sessions are in the order in which they
    begin, and at least one is on either side where there are two.
    """
    begun = consultations.groupby("session")["started_at"].min().sort_values(kind="stable")
    first = int(np.clip(round(share * len(begun)), 1, max(1, len(begun) - 1)))
    return consultations["session"].isin(begun.index[:first]).to_numpy()
