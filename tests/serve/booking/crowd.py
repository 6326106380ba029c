"""Processes that book the same seats at the same time, and what must be true afterwards.

Each process writes down what it was told is done, after the commit, in a journal of its own that
is on the disk before it goes on. Some are killed in the middle of whatever they do.
"""

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from serve.booking.changing import cancel, move
from serve.booking.holding import book, confirm, hold
from serve.booking.who import THE_SERVICE
from serve.database import connect, db, lock, reading, transaction
from serve.errors import Conflict, Refused
from serve.models import Appointment, Event, Seat, StatusChange
from serve.models.appointment import BUSY, HOLDING
from serve.settings import Settings

#: Appointments that a process keeps before it cancels some.
KEPT = 6
Done = tuple[UUID, int, str, UUID | None]


@dataclass
class Crowd:
    """Processes that book.

    Attributes
    ----------
    url, seats, patients
        Where and what they book, and for whom.
    folder
        Where the journals are.
    processes, bookings
        How many there are, and how many bookings each tries.
    seconds
        When they stop, whatever they have tried by then.
    """

    url: str
    seats: Sequence[UUID]
    patients: Sequence[UUID]
    folder: Path
    processes: int = 8
    bookings: int = 500
    seconds: float = 600.0
    tried: Any = field(init=False)

    def __post_init__(self) -> None:
        self.tried = RawArray("i", self.processes)

    def run(self, disturb: Callable[[list[Any]], None], every: float) -> int:
        """Let all processes book until each has tried enough; return how many were started.

        Parameters
        ----------
        disturb
            Called every so many seconds with the processes; those it kills are started anew.
        """
        context = multiprocessing.get_context("fork")
        # A connection of SQLite must not be carried into another process.
        db.engine.dispose()
        started = 0
        crowd: list[Any] = [None] * self.processes
        ends = time.monotonic() + self.seconds
        disturbed = time.monotonic()
        while time.monotonic() < ends:
            for number, process in enumerate(crowd):
                left = self.tried[number] < self.bookings
                if left and (process is None or process.exitcode not in (None, 0)):
                    crowd[number] = context.Process(
                        target=self.book_many, args=(number, started), daemon=True
                    )
                    crowd[number].start()
                    started += 1
            if not any(process.is_alive() for process in crowd):
                break
            time.sleep(0.05)
            if time.monotonic() > disturbed + every:
                disturb(crowd)
                disturbed = time.monotonic()
        for process in crowd:
            process.kill()
            process.join()
        return started

    def book_many(self, number: int, seed: int) -> None:
        """Try bookings, and change some of them, in a process of its own."""
        app = Flask("crowd")
        app.config["SETTINGS"] = Settings(database_url=self.url)
        connect(app, self.url)
        chance = random.Random(seed)
        # Whoever is started anew goes on with what was booked before.
        told = journals(self.folder, f"{number}-*.jsonl")
        mine = list({UUID(note["done"][0]) for note in told if note["done"]})
        path = self.folder / f"{number}-{seed}.jsonl"
        with app.app_context(), path.open("ab", buffering=0) as journal:
            while self.tried[number] < self.bookings:
                self.tried[number] += 1
                for attempt in self._attempts(chance, mine):
                    note = _tried(attempt)
                    journal.write(json.dumps(note).encode() + b"\n")
                    os.fsync(journal.fileno())
                    if note["done"] and UUID(note["done"][0]) not in mine:
                        mine.append(UUID(note["done"][0]))
        os._exit(0)

    def _attempts(
        self, chance: random.Random, mine: list[UUID]
    ) -> list[Callable[[Session], Appointment | None]]:
        """Return a booking, and sometimes a confirmation, a move or a cancellation after it."""
        seat, patient = chance.choice(self.seats), chance.choice(self.patients)
        now = datetime.now(UTC)
        kept = timedelta(seconds=chance.choice((0.05, 30)))
        attempts: list[Callable[[Session], Appointment | None]]
        if chance.random() < 0.6:
            attempts = [lambda session: book(session, seat, patient, now, THE_SERVICE)]
        else:
            attempts = [lambda session: hold(session, seat, patient, now, THE_SERVICE, now + kept)]
        if mine and chance.random() < 0.5:
            one, other = chance.choice(mine), chance.choice(self.seats)
            attempts.append(_to(one, chance.choice((confirm, move)), other))
        while len(mine) > KEPT:
            attempts.append(_to(mine.pop(chance.randrange(len(mine))), cancel, None))
        return attempts


def _to(
    identifier: UUID, rule: Callable[..., Appointment], seat: UUID | None
) -> Callable[[Session], Appointment | None]:
    def attempt(session: Session) -> Appointment | None:
        found = lock(session, Appointment, identifier)
        if found is None:
            return None
        more = [seat] if rule is move else []
        return rule(session, found, *more, datetime.now(UTC), THE_SERVICE)

    return attempt


