"""Mails to a real server: taken, refused for now or for good, with TLS and a password, or slow."""

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from serve.booking.holding import book
from serve.models import OutboxMessage
from serve.notify.by_mail import ByMail
from serve.notify.mail import Letter, MailWriter
from serve.notify.mail_server import MailServer as Address
from serve.notify.mail_server import sender_of
from serve.outbox.courier import NotDeliveredError
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import KEY, NOW
from tests.serve.notify.conftest import MailServer, Told, serve_mail

WRITER = MailWriter(sender_of("Bailey <clinic@bailey.example>"), KEY, "https://bailey.example")


def channel(url: str, seconds: float = 20) -> ByMail:
    """Return a channel to a server."""
    return ByMail(WRITER, Address.of(url), seconds)


def letter(*recipients: str) -> Letter:
    """Return a mail."""
    to = recipients or ("ada@people.example",)
    content = b"Subject: hello\r\nMessage-ID: <1@bailey.example>\r\n\r\n.\r\nhello\r\n"
    return Letter(uuid4(), "clinic@bailey.example", to, content)


def refused(by: ByMail, mail: Letter | None = None) -> NotDeliveredError:
    """Return why a mail is not taken."""
    with pytest.raises(NotDeliveredError) as error:
        by.deliver(mail or letter())
    return error.value


def test_a_mail_is_taken_as_it_is(mail_server: MailServer):
    """With a line of one dot in it, from and to whom it says."""
    channel(mail_server.url).deliver(letter("ada@people.example", "bo@people.example"))
    ((envelope, mail),) = mail_server.taken
    assert envelope.mail_from == "clinic@bailey.example"
    assert envelope.rcpt_tos == ["ada@people.example", "bo@people.example"]
    assert mail.get_content().splitlines() == [".", "hello"]


def test_notices_go_from_the_outbox_to_the_server(told: Told, mail_server: MailServer):
    """When one is set; then nothing is written to files."""
    told.settings = replace(
        told.settings, smtp_url=mail_server.url, mail_from="Bailey <clinic@bailey.example>"
    )
    told.use_settings()
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    assert told.send() == 1
    ((envelope, mail),) = mail_server.taken
    assert envelope.rcpt_tos == ["ada@people.example"]
    assert mail["From"] == "Bailey <clinic@bailey.example>"
    assert mail["Message-ID"] == f"<{told.rows(made)[0].id}@bailey.example>"
    assert {one.channel for one in told.rows(made)} == {"email"}
    assert told.mails() == []


def test_an_address_that_is_refused_for_good_is_not_tried_again(
    told: Told, mail_server: MailServer
):
    """And one that is refused for now is, with the same Message-ID."""
    told.settings = replace(told.settings, smtp_url=mail_server.url, mail_from="clinic@b.example")
    told.use_settings()
    mail_server.to_recipient = lambda address: "550 no such user ada@people.example"
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    assert told.kinds(made, "failed") == ["confirmation"]
    assert told.rows(made)[0].problem == "The mail server refused the address (550)."
    mail_server.to_recipient = lambda address: "451 later"
    other = told.do(book, told.seats[1], told.clinic.stranger, NOW, STAFF)
    told.send()
    row = told.rows(other)[0]
    assert (row.state, row.problem) == ("waiting", "The mail server refused the address (451).")
    mail_server.to_recipient = lambda address: None
    told.clock.moment = row.try_at + timedelta(seconds=1)
    told.send()
    assert told.rows(other)[0].state == "sent"
    assert [mail["Message-ID"] for _, mail in mail_server.taken] == [f"<{row.id}@b.example>"]


@pytest.mark.parametrize(("answer", "for_good"), [("552 too big", True), ("452 full", False)])
def test_a_mail_may_be_refused_too(mail_server: MailServer, answer: str, for_good: bool):
    """For good by 5xx, else for now; the server's words are not repeated."""
    mail_server.to_mail = lambda envelope: answer
    error = refused(channel(mail_server.url))
    assert error.for_good is for_good
    assert str(error) == f"The mail server refused the mail ({answer[:3]})."


