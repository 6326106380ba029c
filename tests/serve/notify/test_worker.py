"""The courier in a real worker: killed or told to stop in the middle of a mail."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.holding import book
from serve.database import reading, transaction
from serve.models import OutboxMessage, Patient
from serve.settings import Settings
from tests.serve.booking.conftest import STAFF, add_day
from tests.serve.conftest import SQLITE_AT_NIGHT, Clinic
from tests.serve.jobs.conftest import Processes, wait_until
from tests.serve.notify.conftest import MailServer


@pytest.fixture
def sending(settings: Settings, mail_server: MailServer) -> Iterator[Processes]:
    """What starts workers that send to the mail server."""
    processes = Processes(settings)
    processes.environment |= {
        "BAILEY_SMTP_URL": mail_server.url,
        "BAILEY_MAIL_FROM": "clinic@bailey.example",
    }
    yield processes
    for process in processes.started:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=30)


@pytest.fixture
def waiting(app: APIFlask, clinic: Clinic, mail_server: MailServer) -> list[UUID]:
    """Two confirmations that are due, the first of them first."""
    moment = datetime.now(UTC)

    def work(session: Session) -> list[UUID]:
        session.get_one(Patient, clinic.patient).email = "ada@people.example"
        _, seats = add_day(session, clinic, moment + timedelta(days=3))
        for number, seat in enumerate(seats[:2]):
            now = moment - timedelta(seconds=2 - number)
            book(session, seat.id, clinic.patient, now, STAFF)
        due = select(OutboxMessage).where(OutboxMessage.kind == "confirmation")
        rows = session.scalars(due.order_by(OutboxMessage.due_at)).all()
        for row in rows:
            row.channel = "email"
        return [row.id for row in rows]

    with app.app_context():
        return transaction(work)


def state(app: APIFlask, identifier: UUID) -> tuple[str, int]:
    """Return a message's state and attempts."""
    with app.app_context(), reading() as session:
        found = session.get_one(OutboxMessage, identifier)
        return found.state, found.attempts


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_mail_whose_mark_was_lost_comes_again_as_the_same_mail(
    app: APIFlask, sending: Processes, waiting: list[UUID], mail_server: MailServer
):
    """The one window of SMTP: the worker is killed when the server has the mail."""
    first, second = waiting
    workers: list[Any] = []

    def kill_once() -> None:
        if len(mail_server.taken) == 1:
            workers[0].send_signal(signal.SIGKILL)

    mail_server.before_answer = kill_once
    workers.append(sending.start("--in-hand", "4"))
    wait_until(lambda: mail_server.taken, 60)
    assert workers[0].wait(timeout=30) == -signal.SIGKILL
    assert state(app, first) == ("waiting", 1)
    workers.append(sending.start("--in-hand", "4"))
    wait_until(lambda: state(app, first)[0] == state(app, second)[0] == "sent", 90)
    assert state(app, first) == ("sent", 2)
    identifiers = [str(mail["Message-ID"]) for _, mail in mail_server.taken]
    assert sorted(identifiers) == sorted(
        f"<{one}@bailey.example>" for one in (first, first, second)
    )
    assert sending.stop(workers[1]) == 0


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_ends_after_its_mail(
    app: APIFlask, sending: Processes, waiting: list[UUID], mail_server: MailServer
):
    """The mail in hand is marked as sent, and the next is left to another worker."""
    taking, told = threading.Event(), threading.Event()

    def slowly() -> None:
        taking.set()
        assert told.wait(60)

    mail_server.before_answer = slowly
    worker = sending.start()
    assert taking.wait(120)
    worker.send_signal(signal.SIGTERM)
    with pytest.raises(Exception, match="timed out"):
        worker.wait(timeout=2)
    told.set()
    assert worker.wait(timeout=60) == 0
    assert [state(app, one) for one in waiting] == [("sent", 1), ("waiting", 0)]
    log = sending.log.read_text()
    assert f'"message_id": "{waiting[0]}", "channel": "email"' in log
    assert "ada@people.example" not in log
