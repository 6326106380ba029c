"""Settings by which nobody could be told are refused before anything is sent, without secrets."""

from typing import Any

import pytest

from objective import InvalidInput
from serve.notify.mail_server import MailServer
from serve.settings import Settings

SENDER = "Bailey <clinic@bailey.example>"
APPRISE = "twilio://sid:token@12125551234/{phone}"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtp://mail.example?tls=starttls", MailServer("mail.example", 587, "starttls")),
        (
            "smtp://me:p%40ss@mail.example:2525",
            MailServer("mail.example", 2525, "starttls", "me", "p@ss"),
        ),
        ("smtps://me:p%2Fss@mail.example", MailServer("mail.example", 465, "begin", "me", "p/ss")),
        ("smtp://[::1]:25?tls=none", MailServer("::1", 25, "none")),
    ],
)  # fmt: skip
def test_a_mail_server_is_named_by_its_address(url: str, server: MailServer):
    """With TLS unless it says otherwise."""
    assert MailServer.of(url) == server
    assert Settings(smtp_url=url, mail_from=SENDER).smtp_url == url


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_url": "mail.example", "mail_from": SENDER},
        {"smtp_url": "http://mail.example", "mail_from": SENDER},
        {"smtp_url": "smtp://:25", "mail_from": SENDER},
        {"smtp_url": "smtp://mail.example:99999", "mail_from": SENDER},
        {"smtp_url": "smtp://mail.example/box", "mail_from": SENDER},
        {"smtp_url": "smtp://mail.example?tls=perhaps", "mail_from": SENDER},
        {"smtp_url": "smtps://mail.example?tls=none", "mail_from": SENDER},
        # A password for everybody to read.
        {"smtp_url": "smtp://me:s3cr3t@mail.example?tls=none", "mail_from": SENDER},
        {"smtp_url": "smtp://mail.example"},
        {"smtp_url": "smtp://mail.example", "mail_from": "Bailey"},
        {"mail_from": "Bailey <clinic>"},
        {"mail_from": "a@b.example\r\nBcc: eve@evil.example"},
        {"public_url": "clinic.example"},
        {"public_url": "ftp://clinic.example"},
        {"public_url": "https://clinic.example?x=1"},
        {"public_url": "https://clinic.example/\r\nBcc: eve@evil.example"},
        {"public_url": "https://clinic.example/" + "x" * 300},
        {"apprise_urls": "twilio://sid:s3cr3t@12125551234"},
        {"apprise_urls": f"{APPRISE} json://there.example"},
    ],
)
def test_what_could_not_work_is_refused(given: dict[str, Any]):
    """By the variable's name and what is allowed, without the value."""
    with pytest.raises(InvalidInput) as error:
        Settings(**given)
    assert error.value.field.removeprefix("BAILEY_").lower() in (*given, "mail_from")
    assert "s3cr3t" not in str(error.value)


def test_apprise_must_be_there_if_it_is_to_be_used(monkeypatch: pytest.MonkeyPatch):
    """Whoever sets its addresses is told how to install it."""
    assert Settings(apprise_urls=APPRISE).apprise_urls == APPRISE
    monkeypatch.setattr("serve.settings_allowed.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match=r"bailey\[notify\]"):
        Settings(apprise_urls=APPRISE)