def test_one_of_several_recipients_is_enough(mail_server: MailServer):
    """Sent again it would be twice at those who have it."""
    mail_server.to_recipient = lambda address: "550 no" if address.startswith("ada") else None
    channel(mail_server.url).deliver(letter("ada@people.example", "bo@people.example"))
    assert mail_server.taken[0][0].rcpt_tos == ["bo@people.example"]


def test_one_recipient_who_may_be_taken_later_keeps_a_mail_from_failing(mail_server: MailServer):
    """As long as one of them is refused only for now."""
    mail_server.to_recipient = lambda address: "550 no" if address.startswith("ada") else "451 no"
    error = refused(channel(mail_server.url), letter("ada@people.example", "bo@people.example"))
    assert not error.for_good


def test_a_server_that_is_away_is_tried_again(mail_server: MailServer):
    """Nobody listens, or what listens says nothing."""
    assert not refused(channel("smtp://127.0.0.1:9?tls=none")).for_good


def test_a_server_that_is_slow_is_left_in_time(mail_server: MailServer):
    """Before another courier could take the message for a dead one's."""
    answered = threading.Event()

    def answer_late(envelope: Envelope) -> None:
        answered.wait(60)

    mail_server.to_mail = answer_late
    began = time.monotonic()
    error = refused(channel(mail_server.url, seconds=1.5))
    assert time.monotonic() - began < 30
    answered.set()
    assert not error.for_good


def test_no_mail_goes_without_tls_unless_it_is_allowed(mail_server: MailServer):
    """A server without STARTTLS is refused, and tried again: it is its fault."""
    error = refused(channel(f"smtp://127.0.0.1:{mail_server.port}"))
    assert "STARTTLS" in str(error)
    assert not error.for_good
    assert mail_server.taken == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", path / "key.pem", "-out", path / "cert.pem", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Take one user with one password."""
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"bailey", b"se/cret@1")
    return AuthResult(success=right, handled=right)


@pytest.fixture(params=["smtp", "smtps"])
def secure(
    request: pytest.FixtureRequest, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[MailServer, str]]:
    """A server with TLS and a password, and how its address begins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = MailServer()
    more = {"authenticator": known, "auth_required": True}
    if request.param == "smtp":
        more |= {"tls_context": context, "require_starttls": True}
    else:
        more |= {"ssl_context": context, "auth_require_tls": False}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    controller = serve_mail(server, **more)
    yield server, f"{request.param}://{{}}127.0.0.1:{server.port}"
    controller.stop()


def test_a_user_is_known_by_a_password_over_tls(secure: tuple[MailServer, str]):
    """Signs in the password are written as addresses write them."""
    server, url = secure
    channel(url.format("bailey:se%2Fcret%401@")).deliver(letter())
    assert len(server.taken) == 1


def test_a_wrong_password_is_no_fault_of_the_message(secure: tuple[MailServer, str]):
    """It is tried again, when somebody has set it right; the password is told nowhere."""
    error = refused(channel(secure[1].format("bailey:wr0ng@")))
    assert not error.for_good
    assert str(error) == "The mail server does not know the user."
    assert "se/cret" not in repr(channel(secure[1].format("bailey:se%2Fcret@")))


def test_a_server_that_is_somebody_else_gets_nothing(
    secure: tuple[MailServer, str], monkeypatch: pytest.MonkeyPatch
):
    """Its certificate must be one that this machine trusts."""
    monkeypatch.delenv("SSL_CERT_FILE")
    error = refused(channel(secure[1].format("bailey:se%2Fcret%401@")))
    assert str(error) == "The mail server's TLS cannot be trusted."
    assert secure[0].taken == []


def test_what_is_in_the_outbox_for_mail_waits_while_no_server_is_set(told: Told):
    """It is neither lost nor written elsewhere."""
    told.settings = replace(
        told.settings, smtp_url="smtp://127.0.0.1:9?tls=none", mail_from="clinic@b.example"
    )
    told.use_settings()
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.settings = replace(told.settings, smtp_url="")
    assert told.send() == 0
    assert all(isinstance(one, OutboxMessage) for one in told.rows(made))
    assert told.kinds(made, "waiting") == ["confirmation", "reminder"]
