"""A clinic that tells its patients by files, and a mail server that keeps what it takes."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from apiflask import APIFlask
from flask import current_app
from sqlalchemy import select

from serve.clock import now
from serve.database import reading
from serve.models import Appointment, OutboxMessage, Patient, Practice
from serve.notify.sending import channels_of
from serve.outbox.courier import Courier
from serve.settings import Settings
from tests.serve.booking.conftest import Books
from tests.serve.conftest import KEY, Clinic, HandClock


@dataclass
class Told(Books):
    """The clinic with a day to book, and what its patients are told."""

    settings: Settings = field(default_factory=Settings)
    clock: HandClock = field(default_factory=HandClock)

    def messages(self, appointment: Appointment | UUID, *states: str) -> list[tuple[str, datetime]]:
        """Return kinds and moments of the messages about an appointment, in order."""
        return [
            (one.kind, one.due_at)
            for one in self.rows(appointment)
            if not states or one.state in states
        ]

    def kinds(self, appointment: Appointment | UUID, *states: str) -> list[str]:
        """Return the kinds of the messages about an appointment, in order."""
        return [kind for kind, _ in self.messages(appointment, *states)]

    def rows(self, appointment: Appointment | UUID) -> list[OutboxMessage]:
        """Return the messages about an appointment, in order."""
        identifier = appointment if isinstance(appointment, UUID) else appointment.id
        query = select(OutboxMessage).where(OutboxMessage.appointment_id == identifier)
        with reading() as session:
            return list(session.scalars(query.order_by(OutboxMessage.due_at, OutboxMessage.kind)))

    def use_settings(self) -> None:
        """Let the application have the settings that were given."""
        current_app.config["SETTINGS"] = self.settings

    def messages_of_all(self) -> list[OutboxMessage]:
        """Return all messages, in the order of their moments."""
        with reading() as session:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.due_at)))

    def send(self) -> int:
        """Send what is due; return how many messages were taken."""
        return Courier(channels_of(self.settings, KEY), now).send_due()

    def mails(self) -> list[EmailMessage]:
        """Return the mails that were written to files, the oldest first."""
        paths = (Path(self.settings.home) / "outbox").glob("*.eml")
        read = [parsed(path.read_bytes()) for path in paths]
        return sorted(read, key=lambda one: (one["Date"].datetime, one["Subject"]))

    def subjects(self) -> list[str]:
        """Return what the subjects of the mails say after the practice."""
        return [one["Subject"].partition(": ")[2] for one in self.mails()]


def parsed(content: bytes) -> EmailMessage:
    """Return a mail that was read."""
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


@pytest.fixture
def told(app: APIFlask, clinic: Clinic, settings: Settings, clock: HandClock) -> Iterator[Told]:
    """A clinic with one day of six seats, three days ahead; its patients have addresses."""
    with app.app_context():
        made = Told(clinic, settings=settings, clock=clock)
        made.day, made.seats = made.add_day()
        made.set(Patient, clinic.patient, email="ada@people.example")
        made.set(Patient, clinic.stranger, email="bo@people.example")
        made.set(Practice, clinic.practice, contact="020 1234567")
        yield made


@dataclass
class MailServer:
    """A server that takes mail, and what it took."""

    port: int = 0
    taken: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    #: What it answers to recipients and to mails, if not yes.
    to_recipient: Callable[[str], str | None] = lambda address: None
    to_mail: Callable[[Envelope], str | None] = lambda envelope: None
    #: What happens once it has a mail, and before it says so.
    before_answer: Callable[[], None] = lambda: None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or do not."""
        answer = self.to_recipient(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or do not."""
        # Not in the server's own thread, so that what takes long keeps no other from being served.
        aside = asyncio.get_running_loop().run_in_executor
        answer = await aside(None, self.to_mail, envelope)
        if answer is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope, parsed(envelope.content)))
        # Whoever is killed meanwhile never hears that the mail was taken.
        await aside(None, self.before_answer)
        return "250 OK"

    @property
    def url(self) -> str:
        """Its address, as the settings have it."""
        return f"smtp://127.0.0.1:{self.port}?tls=none"


def serve_mail(server: MailServer, **more: Any) -> Controller:
    """Start a server that takes mail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **more)
    controller.start()
    return controller


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A server that takes mail without TLS."""
    server = MailServer()
    controller = serve_mail(server)
    yield server
    controller.stop()
