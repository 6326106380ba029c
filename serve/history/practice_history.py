"""The history of a practice from its own appointments."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from forecast.data.derived import arrivals_of_visits, consultations_of_visits
from forecast.data.history import History
from forecast.data.tables import VISITS
from serve.models import Appointment, ClinicDay, Practice, Provider, Seat, VisitType

#: Times of an appointment that the table of visits has by the same name.
TIMES = ("booked_at", "arrived_at", "started_at", "ended_at", "cancelled_at")


def history_of_practice(session: Session, practice_id: UUID) -> History:
    """Return what a practice recorded, on its wall clock; nobody is named."""
    practice = session.get_one(Practice, practice_id)
    columns = [getattr(Appointment, name) for name in TIMES]
    rows = session.execute(
        select(
            Appointment.id,
            Appointment.patient_id,
            Provider.name,
            VisitType.name,
            Appointment.starts_at,
            Appointment.status,
            Appointment.walk_in,
            *columns,
        )
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .join(VisitType, VisitType.id == Appointment.visit_type_id)
        .where(
            Appointment.practice_id == practice_id,
            Appointment.status != "expired",
            Appointment.booked_at.is_not(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    zone = ZoneInfo(practice.zone)

    def clock(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)

    names = ["visit_id", "patient_id", "provider", "visit_type", "scheduled_at", "status",
             "walk_in", *TIMES]  # fmt: skip
    told = [
        [str(visit), str(patient), provider, kind, clock(starts), status, walk_in,
         *map(clock, times)]
        for visit, patient, provider, kind, starts, status, walk_in, *times in rows
    ]  # fmt: skip
    if not told:
        return History(country=practice.country or None)
    visits = pd.DataFrame(told, columns=names)
    for name in ("scheduled_at", *TIMES):
        visits[name] = pd.to_datetime(visits[name]).astype("datetime64[ns]")
    visits = visits[[column.name for column in VISITS.columns]]
    return History(
        visits=visits,
        arrivals=arrivals_of_visits(visits),
        consultations=consultations_of_visits(visits),
        country=practice.country or None,
    )
