"""Sessions that took place, with what would have been forecast of them, as a file for ``opt``.

The file says what the clinic's averages, the class of each patient (the visit type) and a forecast
of each patient's own had to say before the session, and what then happened. ``python -m opt
+experiment=forecast_value forecast_value.file=...`` computes what these forecasts are worth; the
fields are those of `opt.forecast_value.session_files`, version 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from forecast.consultation.grouped_laws import GroupedLaws
from forecast.consultation.model import ConsultationFitted
from forecast.data.history import OUTCOMES, History
from forecast.data.periods import Split
from objective import InvalidInput, ServiceTime
from objective.laws import Array

VERSION = 1
#: A visit type of fewer known visits has the clinic's share of no-shows.
FEWEST = 30
#: Largest probability not to come that a session may have.
LARGEST_NO_SHOW = 0.99


class NoShowFitted(Protocol):
    """A model that has learned how probably appointments are missed."""

    def probabilities(self, appointments: pd.DataFrame, known: History) -> Array:
        """Return the probability not to come of each appointment, (appointments,)."""
        ...


@dataclass(frozen=True)
class Forecasters:
    """Who forecasts what.

    Attributes
    ----------
    averages
        Laws of visit types and of the whole clinic.
    consultation
        Laws of each patient's own.
    no_show
        Probabilities of each appointment's own; None for those of the visit type.
    """

    averages: GroupedLaws
    consultation: ConsultationFitted
    no_show: NoShowFitted | None = None


def past_sessions(
    history: History,
    split: Split,
    forecasters: Forecasters,
    session_minutes: float | None = None,
) -> dict[str, Any]:
    """Return the sessions of the held-out period with their forecasts as plain names and numbers.

    Parameters
    ----------
    history
        All that happened; a forecast uses what was known before its day began.
    split
        The models learned from before ``train_until``; the sessions are from ``first``.
    session_minutes
        The planned length of every session, if it is known.

    Raises
    ------
    InvalidInput
        If no session is in the period.
    """
    patients = booked_patients(history, split.first, split.until)
    if patients.empty:
        period = f"{split.first} to {split.until}"
        raise InvalidInput("split", period, "a period with at least one session")
    own = forecasters.consultation.forecast(patients, history)
    by_class = forecasters.averages.forecast(patients, history)
    shares = _no_show_shares(history, split.train_until)
    by_type = patients["visit_type"].map(shares).fillna(shares[""])
    classes: Array = np.asarray(by_type, np.float64)
    misses = classes if forecasters.no_show is None else classes.copy()
    if forecasters.no_show is not None:
        _forecast_no_shows(forecasters.no_show, history, patients, misses)
    sessions = []
    for name, rows in patients.groupby("session", sort=False):
        places = [int(place) for place in rows.index]
        kinds = rows["visit_type"].tolist()
        came, minutes = rows["came"].tolist(), rows["minutes"].tolist()
        first = {kind: place for kind, place in zip(kinds[::-1], places[::-1], strict=True)}
        described: dict[str, Any] = {
            "session": str(name),
            "date": str(rows["started_at"].iloc[0].date()),
            "clinic": _forecast(shares[""], forecasters.averages.laws[-1]),
            "classes": {
                kind: _forecast(classes[place], by_class.service_time(place))
                for kind, place in sorted(first.items())
            },
            "patients": [
                {
                    "class": kind,
                    **_forecast(misses[place], own.service_time(place)),
                    "came": bool(there),
                    "minutes": float(took) if there else None,
                }
                for place, kind, there, took in zip(places, kinds, came, minutes, strict=True)
            ],
        }
        if session_minutes is not None:
            described["session_minutes"] = session_minutes
        sessions.append(described)
    return {"version": VERSION, "sessions": sessions}


def booked_patients(history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Return who was booked into the sessions of a period, in the order of their appointments.

    They are the consultations of each session but those of walk-ins, and the visits that were
    missed: such a visit belongs to the session of its provider on its day whose appointments are
    nearest to it.
    ``started_at`` is the appointment, where it is known, and else when the consultation began;
    ``came`` says who came.
    """
    table = history.consultations
    begun = table.groupby("session")["started_at"].transform("min")
    seen = table[(begun >= first) & (begun < until)].copy()
    seen["visit_type"] = seen["visit_type"].astype(str)
    seen["came"] = True
    visits = history.visits
    if len(visits):
        if "walk_in" in visits:
            # Who came without an appointment was booked by nobody.
            walked_in = visits["visit_id"][visits["walk_in"].eq(True)]
            seen = seen[~seen["visit_id"].isin(walked_in)]
        appointments = visits.drop_duplicates("visit_id").set_index("visit_id")["scheduled_at"]
        booked = pd.to_datetime(seen["visit_id"].map(appointments))
        # An appointment of another day would be a mistake of the records.
        kept = booked.dt.normalize() == seen["started_at"].dt.normalize()
        seen["started_at"] = booked.where(kept, seen["started_at"])
        seen = pd.concat([seen, _missed(visits, seen)], ignore_index=True)
    begun = seen.groupby("session")["started_at"].transform("min")
    ordered = seen.assign(begun=begun).sort_values(
        ["begun", "session", "started_at"], kind="stable"
    )
    return ordered.drop(columns="begun").reset_index(drop=True)