def _tried(attempt: Callable[[Session], Appointment | None]) -> dict[str, Any]:
    """Return what became of an attempt: what was done, or why it was refused."""

    def work(session: Session) -> Done | None:
        made = attempt(session)
        if made is None:
            return None
        number = session.scalar(
            select(func.max(StatusChange.number)).where(StatusChange.appointment_id == made.id)
        )
        return made.id, number or 0, made.status, made.seat_id

    while True:
        try:
            done = transaction(work)
        except OperationalError:
            # The server is away for longer than one transaction waits: ask again, as people do.
            time.sleep(0.2)
        except Conflict as error:
            return {"done": None, "refused": error.reason}
        except Refused as error:
            return {"done": None, "refused": type(error).__name__}
        except Exception as error:
            return {"done": None, "refused": "unexpected", "why": repr(error)[:500]}
        else:
            return {"done": done and [str(one) if isinstance(one, UUID) else one for one in done]}


def journals(folder: Path, pattern: str = "*.jsonl") -> list[dict[str, Any]]:
    """Return all that was written down; a line that a kill cut off was never acknowledged."""
    lines = [
        line
        for path in sorted(folder.glob(pattern))
        for line in path.read_bytes().split(b"\n")[:-1]
    ]
    return [json.loads(line) for line in lines]


def check(notes: Sequence[dict[str, Any]]) -> Counter[str]:
    """Check all that must be true after a crowd booked seats; return what it was told how often."""
    told = Counter(note.get("refused") or "done" for note in notes)
    assert not [note for note in notes if note.get("refused") == "unexpected"][:3]
    with reading() as session:
        _check_file(session)
        _check_seats(session)
        _check_patients(session)
        _check_histories(session, notes)
    return told


def check_free_seats_can_be_booked(
    seats: Sequence[UUID], add_patient: Callable[[], UUID], now: datetime
) -> None:
    """Book every seat that nobody has, for somebody new; then all of them have a holder."""
    with reading() as session:
        taken = set(
            session.scalars(
                select(Appointment.seat_id).where(
                    Appointment.status.in_(HOLDING),
                    (Appointment.status != "held") | (Appointment.held_until > now),
                )
            )
        )
    free = [seat for seat in seats if seat not in taken]
    for seat in free:
        patient = add_patient()
        transaction(lambda session: book(session, seat, patient, now, THE_SERVICE).id)  # noqa: B023
    with reading() as session:
        _check_seats(session)
        held = session.scalar(
            select(func.count()).where(
                Appointment.seat_id.in_(seats), Appointment.status.in_(HOLDING)
            )
        )
    assert held == len(seats)


def _check_seats(session: Session) -> None:
    """No seat has two holders, and no interval more patients than seats."""
    twice = (
        select(Appointment.seat_id)
        .where(Appointment.status.in_(HOLDING))
        .group_by(Appointment.seat_id)
        .having(func.count() > 1)
    )
    assert session.scalars(twice).all() == []
    seats = {
        (day, interval): count
        for day, interval, count in session.execute(
            select(Seat.clinic_day_id, Seat.interval, func.count()).group_by(
                Seat.clinic_day_id, Seat.interval
            )
        )
    }
    booked = session.execute(
        select(Seat.clinic_day_id, Seat.interval, func.count())
        .join(Appointment, Appointment.seat_id == Seat.id)
        .where(Appointment.status.in_(HOLDING))
        .group_by(Seat.clinic_day_id, Seat.interval)
    )
    assert all(count <= seats[day, interval] for day, interval, count in booked)


def _check_patients(session: Session) -> None:
    """No patient is in two places, and every appointment has the times of its seat."""
    other = aliased(Appointment)
    overlapping = (
        select(func.count())
        .select_from(Appointment)
        .join(other, (other.patient_id == Appointment.patient_id) & (other.id > Appointment.id))
        .where(
            Appointment.status.in_(BUSY),
            other.status.in_(BUSY),
            Appointment.starts_at < other.ends_at,
            other.starts_at < Appointment.ends_at,
        )
    )
    assert session.scalar(overlapping) == 0
    elsewhere = (
        select(func.count())
        .select_from(Appointment)
        .join(Seat, Seat.id == Appointment.seat_id)
        .where((Seat.starts_at != Appointment.starts_at) | (Seat.ends_at != Appointment.ends_at))
    )
    assert session.scalar(elsewhere) == 0


def _check_histories(session: Session, notes: Sequence[dict[str, Any]]) -> None:
    """Every history is whole, and has all that was acknowledged, with its seat."""
    states: dict[tuple[str, int], tuple[str, str | None]] = {}
    histories: dict[UUID, list[StatusChange]] = {}
    for change in session.scalars(select(StatusChange).order_by(StatusChange.number)):
        histories.setdefault(change.appointment_id, []).append(change)
    count = 0
    for appointment in session.scalars(select(Appointment)):
        changes = histories[appointment.id]
        assert [one.number for one in changes] == list(range(1, len(changes) + 1))
        after = [one.before for one in changes[1:]]
        ends = [(one["status"], one["seat_id"]) for one in after]
        ends.append((appointment.status, str(appointment.seat_id)))
        assert [status for status, _ in ends] == [one.status for one in changes]
        for change, end in zip(changes, ends, strict=True):
            states[str(appointment.id), change.number] = end
        count += len(changes)
    steps = select(func.count()).select_from(Event).where(Event.kind != "appointment.left")
    assert session.scalar(steps) == count
    for note in notes:
        if note.get("done"):
            identifier, number, status, seat = note["done"]
            assert states.get((identifier, number)) == (status, seat), note


def _check_file(session: Session) -> None:
    """SQLite's file is whole."""
    if session.get_bind().dialect.name == "sqlite":
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
