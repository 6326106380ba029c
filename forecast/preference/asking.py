"""Who asks a kept model of choices, when, and what it is told of patients and their past."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.preference.fitted import Array, FittedPreference
from forecast.preference.quantity import Preference
from forecast.preference.usual import USUAL
from objective import InvalidInput

#: How seats are offered: each by itself, or all of an occasion at once.
Situation = Literal["alone", "together"]
SITUATIONS = ("alone", "together")
PATIENT = "patient_id"


@dataclass(frozen=True)
class Asking:
    """A model of choices, and what is known when it is asked.

    Attributes
    ----------
    quantity, model
        What the model looks at, and the model.
    history
        What is known of earlier choices.
    offered_at
        When the seats are offered.
    attributes
        What is known of patients, by ``patient_id``: the further columns of the quantity, and where
        it is there their usual provider.
    situation
        How the seats are offered.

    Raises
    ------
    InvalidInput
        If the situation is unknown.
    """

    quantity: Preference
    model: FittedPreference
    history: History
    offered_at: pd.Timestamp
    attributes: pd.DataFrame | None = None
    situation: Situation = "alone"

    def __post_init__(self) -> None:
        if self.situation not in SITUATIONS:
            raise InvalidInput("task.offered", self.situation, "alone or together")

    def acceptance(self, seats: pd.DataFrame) -> Array:
        """Return the probability that each seat is accepted, (rows,).

        Parameters
        ----------
        seats
            Rows with ``offer_id``, ``patient_id``, ``seat_at`` and ``provider``.

        Raises
        ------
        InvalidInput
            If a seat lies before the offer, or a column that the model looks at is not known.
        """
        if not len(seats):
            return np.empty(0)
        offers = self._with_attributes(seats.assign(offered_at=self.offered_at))
        known = self.history.known_at(self.offered_at)
        if self.situation == "alone":
            return self.model.acceptance(offers, known)
        return self.model.choices(offers, known)[0]

    def _with_attributes(self, offers: pd.DataFrame) -> pd.DataFrame:
        wanted = list(self.quantity.columns)
        table = self.attributes
        if table is None:
            if wanted:
                allowed = "a CSV file with patient_id and " + ", ".join(wanted)
                raise InvalidInput("task.attributes", None, allowed)
            return offers
        for name in wanted:
            if name not in table:
                raise InvalidInput(f"task.attributes, column {name}", None, "given")
        present = wanted + [USUAL] * (USUAL in table)
        return offers.join(table[present], on=PATIENT)


def read_attributes(path: Path) -> pd.DataFrame:
    """Return what a CSV file says of patients, by ``patient_id``.

    Raises
    ------
    InvalidInput
        If the file cannot be read, has no such column, or names a patient twice.
    """
    try:
        table = pd.read_csv(path, dtype={PATIENT: str})
    except OSError as error:
        raise InvalidInput("task.attributes", str(path), f"readable ({error.strerror})") from None
    except ValueError as error:
        raise InvalidInput("task.attributes", str(path), f"a CSV file ({error})") from None
    if PATIENT not in table:
        raise InvalidInput(f"task.attributes, column {PATIENT}", None, "given")
    twice = table[PATIENT].duplicated()
    if twice.any():
        raise InvalidInput("task.attributes", table[PATIENT][twice].iloc[0], "named once")
    return table.set_index(PATIENT)
