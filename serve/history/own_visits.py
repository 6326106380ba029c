"""The practice's own appointments and offers, as rows of the forecasts' tables."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from forecast.data.coercion import texts
from forecast.data.tables import OFFERS, VISITS
from serve.history.identifying import identifying
from serve.models import (
    Appointment,
    ClinicDay,
    Offer,
    Patient,
    Provider,
    Seat,
    VisitType,
    WaitlistEntry,
)

#: Two moments, of which neither is left out.
Window = tuple[datetime, datetime]
#: What is no visit yet: asked for, or kept for somebody who has not booked.
LEFT_OUT = ("requested", "held", "expired")
#: Years of age beyond which nobody is told apart.
OLDEST = 90
TIMES = ("booked_at", "scheduled_at", "arrived_at", "started_at", "ended_at", "cancelled_at")
#: Columns beside those of the visits: which session it was, the name elsewhere, what is known.
BESIDE = ("session", "external_id")


def own_visits(
    session: Session, practice_id: UUID, zone: str, window: Window | None = None
) -> pd.DataFrame:
    """Return the visits of a practice on its wall clock, with `BESIDE`, age, area and attributes.

    Identifiers are texts; `serve.history.practice_history` makes pseudonyms of them. With a window
    only those that begin within it.
    """
    query = (
        select(
            Appointment.id,
            Appointment.patient_id,
            Provider.name.label("provider"),
            VisitType.name.label("visit_type"),
            Appointment.booked_at,
            Appointment.created_at,
            Appointment.starts_at.label("scheduled_at"),
            Appointment.status,
            Appointment.arrived_at,
            Appointment.started_at,
            Appointment.ended_at,
            Appointment.cancelled_at,
            Appointment.walk_in,
            Appointment.external_id,
            ClinicDay.starts_at.label("session"),
            Patient.born_on,
            Patient.area,
            Patient.attributes,
        )
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .join(VisitType, VisitType.id == Appointment.visit_type_id)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(Appointment.practice_id == practice_id, Appointment.status.not_in(LEFT_OUT))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    if window is not None:
        query = query.where(Appointment.starts_at.between(*window))
    rows = _frame(session, query)
    if rows.empty:
        return pd.DataFrame(columns=[*(one.name for one in VISITS.columns), *BESIDE])
    for name in (*TIMES, "created_at", "session"):
        rows[name] = on_wall_clock(rows[name], zone)
    rows["visit_id"] = rows["id"].map(str)
    rows["patient_id"] = rows["patient_id"].map(str)
    rows["walk_in"] = rows["walk_in"].astype(bool)
    _follow_the_rules(rows)
    rows["session"] = rows["provider"] + " " + rows["session"].dt.strftime("%Y-%m-%d %H:%M")
    rows["age"] = _ages(rows.pop("born_on"), rows["scheduled_at"])
    rows["area"] = texts(rows["area"])
    attributes = _attributes(rows.pop("attributes"), set(map(str, rows.columns)))
    columns = [*(one.name for one in VISITS.columns), *BESIDE, "age", "area"]
    return pd.concat([rows[columns], attributes], axis=1)


def own_offers(session: Session, practice_id: UUID, zone: str) -> pd.DataFrame:
    """Return the offers to patients on the waiting list that were answered or ran out."""
    query = (
        select(
            Offer.id.label("offer_id"),
            WaitlistEntry.patient_id,
            Offer.created_at.label("offered_at"),
            Seat.starts_at.label("seat_at"),
            Provider.name.label("provider"),
            Offer.status,
        )
        .join(WaitlistEntry, WaitlistEntry.id == Offer.entry_id)
        .join(Seat, Seat.id == Offer.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .where(WaitlistEntry.practice_id == practice_id, Offer.status != "offered")
        .order_by(Offer.created_at, Offer.id)
    )
    rows = _frame(session, query)
    if rows.empty:
        return pd.DataFrame(columns=[one.name for one in OFFERS.columns])
    for name in ("offered_at", "seat_at"):
        rows[name] = on_wall_clock(rows[name], zone)
    rows["offer_id"] = rows["offer_id"].map(str)
    rows["patient_id"] = rows["patient_id"].map(str)
    rows["chosen"] = rows.pop("status") == "accepted"
    return rows


def _frame(session: Session, query: Select[*tuple[Any, ...]]) -> pd.DataFrame:
    """Return what a query finds, as objects; tuples are read in a fraction of mappings' time."""
    found = session.execute(query)
    return pd.DataFrame(map(tuple, found), columns=list(found.keys()), dtype=object)


def on_wall_clock(moments: pd.Series, zone: str) -> pd.Series:
    """Return moments as the practice's clock showed them, without a zone."""
    times = pd.to_datetime(moments, utc=True)
    return times.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[ns]")


def _follow_the_rules(rows: pd.DataFrame) -> None:
    """Make what staff did late fit what a visit is: it is booked before it begins.

    A walk-in books and is scheduled on arrival.
    """
    walk_in = rows["walk_in"].to_numpy(bool)
    came = rows["arrived_at"].fillna(rows["scheduled_at"])
    rows["scheduled_at"] = rows["scheduled_at"].where(~walk_in, came)
    booked = rows["booked_at"].fillna(rows["created_at"])
    booked = booked.where(booked <= rows["scheduled_at"], rows["scheduled_at"])
    rows["booked_at"] = booked.where(~walk_in, came)


def _ages(born: pd.Series, visits: pd.Series) -> pd.Series:
    """Return completed years of age at each visit; missing where no birthday is known."""
    ages = [_age(one, visit.date()) for one, visit in zip(born, visits, strict=True)]
    return pd.Series(ages, index=visits.index, dtype=np.float64)


def _age(born: date | None, day: date) -> float:
    if born is None or pd.isna(born):
        return float("nan")
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return float(min(max(years, 0), OLDEST))


def _attributes(documents: Iterable[Mapping[str, Any]], taken: set[str]) -> pd.DataFrame:
    """Return attributes of patients that are plain values, a column each."""
    rows = [
        {
            name: value
            for name, value in (one or {}).items()
            if _plain(value) and name not in taken and not identifying(name)
        }
        for one in documents
    ]
    made = pd.DataFrame(rows, index=range(len(rows)))
    objects = [name for name in made if made[name].dtype == object]
    return made.assign(**{str(name): texts(made[name]) for name in objects})


def _plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool))
