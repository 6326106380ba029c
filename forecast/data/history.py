"""A clinic's history, as far as it is known at a moment."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from forecast.data.known import (
    EVENTS,
    known_arrivals,
    known_consultations,
    known_offers,
    known_visits,
)
from forecast.data.tables import TABLES, TIMES

#: What is not known of a visit before it happens.
OUTCOMES = tuple(EVENTS)


def _nothing(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=[one.name for one in TABLES[name].columns])


@dataclass(frozen=True)
class History:
    """What a clinic recorded, in tables whose columns `forecast.data.tables` describes.

    Attributes
    ----------
    visits, arrivals, consultations, offers
        The tables, each in the order of its times; one that is not there has no rows.
    country
        Whose bank holidays the clinic keeps, such as GB or GB-ENG; None for nobody's.
    """

    visits: pd.DataFrame = field(default_factory=lambda: _nothing("visits"))
    arrivals: pd.DataFrame = field(default_factory=lambda: _nothing("arrivals"))
    consultations: pd.DataFrame = field(default_factory=lambda: _nothing("consultations"))
    offers: pd.DataFrame = field(default_factory=lambda: _nothing("offers"))
    country: str | None = None

    def known_at(self, moment: pd.Timestamp) -> "History":
        """Return what was known at a moment: what had happened before it (`forecast.data.known`).

        Perturbing what lies after the moment changes nothing of it.
        """
        return replace(
            self,
            visits=known_visits(self.visits, moment),
            arrivals=known_arrivals(self.arrivals, moment),
            consultations=known_consultations(self.consultations, moment),
            offers=known_offers(self.offers, moment),
        )

    def since(self, moment: pd.Timestamp) -> "History":
        """Return what took place from a moment on, where all before it was different."""
        tables: dict[str, pd.DataFrame] = {name: getattr(self, name) for name in TIMES}
        kept: dict[str, Any] = {
            name: table[table[TIMES[name]] >= moment].reset_index(drop=True)
            if len(table)
            else table
            for name, table in tables.items()
        }
        return replace(self, **kept)

    def fingerprint(self) -> str:
        """Return a hash of all rows, by which a model says what it learned from."""
        digest = hashlib.sha256(str(self.country).encode())
        for name in TABLES:
            table: pd.DataFrame = getattr(self, name)
            digest.update(f"{name}:{','.join(table.columns)}:{len(table)}".encode())
            if len(table):
                digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
        return digest.hexdigest()
