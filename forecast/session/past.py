"""What a history says of a provider's past sessions, as it is known when a forecast is made."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.derived import consultations_of_visits
from forecast.data.history import History
from forecast.session.request import SessionRequest
from objective import InvalidInput

CAME = ("arrived", "in_consultation", "completed")
MISSED = "no_show"
#: Statuses of an appointment that still takes a place.
AHEAD = ("requested", "held", "booked")


def end_of(history: History) -> pd.Timestamp:
    """Return the first midnight after everything that a history knows to have happened.

    Raises
    ------
    InvalidInput
        If it knows of nothing.
    """
    visits = history.visits
    happened = visits[visits["status"].isin([*CAME, MISSED])] if len(visits) else visits
    times = [
        happened["scheduled_at"],
        visits["booked_at"],
        history.arrivals["start"],
        history.consultations["started_at"],
    ]
    last = [one.max() for one in times if len(one)]
    last = [one for one in last if pd.notna(one)]
    if not last:
        raise InvalidInput("history", "no rows", "visits, arrivals or consultations")
    return pd.Timestamp(max(last)).normalize() + pd.Timedelta(days=1)


@dataclass(frozen=True)
class Past:
    """A history up to the moment of a forecast.

    Attributes
    ----------
    request
        The session that is wanted.
    known
        What is known.
    as_of
        When the forecast is made.
    """

    request: SessionRequest
    known: History
    as_of: pd.Timestamp

    @staticmethod
    def of(request: SessionRequest, history: History) -> "Past":
        """Return what is known of a history for a session.

        Raises
        ------
        InvalidInput
            If the history knows of nothing, or the session lies in its past or beyond the horizon.
        """
        as_of = end_of(history) if request.as_of is None else request.as_of
        if request.begins < as_of:
            allowed = f"not before {as_of}, until when the history is known"
            raise InvalidInput("task.date", f"{request.date:%Y-%m-%d}", allowed)
        last = as_of.normalize() + pd.Timedelta(days=request.horizon)
        if request.date > last:
            allowed = f"at most {request.horizon} days ahead, up to {last:%Y-%m-%d}"
            raise InvalidInput("task.date", f"{request.date:%Y-%m-%d}", allowed)
        return Past(request, history.known_at(as_of), as_of)

    @property
    def since(self) -> pd.Timestamp:
        """From when on averages are taken."""
        return self.as_of - pd.Timedelta(days=self.request.days)

    @property
    def seen(self) -> bool:
        """Whether the provider is known at all."""
        name = self.request.provider
        tables = (self.known.visits, self.known.consultations)
        return any(bool((table["provider"] == name).any()) for table in tables if len(table))

    @property
    def booked(self) -> pd.DataFrame:
        """Appointments that are booked into the session already."""
        visits = self.known.visits
        if not len(visits):
            return visits
        inside = (visits["scheduled_at"] >= self.request.begins) & (
            visits["scheduled_at"] < self.request.until
        )
        own = visits["provider"] == self.request.provider
        return visits[inside & own & visits["status"].isin(AHEAD)]

    @property
    def appointments(self) -> pd.DataFrame:
        """Past appointments of all providers of which it is known who came; no walk-ins."""
        visits = self.known.visits
        if not len(visits):
            return visits
        told = visits["status"].isin([*CAME, MISSED]) & (visits["scheduled_at"] >= self.since)
        return visits[told & ~walk_in(visits)]

    @property
    def walk_ins(self) -> pd.DataFrame:
        """Past walk-ins of all providers."""
        visits = self.known.visits
        if not len(visits):
            return visits
        return visits[walk_in(visits) & (visits["scheduled_at"] >= self.since)]

    @property
    def worked(self) -> pd.DataFrame:
        """Past days on which each provider saw anybody: ``provider`` and ``day``, each once."""
        visits = self.known.visits
        if not len(visits):
            return pd.DataFrame({"provider": [], "day": pd.DatetimeIndex([])})
        here = visits["status"].isin(CAME) & (visits["scheduled_at"] >= self.since)
        table = visits.loc[here, ["provider"]].assign(
            day=visits.loc[here, "scheduled_at"].dt.normalize()
        )
        return table.drop_duplicates()

    @property
    def consultations(self) -> pd.DataFrame:
        """Past consultations of all providers, from their table or else from the visits."""
        table = self.known.consultations
        if not len(table):
            table = consultations_of_visits(self.known.visits)
        if not len(table):
            return table
        minutes = table["minutes"].to_numpy(np.float64)
        recent = (table["started_at"] >= self.since).to_numpy(np.bool_)
        kept: pd.DataFrame = table.loc[recent & np.isfinite(minutes) & (minutes > 0)]
        return kept


def walk_in(visits: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which visits came without an appointment, (visits,)."""
    if "walk_in" not in visits:
        return np.zeros(len(visits), np.bool_)
    return visits["walk_in"].eq(True).to_numpy(np.bool_)
