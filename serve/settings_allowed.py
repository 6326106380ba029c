"""What each setting of the service may be, checked before anything starts."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from objective import InvalidInput
from serve.notify.mail_server import MailServer, is_sender

if TYPE_CHECKING:
    from serve.settings import Settings

#: Shortest secret key, characters.
SHORTEST_KEY = 32
#: Longest address of the service, so that with what follows it fits into a line of a mail.
LONGEST_URL = 200
#: Settings that are whole numbers from one to the largest that is allowed.
COUNTS = {"events_streams": 10_000, "events_streams_per_user": 10_000, "events_days": 3650}


def check(settings: "Settings") -> None:
    """Raise `InvalidInput` for the first setting that cannot be; the message has no secret."""
    _check_base(settings)
    _check_events(settings)
    _check_telling(settings)


def _check_base(settings: "Settings") -> None:
    if settings.database_url:
        try:
            kind = make_url(settings.database_url).get_backend_name()
        except (ArgumentError, ValueError):
            kind = ""
        if kind not in ("sqlite", "postgresql"):
            allowed = "an address such as sqlite:///clinic.db or postgresql+psycopg://host/name"
            raise InvalidInput("BAILEY_DATABASE_URL", "another address", allowed)
    if settings.secret_key and len(settings.secret_key) < SHORTEST_KEY:
        raise InvalidInput(
            "BAILEY_SECRET_KEY", "a shorter text", f"at least {SHORTEST_KEY} characters"
        )
    for name in ("secure_cookies", "demo"):
        if getattr(settings, name) not in ("true", "false"):
            allowed = "true or false"
            raise InvalidInput(f"BAILEY_{name.upper()}", getattr(settings, name), allowed)
    try:
        parse_many(settings.rate_limit or "1 per second")
    except ValueError:
        allowed = "such as 600 per minute"
        raise InvalidInput("BAILEY_RATE_LIMIT", "another text", allowed) from None
    if not re.fullmatch(r"cpu|cuda(:\d)?", settings.device):
        raise InvalidInput("BAILEY_DEVICE", settings.device, "cpu, cuda, or a GPU such as cuda:1")
    if not (_is_whole(settings.proxies) and int(settings.proxies) < 10):
        raise InvalidInput("BAILEY_PROXIES", settings.proxies, "a whole number from 0 to 9")


def _check_events(settings: "Settings") -> None:
    """Check by what programs are told of what happens."""
    for name, most in COUNTS.items():
        text = getattr(settings, name)
        if not (_is_whole(text) and 1 <= int(text) <= most):
            allowed = f"a whole number from 1 to {most}"
            raise InvalidInput(f"BAILEY_{name.upper()}", "another value", allowed)
    for name in ("events_bind", "metrics_bind"):
        if not _is_place(getattr(settings, name)):
            allowed = "a host and a port such as 127.0.0.1:5001, or off"
            raise InvalidInput(f"BAILEY_{name.upper()}", "another text", allowed)
    if settings.events_url and not _is_address(settings.events_url):
        allowed = "an address such as https://clinic.example/events"
        raise InvalidInput("BAILEY_EVENTS_URL", "another text", allowed)
    for origin in settings.origins:
        if not _is_address(origin) or urlsplit(origin).path:
            allowed = "origins such as https://clinic.example, separated by blanks"
            raise InvalidInput("BAILEY_WEB_ORIGIN", "another text", allowed)
    if not all(re.fullmatch(r"[a-z0-9._:-]+", host) for host in settings.webhook_hosts):
        allowed = "hosts without schemes or ports, such as hooks.example.org,10.0.0.7"
        raise InvalidInput("BAILEY_WEBHOOK_ALLOW", "another text", allowed)


def _check_telling(settings: "Settings") -> None:
    """Check by what patients are told."""
    if not _is_address(settings.public_url) or len(settings.public_url) > LONGEST_URL:
        allowed = f"such as https://clinic.example, at most {LONGEST_URL} characters"
        raise InvalidInput("BAILEY_PUBLIC_URL", "another text", allowed)
    if settings.smtp_url:
        MailServer.of(settings.smtp_url)
    if (settings.smtp_url or settings.mail_from) and not is_sender(settings.mail_from):
        allowed = "an address such as Bailey <clinic@example.org>, whenever mail is sent"
        raise InvalidInput("BAILEY_MAIL_FROM", "another text", allowed)
    if settings.apprise_urls:
        if any("{phone}" not in one for one in settings.apprise_urls.split()):
            allowed = "addresses of Apprise, each with {phone} in it, with blanks between"
            raise InvalidInput("BAILEY_APPRISE_URLS", "another text", allowed)
        if find_spec("apprise") is None:
            allowed = "left out, or Apprise installed with: pip install 'bailey[notify]'"
            raise InvalidInput("BAILEY_APPRISE_URLS", "given", allowed)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 7


def _is_place(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return text == "off" or bool(host and colon and _is_whole(port) and int(port) <= 65_535)


def _is_address(text: str) -> bool:
    """Return whether a text is an address in HTTP, without a name, a query or a fragment."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    more = parts.query or parts.fragment or parts.username or port == 0
    plain = not re.search(r"[^!-~]", text)
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and not more
