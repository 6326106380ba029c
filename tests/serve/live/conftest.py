"""A clinic whose sessions run: booked, played and looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.live.standing import Standing, standings
from serve.models import Appointment, ClinicDay, Event, Patient, Practice, Provider, Seat
from tests.serve.conftest import NOW, Clinic

#: The sessions begin three quarters of an hour after the clock's moment: at ten in Amsterdam.
START = NOW + timedelta(minutes=45)
MINUTE = timedelta(minutes=1)


def objective_of(law: dict[str, Any], schedule: Sequence[int], **more: Any) -> dict[str, Any]:
    """Return the description of a session of intervals of ten minutes."""
    session = {
        "patients": sum(schedule),
        "intervals": len(schedule),
        "interval_length": 10.0,
        "service_time": law,
        "no_show": 0.1,
    }
    weights = {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4}
    return {"session": session | more, "weights": weights}


EXPONENTIAL = {"law": "exponential", "mean": 9.0}
#: Six patients in six intervals.
SCHEDULE = (2, 1, 1, 0, 1, 1)


@dataclass
class Running:
    """The clinic and its sessions; shorthand for rows and for what happens."""

    app: APIFlask
    clinic: Clinic
    patients: list[UUID] = field(default_factory=list)

    def add_provider(self) -> UUID:
        """Add a provider."""

        def work(session: Session) -> UUID:
            made = Provider(practice_id=self.clinic.practice, name=f"Dr {len(self.patients)}")
            session.add(made)
            session.flush()
            return made.id

        return transaction(work)

    def add_day(
        self,
        schedule: Sequence[int] = SCHEDULE,
        law: dict[str, Any] = EXPONENTIAL,
        starts: datetime = START,
        provider: UUID | None = None,
        booked: Sequence[int] | None = None,
        objective: dict[str, Any] | None = None,
        **more: Any,
    ) -> tuple[UUID, list[UUID]]:
        """Add a session with its seats; book those of some numbers, or all of them.

        Returns the session, and the appointments in the order of their seats.
        """

        def work(session: Session) -> tuple[UUID, list[UUID]]:
            day = ClinicDay(
                practice_id=self.clinic.practice,
                provider_id=provider or self.clinic.provider,
                visit_type_id=self.clinic.visit_type,
                location_id=self.clinic.location,
                rule="individual",
                day=starts.date(),
                starts_at=starts,
                ends_at=starts + 10 * len(schedule) * MINUTE,
                interval_minutes=10.0,
                objective=objective or objective_of(law, schedule, **more),
            )
            session.add(day)
            session.flush()
            places = [(one, n) for one, count in enumerate(schedule) for n in range(count)]
            made = []
            for rank, (interval, number) in enumerate(places):
                seat = self._seat(session, day, interval, number)
                if booked is None or rank in booked:
                    made.append(self._booked(session, seat))
            return day.id, made

        return transaction(work)

    def _seat(
        self, session: Session, day: ClinicDay, interval: int, number: int, **more: Any
    ) -> Seat:
        begins = day.starts_at + interval * 10 * MINUTE
        seat = Seat(
            clinic_day_id=day.id,
            interval=interval,
            number=number,
            starts_at=begins,
            ends_at=begins + 10 * MINUTE,
            **more,
        )
        session.add(seat)
        session.flush()
        return seat

    def _booked(self, session: Session, seat: Seat, **more: Any) -> UUID:
        patient = Patient(
            practice_id=self.clinic.practice, name="Secret", email="secret@people.example"
        )
        session.add(patient)
        session.flush()
        self.patients.append(patient.id)
        values = {"status": "booked", "booked_at": NOW - timedelta(days=7)} | more
        made = Appointment(
            practice_id=self.clinic.practice,
            patient_id=patient.id,
            visit_type_id=self.clinic.visit_type,
            seat_id=seat.id,
            starts_at=seat.starts_at,
            ends_at=seat.ends_at,
            **values,
        )
        session.add(made)
        session.flush()
        return made.id

    def add_extra(self, day_id: UUID, interval: int, number: int = 9, **more: Any) -> UUID:
        """Add an extra seat and whoever has it."""

        def work(session: Session) -> UUID:
            day = session.get_one(ClinicDay, day_id)
            seat = self._seat(session, day, interval, number, extra=True, reason="urgent")
            return self._booked(session, seat, **more)

        return transaction(work)

    def set(self, model: type, identifier: UUID, **values: Any) -> None:
        """Change a row, whatever its version; a number of minutes is from the sessions' start."""
        moments = {
            name: START + value * MINUTE if name.endswith("_at") and value is not None else value
            for name, value in values.items()
        }
        key = next(iter(model.__table__.primary_key))
        transaction(lambda session: session.execute(
            update(model).where(key == identifier).values(**moments)
        ))  # fmt: skip

    def become(self, appointment: UUID, status: str, **minutes: float | None) -> None:
        """Give an appointment a status, and moments by the first part of their names."""
        values = {f"{name}_at": value for name, value in minutes.items()}
        self.set(Appointment, appointment, status=status, **values)

    def get(self, model: type, identifier: UUID) -> Any:
        """Return a row as it is now; None for none."""
        with reading() as session:
            return session.get(model, identifier)

    def standing(self, day: UUID) -> Standing:
        """Return a day as it stands."""
        with reading() as session:
            return standings(session, [day])[0]

    def events(self, *kinds: str) -> list[Event]:
        """Return the events of some kinds so far."""
        with reading() as session:
            query = select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)
            return list(session.scalars(query))

    def set_practice(self, **values: Any) -> None:
        """Change the practice."""
        self.set(Practice, self.clinic.practice, **values)


def add_running_days(running: Running, days: int) -> None:
    """Add running sessions of as many providers, sixteen patients each, with laws of their own."""
    for number in range(days):
        law = {"law": "gamma", "mean": 14.0 + number / 10, "cv": 0.5}
        walk_ins = {"service_time": {"law": "gamma", "mean": 8.0, "cv": 0.6}, "rate": 0.05}
        _, booked = running.add_day(
            (1, 0) * 16, law, provider=running.add_provider(), walk_ins=walk_ins
        )
        running.become(booked[0], "completed", arrived=0, started=0, ended=16)
        running.become(booked[1], "in_consultation", arrived=20, started=20)
        running.become(booked[2], "arrived", arrived=39)


@pytest.fixture
def running(app: APIFlask, clinic: Clinic) -> Iterator[Running]:
    """A clinic, within its application."""
    with app.app_context():
        yield Running(app, clinic)