def _missed(visits: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the visits that were missed with the session that each belongs to."""
    missed = visits[visits["status"] == "no_show"].copy()
    missed = missed[missed["scheduled_at"].dt.normalize().isin(seen["started_at"].dt.normalize())]
    if missed.empty:
        return seen.iloc[:0]
    missed["visit_type"] = missed["visit_type"].astype(str)
    missed["started_at"] = missed["scheduled_at"]
    nearest = pd.merge_asof(
        missed.sort_values("started_at", kind="stable"),
        seen[["started_at", "provider", "session"]]
        .assign(there=seen["started_at"])
        .sort_values("started_at", kind="stable"),
        on="started_at",
        by="provider",
        direction="nearest",
    )
    same_day = nearest["there"].dt.normalize() == nearest["started_at"].dt.normalize()
    return pd.DataFrame(nearest[same_day].assign(came=False), columns=seen.columns)


def _forecast_no_shows(
    model: NoShowFitted, history: History, patients: pd.DataFrame, misses: Array
) -> None:
    """Write the forecast of each patient who has an appointment into ``misses``, day by day."""
    rows = pd.Series(patients.index, index=patients["visit_id"].astype(str))
    visits = history.visits[history.visits["visit_id"].astype(str).isin(rows.index)]
    for day, own in visits.groupby(visits["scheduled_at"].dt.normalize()):
        asked = own.assign(status="booked")
        for name in set(OUTCOMES) & set(own.columns):
            asked[name] = pd.NaT
        known = history.known_at(pd.Timestamp(str(day)))
        places = rows[own["visit_id"].astype(str)].to_numpy()
        misses[places] = np.clip(model.probabilities(asked, known), 0.0, LARGEST_NO_SHOW)


def _no_show_shares(history: History, until: pd.Timestamp) -> Mapping[str, float]:
    """Return the share of visits before a moment that were missed, by visit type; "" is all."""
    visits = history.visits
    if visits.empty:
        return {"": 0.0}
    known = visits[visits["scheduled_at"] < until]
    known = known[known["status"].isin(("completed", "no_show"))]
    missed = known["status"] == "no_show"
    everyone = float(missed.mean()) if len(known) else 0.0
    by_type = missed.groupby(known["visit_type"].astype(str)).agg(["mean", "size"])
    enough = by_type[by_type["size"] >= FEWEST]["mean"]
    return {**{str(kind): float(share) for kind, share in enough.items()}, "": everyone}


def _forecast(no_show: float, service_time: ServiceTime) -> dict[str, Any]:
    return {
        "no_show": min(float(no_show), LARGEST_NO_SHOW),
        "service_time": service_time.to_dict(),
    }
