"""All parts killed for three minutes: each notice arrives, once, and no listener misses an event.

SMTP leaves one window, and no program can close it: the server has taken a mail, and the worker is
killed before it has written that down. After a while another worker looks at the message again. If
it still is true it is handed over again, as otherwise it could be lost: with the same Message-ID,
by which whoever receives mail leaves out what is there already. If the visit has changed meanwhile
it is withdrawn, although it was received; the news of that change follow. A worker has one mail in
hand at a time, so that each kill makes at most one such repeat or one such mail, and this is shown:
both together are no more than the kills, and all else that was received is exactly what the
database says was sent, once each.

Those who listen to the stream meanwhile come back by the last event that they know.
"""

import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve import create_app
from serve.database import db, reading, transaction
from serve.migrations import migrate
from serve.models import Appointment, Event, OutboxMessage, Patient, Practice, Provider
from serve.settings import Settings
from tests.serve.booking.conftest import add_day
from tests.serve.conftest import SQLITE_AT_NIGHT, Clinic, make_clinic, token_for
from tests.serve.events.conftest import free_port
from tests.serve.events.crowd import Followers
from tests.serve.events.service import environment_of
from tests.serve.notify.conftest import MailServer, serve_mail
from tests.serve.test_soak import Acknowledged, Killed, Patiently, service

#: Seconds that visits are booked, moved and cancelled while processes are killed: three minutes.
SECONDS = {"sqlite": 60, "postgresql": 120}
#: Seconds between two kills.
CALM = (2.0, 5.0)
#: Seconds that a message is in hand, and in which what is still due must arrive in the end.
IN_HAND, IN_THE_END = 6, 90
CALLERS, PATIENTS = 3, 60
#: Sessions that begin in a day, one after another, so that their reminders are due one after
#: another while all is used, and a little longer.
SESSIONS, SEATS, LONGER = 10, 4, 30
#: Streams that the front desk has open.
STREAMS = 8


@dataclass
class Used:
    """Who books, and what was answered when."""

    seats: list[str]
    patients: list[str]
    token: str
    all_due_at: datetime
    cancelled: dict[UUID, datetime] = field(default_factory=dict)


@dataclass
class SlowMailServer(MailServer):
    """A server that says with a little delay that it took a mail: then a worker may be killed."""

    def __post_init__(self) -> None:
        chance = random.Random(3)

        self.before_answer = lambda: time.sleep(chance.uniform(0, 0.08))


def prepared(app: APIFlask, seconds: float) -> Used:
    """Make a practice, its patients with addresses, and seats tomorrow."""
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        token = token_for(clinic.users["administrator"], now=datetime.now(UTC))
        all_due_at = datetime.now(UTC) + timedelta(seconds=seconds + LONGER)
        seats, patients = transaction(lambda session: _filled(session, clinic, all_due_at))
        return Used(seats, patients, token, all_due_at)


def _filled(session: Session, clinic: Clinic, all_due_at: datetime) -> tuple[list[str], list[str]]:
    session.get_one(Practice, clinic.practice).contact = "020 1234567"
    patients = [
        Patient(practice_id=clinic.practice, name=f"Patient {number}", email=f"p{number}@b.example")
        for number in range(PATIENTS)
    ]
    session.add_all(patients)
    seats = []
    apart = (all_due_at - datetime.now(UTC)) / SESSIONS
    for number in range(SESSIONS):
        provider = Provider(practice_id=clinic.practice, name=f"Dr {number}")
        session.add(provider)
        session.flush()
        starts_at = all_due_at + timedelta(days=1) - number * apart
        _, made = add_day(session, clinic, starts_at, (SEATS,), provider.id)
        seats += [str(seat.id) for seat in made]
    return seats, [str(one.id) for one in patients]


def use(caller: Patiently, used: Used, until: float, patients: list[str], seed: int) -> None:
    """Book, move and cancel visits until it is enough."""
    chance = random.Random(seed)
    own: list[str] = []
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.05, 0.25))
        what = chance.random()
        if own and what < 0.6:
            identifier = chance.choice(own)
            version = caller("GET", f"/appointments/{identifier}").json()["version"]
            if what < 0.35:
                body = {"seat_id": chance.choice(used.seats)}
                answer = caller("POST", f"/appointments/{identifier}/move", version, json=body)
                assert answer.status_code in (200, 409, 412), answer.text
                continue
            answer = caller("POST", f"/appointments/{identifier}/cancel", version, json={})
            # A cancellation whose answer was lost is sent again, and finds itself done.
            assert answer.status_code in (200, 409, 412), answer.text
            used.cancelled[UUID(identifier)] = datetime.now(UTC)
            own.remove(identifier)
        else:
            body = {"seat_id": chance.choice(used.seats), "patient_id": chance.choice(patients)}
            answer = caller("POST", "/appointments", json=body)
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 201:
                own.append(answer.json()["id"])


