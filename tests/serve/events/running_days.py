"""Forty providers' days that run, and what is noted of them through the API, all the time."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.database import reading
from serve.models import Appointment, Event, Outlook, Patient, Provider
from tests.serve.booking.conftest import add_day
from tests.serve.conftest import Clinic
from tests.serve.events.service import Sender, add_user

#: Sessions, each of a provider of its own, and the patients of each.
DAYS, PATIENTS = 40, 8
#: Who listens: each provider, some of the patients, and the front desk at several screens.
LISTENING_PATIENTS, DESKS = 140, 2
#: For how long the sessions have been running, and the seconds between two notes: real ones are
#: some ten times rarer.
SINCE, PAUSE = timedelta(minutes=15), 0.3
#: What is noted of a visit, one after another.
NOTES = ("arrive", "start", "end")


@dataclass(frozen=True)
class Listens:
    """Who listens with which token; without an identifier, the front desk, which is told all."""

    token: str
    provider: object = None
    patient: object = None

    def is_told(self, event: Event) -> bool:
        """Return whether an event is for this listener's ears."""
        area = event.kind.partition(".")[0]
        if self.provider is not None:
            mine = ("appointment", "clinic_day", "waitlist")
            return event.provider_id == self.provider and area in mine
        if self.patient is not None:
            return event.patient_id == self.patient and area in ("appointment", "waitlist")
        return True


@dataclass(frozen=True)
class RunningDays:
    """The visits of each session, in order, and who listens."""

    visits: list[list[str]]
    listeners: list[Listens]


def add_running_days(session: Session, clinic: Clinic, streams_of_user: int) -> RunningDays:
    """Add sessions that began a while ago, of which nothing is noted yet."""
    now = datetime.now(UTC)
    begun = (now - SINCE).replace(second=0, microsecond=0)
    visits: list[list[str]] = []
    providers: list[Listens] = []
    patients: list[Listens] = []
    for number in range(DAYS):
        provider = Provider(practice_id=clinic.practice, name=f"Dr {number}")
        session.add(provider)
        session.flush()
        user = add_user(session, clinic, "provider", provider_id=provider.id)
        providers.append(Listens(user.token, provider=provider.id))
        _, seats = add_day(session, clinic, begun, (1,) * PATIENTS, provider.id)
        line = []
        for seat in sorted(seats, key=lambda one: one.interval):
            patient = Patient(practice_id=clinic.practice, name="Cy Patient")
            session.add(patient)
            session.flush()
            if len(patients) < LISTENING_PATIENTS:
                user = add_user(session, clinic, "patient")
                patient.user_id = user.id
                patients.append(Listens(user.token, patient=patient.id))
            visit = Appointment(
                practice_id=clinic.practice, visit_type_id=clinic.visit_type, seat_id=seat.id,
                starts_at=seat.starts_at, ends_at=seat.ends_at, patient_id=patient.id,
                status="booked", booked_at=now - timedelta(days=7),
            )  # fmt: skip
            session.add(visit)
            session.flush()
            line.append(str(visit.id))
        visits.append(line)
    desks = [
        Listens(token)
        for token in (add_user(session, clinic, "front_desk").token for _ in range(DESKS))
        for _ in range(streams_of_user)
    ]
    return RunningDays(visits, [*providers, *patients, *desks])


def all_are_looked_at() -> bool:
    """Return whether a worker says how each session is expected to go on."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Outlook)) == DAYS


class Attendance:
    """Somebody who notes who comes, and when consultations begin and end, day after day."""

    def __init__(self, sender: Sender, days: RunningDays) -> None:
        self.sender = sender
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._note, args=(days,))
        self._thread.start()

    def stop(self) -> None:
        """End the note that is being made."""
        self._stop.set()
        self._thread.join(60)

    def _note(self, days: RunningDays) -> None:
        lines = [self._notes_of(visits) for visits in days.visits]
        for line in cycle(lines):
            if self._stop.wait(PAUSE) or next(line, None) is None:
                return

    def _notes_of(self, visits: list[str]) -> Iterator[bool]:
        """Make the notes of one session, one each time it is asked."""
        for visit in visits:
            version = 1
            for note in NOTES:
                told = self.sender.send(f"/{visit}/{note}", {}, version)
                if told is None:
                    return
                version = told["version"]
                yield True
