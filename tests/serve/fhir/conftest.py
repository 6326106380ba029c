"""A practice with something of everything, and clients who speak FHIR."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from serve.database import reading, transaction
from serve.models import (
    Appointment,
    AuditEntry,
    Location,
    Patient,
    PatientIdentifier,
    Provider,
    Seat,
    StatusChange,
)
from tests.serve.booking.conftest import START, add_day
from tests.serve.conftest import NOW, Clinic, token_for

FHIR_JSON = "application/fhir+json"
#: A system that numbers a country's people, and one of a hospital.
NATIONAL, HOSPITAL = "http://fhir.nl/fhir/NamingSystem/bsn", "https://hospital.example/patients"
#: What each status needs beside it.
MOMENTS: dict[str, dict[str, Any]] = {
    "held": {"held_until": NOW + timedelta(minutes=10)},
    "booked": {"booked_at": NOW},
    "arrived": {"booked_at": NOW, "arrived_at": NOW},
    "in_consultation": {"booked_at": NOW, "arrived_at": NOW, "started_at": NOW},
    "completed": {"booked_at": NOW, "arrived_at": NOW, "started_at": NOW, "ended_at": NOW},
    "no_show": {"booked_at": NOW},
    "cancelled_by_patient": {"cancelled_at": NOW},
    "cancelled_by_practice": {"cancelled_at": NOW},
    "expired": {},
}


class Fhir:
    """Somebody who speaks FHIR with a token."""

    def __init__(self, app: APIFlask, token: str | None) -> None:
        self.client, self.token = app.test_client(), token

    def __call__(
        self, method: str, path: str, body: Any = None, media: str = FHIR_JSON, **more: Any
    ) -> TestResponse:
        """Send a request to a path beneath the base, or to a whole address."""
        headers = {"Accept": FHIR_JSON} | more.pop("headers", {})
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            more |= {"json": body, "content_type": media}
        if not more.get("query_string"):
            more.pop("query_string", None)
        url = path if "://" in path else f"/fhir/r4/{path}".rstrip("/")
        return self.client.open(url, method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """Return what is there, which must be."""
        answer = self("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == FHIR_JSON
        return answer.get_json()

    def found(self, path: str, **query: Any) -> list[Any]:
        """Return the resources that a search finds."""
        bundle = self.get(path, **query)
        return [one["resource"] for one in bundle.get("entry", ())]

    def operation(self, name: str, *parameters: Any, **more: Any) -> TestResponse:
        """Call an operation on appointments."""
        body = {"resourceType": "Parameters", "parameter": list(parameters)}
        return self("POST", f"Appointment/${name}", body, **more)

    def find(self, *parameters: Any) -> list[Any]:
        """Return the proposed appointments that ``$find`` finds."""
        answer = self.operation("find", *parameters)
        assert answer.status_code == 200, answer.text
        return [one["resource"] for one in answer.get_json().get("entry", ())]

    def done(self, name: str, *parameters: Any, **more: Any) -> Any:
        """Return the appointment of an operation that must be taken."""
        answer = self.operation(name, *parameters, **more)
        assert answer.status_code == 200, answer.text
        entries = answer.get_json()["entry"]
        assert len(entries) == 1
        return entries[0]["resource"]


def refers(appointment: Any, name: str = "appointment-reference") -> dict[str, Any]:
    """Return the parameter that refers to an appointment, or to what a text names."""
    text = appointment if isinstance(appointment, str) else f"Appointment/{appointment['id']}"
    return {"name": name, "valueReference": {"reference": text}}


def refusal(answer: TestResponse, status: int) -> list[Any]:
    """Return the issues of an answer that must be a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == FHIR_JSON
    outcome = answer.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    issues: list[Any] = outcome["issue"]
    return issues


@dataclass
class Filled:
    """A practice with an appointment in every status, and what is free.

    Attributes
    ----------
    day, seats
        A session three days ahead: its first six seats are free, then one for each status.
    appointments
        Identifiers by status.
    """

    clinic: Clinic
    day: UUID
    seats: list[UUID]
    appointments: dict[str, UUID]

    def get(self, model: Any, identifier: UUID) -> Any:
        """Return a row as it is now."""
        with reading() as session:
            return session.get_one(model, identifier)


@pytest.fixture
def filled(app: APIFlask, clinic: Clinic) -> Iterator[Filled]:
    """A practice with something of everything."""

    def work(session: Session) -> Filled:
        patient = session.get_one(Patient, clinic.patient)
        patient.born_on, patient.email = date(1980, 2, 29), "ada@people.example"
        patient.phone = "+31 20 123456"
        for system, value in ((NATIONAL, "123456782"), (HOSPITAL, "P-1")):
            session.add(
                PatientIdentifier(
                    practice_id=clinic.practice, patient_id=patient.id, system=system, value=value
                )
            )
        session.get_one(Location, clinic.location).address = "Main street 1, Amsterdam"
        session.get_one(Provider, clinic.provider).external_id = "https://big.example|99"
        day, seats = add_day(session, clinic, schedule=[1] * 18)
        made = {}
        for number, (status, more) in enumerate(MOMENTS.items(), start=6):
            made[status] = _appointment(session, clinic, seats[number], status, more)
        requested = Appointment(
            practice_id=clinic.practice, patient_id=clinic.patient,
            visit_type_id=clinic.visit_type, status="requested",
        )  # fmt: skip
        session.add(requested)
        session.flush()
        made["requested"] = requested.id
        seats[16].withdrawn = True
        seats[17].extra, seats[17].reason = True, "an urgent visit"
        session.add(AuditEntry(practice_id=clinic.practice, by="system", action="patient.read"))
        return Filled(clinic, day.id, [seat.id for seat in seats], made)

    with app.app_context():
        yield transaction(work)


def _appointment(
    session: Session, clinic: Clinic, seat: Seat, status: str, more: dict[str, Any]
) -> UUID:
    made = Appointment(
        practice_id=clinic.practice, patient_id=clinic.patient, visit_type_id=clinic.visit_type,
        seat_id=seat.id, starts_at=seat.starts_at, ends_at=seat.ends_at, status=status,
        created_at=NOW, external_id=f"https://hospital.example/visits|{status}",
        walk_in=status == "arrived", **more,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(
        StatusChange(appointment_id=made.id, number=1, status=status, at=NOW, created_at=NOW)
    )
    return made.id


@pytest.fixture
def fhir_as(app: APIFlask, clinic: Clinic) -> Callable[..., Fhir]:
    """Return a client for a role, of a token with all scopes or some; ``nobody`` has no token."""

    def make(role: str, scopes: list[str] | None = None) -> Fhir:
        if role == "nobody":
            return Fhir(app, None)
        with app.app_context():
            return Fhir(app, token_for(clinic.users[role], scopes))

    return make


__all__ = ["START"]