def nothing_due(app: APIFlask) -> bool:
    """Return whether no message that is due waits."""
    due = select(OutboxMessage.id).where(
        OutboxMessage.state == "waiting", OutboxMessage.due_at <= datetime.now(UTC)
    )
    with app.app_context(), reading() as session:
        return session.scalar(due.limit(1)) is None


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_every_notice_and_event_arrives_once_while_all_parts_are_killed(
    settings: Settings, tmp_path: Path
):
    """And the last that a patient hears of a visit is how it is."""
    seconds = SECONDS["sqlite" if settings.embedded else "postgresql"]
    app = create_app(settings)
    used = prepared(app, seconds)
    server = SlowMailServer()
    controller = serve_mail(server)
    chance = random.Random(11)
    mail = {"BAILEY_SMTP_URL": server.url, "BAILEY_MAIL_FROM": "clinic@bailey.example"}
    options = ("--in-hand", str(IN_HAND))
    port = free_port()
    events = Killed(
        [sys.executable, "-m", "flask", "--app", "serve", "events"],
        environment_of(settings) | {"BAILEY_EVENTS_BIND": f"127.0.0.1:{port}"},
        tmp_path / "events.log",
    )
    followers = Followers(port, [used.token] * STREAMS)
    try:
        with service(settings, tmp_path, mail, options) as (address, web, worker):
            watcher = Patiently(address, used.token, Acknowledged())
            assert watcher("GET", "/practice").status_code == 200
            assert followers.know(0, 120), "not all streams are open"
            first = [one.known for one in followers.all]
            until = time.monotonic() + seconds
            with ThreadPoolExecutor(CALLERS) as pool:
                users = [
                    pool.submit(
                        use, Patiently(address, used.token, Acknowledged()), used, until,
                        used.patients[number::CALLERS], number,
                    )
                    for number in range(CALLERS)
                ]  # fmt: skip
                while time.monotonic() < until:
                    time.sleep(chance.uniform(*CALM))
                    # The worker more often: it is what sends.
                    chance.choice([web, worker, worker, events]).kill()
                for one in users:
                    one.result(timeout=100)
            assert web.kills > 0
            assert worker.kills > 1
            assert events.kills > 0
            ends = time.monotonic() + IN_THE_END
            while time.monotonic() < ends and (
                datetime.now(UTC) <= used.all_due_at or not nothing_due(app)
            ):
                time.sleep(0.5)
            assert nothing_due(app), "something that is due does not arrive"
            kills = worker.kills
            with app.app_context(), reading() as session:
                happened = list(session.scalars(select(Event.id).order_by(Event.id)))
            assert followers.know(happened[-1], 60), "some who listen are not told everything"
    finally:
        followers.go()
        events.end()
        controller.stop()
    for one, begun in zip(followers.all, first, strict=True):
        told = [number for number in one.seen if begun < number <= happened[-1]]
        assert told == [number for number in happened if number > begun]
        assert one.resets == 0
        assert one.losses >= events.kills
    with app.app_context(), reading() as session:
        check(session, server, used, kills)


def check(session: Session, server: MailServer, used: Used, kills: int) -> None:
    """Compare what was received with what the database says."""
    rows = {one.id: one for one in session.scalars(select(OutboxMessage))}
    visits = {one.id: one for one in session.scalars(select(Appointment))}
    raw = Counter(message_of(mail) for _, mail in server.taken)
    # Never lost: what is due was sent, and what was sent arrived; nothing else did.
    now = datetime.now(UTC)
    assert {one.state for one in rows.values() if one.due_at <= now} <= {"sent", "withdrawn"}
    sent = {one.id for one in rows.values() if one.state == "sent"}
    assert sent <= set(raw)
    unmarked = [rows[one] for one in set(raw) - sent]
    assert all(one.state == "withdrawn" and one.attempts > 0 for one in unmarked)
    # Never twice: distinct mails once each, and repeats no more than the kills can make.
    repeats = sum(raw.values()) - len(raw)
    assert repeats + len(unmarked) <= kills
    told: dict[UUID, list[OutboxMessage]] = {one: [] for one in visits}
    for identifier in raw:
        # In the order in which they were received first.
        row = rows[identifier]
        assert row.appointment_id is not None
        told[row.appointment_id].append(row)
    reminded = 0
    for visit in visits.values():
        news = [one for one in told[visit.id] if one.kind != "reminder"]
        said = [(one.kind == "cancellation", one.details["seat_id"]) for one in news]
        # Nothing is said twice in a row, unless what was said first could not be written down.
        again = [
            one for one, (said_first, then) in zip(news, pairwise(said), strict=False)
            if said_first == then and one.state == "sent"
        ]  # fmt: skip
        assert not again, said
        # The last that its patient heard is how it is.
        assert said
        assert said[-1] == (visit.status.startswith("cancelled"), str(visit.seat_id))
        reminders = [one for one in told[visit.id] if one.kind == "reminder"]
        assert len({one.due_at for one in reminders}) == len(reminders)
        assert visit.starts_at is not None
        due_at = visit.starts_at - timedelta(days=1)
        last = max(one.due_at for one in news)
        if visit.status == "booked" and last < due_at <= now:
            assert [one.due_at for one in reminders][-1] == due_at
            reminded += 1
    # None of a visit that was cancelled when its mail was taken in hand.
    last_moment = timedelta(seconds=IN_HAND)
    for row in rows.values():
        cancelled_at = used.cancelled.get(row.appointment_id) if row.appointment_id else None
        if row.state == "sent" and row.kind != "cancellation" and cancelled_at is not None:
            assert row.sent_at is not None
            assert row.sent_at <= cancelled_at + last_moment
    assert len(sent) > 50
    print(f"{len(sent)} sent, {repeats} repeats, {len(unmarked)} unmarked, {kills} kills")
    assert reminded
    assert used.cancelled


def message_of(mail: Any) -> UUID:
    """Return which message of the outbox a mail is."""
    return UUID(mail["Message-ID"].strip("<>").partition("@")[0])
