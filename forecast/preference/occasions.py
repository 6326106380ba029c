"""Occasions on which seats were offered: which rows belong together, and what was chosen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput

Whole = NDArray[np.int64]

#: What a table of offers has whether or not it is known what was chosen.
OFFERED = ("offer_id", "patient_id", "offered_at", "seat_at", "provider")


@dataclass(frozen=True)
class Occasions:
    """Rows of offers by occasion.

    Attributes
    ----------
    of
        The occasion of each row, (rows,), in the order in which they first appear.
    patients, offered_at
        Who chose, and when, (occasions,).
    """

    of: Whole
    patients: NDArray[np.object_]
    offered_at: pd.DatetimeIndex

    @property
    def count(self) -> int:
        """Number of occasions."""
        return len(self.patients)


def occasions_of(offers: pd.DataFrame) -> Occasions:
    """Return the occasions of offers.

    Parameters
    ----------
    offers
        Rows with the columns `OFFERED`; those with the same ``offer_id`` were offered together.

    Raises
    ------
    InvalidInput
        If a column is missing, a value is, a seat lies before its offer, or the rows of an occasion
        belong to several patients or moments.
    """
    for name in OFFERED:
        if name not in offers:
            raise InvalidInput(f"offers.{name}", None, "a column of the table")
        empty = offers[name].isna().to_numpy()
        if empty.any():
            raise InvalidInput(f"offers.{name}", _row(offers, empty), "given in every row")
    for name in ("offered_at", "seat_at"):
        if not pd.api.types.is_datetime64_dtype(offers[name]):
            raise InvalidInput(f"offers.{name}", str(offers[name].dtype), "times without a zone")
    early = (offers["seat_at"] < offers["offered_at"]).to_numpy()
    if early.any():
        raise InvalidInput("offers.seat_at", _row(offers, early), "not before offered_at")
    codes, _ = pd.factorize(offers["offer_id"])
    of = codes.astype(np.int64)
    _, first = np.unique(of, return_index=True)
    heads = offers.iloc[first]
    for name in ("patient_id", "offered_at"):
        other = offers[name].to_numpy() != heads[name].to_numpy()[of]
        if other.any():
            raise InvalidInput(f"offers.{name}", _row(offers, other), "the same in an occasion")
    return Occasions(
        of, heads["patient_id"].to_numpy(object), pd.DatetimeIndex(heads["offered_at"])
    )


def chosen_rows(offers: pd.DataFrame, occasions: Occasions) -> Whole:
    """Return the row that was chosen on each occasion, (occasions,); -1 where all were declined.

    Raises
    ------
    InvalidInput
        If it is not said of each row whether it was chosen, or several of an occasion were.
    """
    if "chosen" not in offers:
        raise InvalidInput("offers.chosen", None, "a column of the table")
    unclear = ~offers["chosen"].isin([True, False]).to_numpy()
    if unclear.any():
        raise InvalidInput("offers.chosen", _row(offers, unclear), "true or false in every row")
    taken = np.flatnonzero(offers["chosen"].to_numpy(bool))
    number = np.bincount(occasions.of[taken], minlength=occasions.count)
    several = (number > 1)[occasions.of]
    if several.any():
        raise InvalidInput("offers.chosen", _row(offers, several), "at most one of an occasion")
    rows = np.full(occasions.count, -1, np.int64)
    rows[occasions.of[taken]] = taken
    return rows


def _row(offers: pd.DataFrame, wrong: NDArray[np.bool_]) -> str:
    """Return in words how many rows are wrong, and the first."""
    first = int(np.flatnonzero(wrong)[0])
    name = offers["offer_id"].iloc[first]
    return f"wrong in {int(wrong.sum())} rows, first in row {first} (occasion {name})"
