"""What the environment says about the service; secrets come from nowhere else."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from objective import InvalidInput
from serve.notify.mail_server import MailServer, is_sender

#: Where the embedded mode keeps its data, beneath the folder in which it is started.
HOME = "instance"
#: Longest address of the service, so that with what follows it fits into a line of a mail.
LONGEST_URL = 200
#: Shortest secret key, characters.
SHORTEST_KEY = 32


@dataclass(frozen=True)
class Settings:
    """The service's settings; each is the variable of its name in capitals, after ``BAILEY_``.

    Attributes
    ----------
    home
        Folder of the embedded database, of its secret key and of what runs keep.
    database_url
        As SQLAlchemy has it; a SQLite file in the home folder if it is not given.
    secret_key
        Signs sessions and tokens; made and kept in the home folder if it is not given, which with
        several machines it must be.
    rate_limit_storage
        Where requests are counted: ``memory://``, or ``redis://...`` for several processes.
    rate_limit
        Requests of one user or address; empty for any number.
    secure_cookies
        Whether cookies are sent over HTTPS only; false for a first try on this machine.
    proxies
        How many proxies before the service are believed about a client's address.
    device
        Where schedules are evaluated: ``cpu`` or ``cuda``.
    metrics_token
        Who sends it as ``Authorization: Bearer`` may read ``/metrics``; if it is not given, whoever
        asks from this machine or a private network may.
    oidc_issuer, oidc_client_id, oidc_client_secret
        An OpenID Connect provider to sign in with; none if empty.
    public_url
        Where patients reach the service, for links in what is sent to them.
    smtp_url
        The server that takes mail: ``smtp://user:password@host:587``, which must offer STARTTLS
        unless ``?tls=none`` follows, or ``smtps://`` for TLS from the beginning. Without it each
        mail becomes a file in the home folder.
    mail_from
        The sender of mail, such as ``Bailey <clinic@example.org>``.
    apprise_urls
        Addresses as Apprise has them, each with ``{phone}`` in it, with blanks between: text
        messages go to the first that takes them. None are sent if it is empty.
    """

    home: str = HOME
    database_url: str = ""
    secret_key: str = ""
    rate_limit_storage: str = "memory://"
    rate_limit: str = "600 per minute"
    secure_cookies: str = "false"
    proxies: str = "0"
    device: str = "cpu"
    metrics_token: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    public_url: str = "http://127.0.0.1:5000"
    smtp_url: str = ""
    mail_from: str = ""
    apprise_urls: str = ""

    def __post_init__(self) -> None:
        if self.database_url:
            try:
                kind = make_url(self.database_url).get_backend_name()
            except (ArgumentError, ValueError):
                kind = ""
            if kind not in ("sqlite", "postgresql"):
                allowed = "an address such as sqlite:///clinic.db or postgresql+psycopg://host/name"
                raise InvalidInput("BAILEY_DATABASE_URL", "another address", allowed)
        if self.secret_key and len(self.secret_key) < SHORTEST_KEY:
            raise InvalidInput(
                "BAILEY_SECRET_KEY", "a shorter text", f"at least {SHORTEST_KEY} characters"
            )
        if self.secure_cookies not in ("true", "false"):
            raise InvalidInput("BAILEY_SECURE_COOKIES", self.secure_cookies, "true or false")
        _check_rate(self.rate_limit)
        if not (self.proxies.isascii() and self.proxies.isdecimal() and int(self.proxies) < 10):
            raise InvalidInput("BAILEY_PROXIES", self.proxies, "a whole number from 0 to 9")
        _check_telling(self)

    @property
    def url(self) -> str:
        """Address of the database."""
        return self.database_url or f"sqlite:///{Path(self.home).absolute() / 'bailey.db'}"

    @property
    def embedded(self) -> bool:
        """Whether the database is a file here, so that no server is needed."""
        return make_url(self.url).get_backend_name() == "sqlite"

    def key(self) -> str:
        """Return the secret key; make one and keep it if none is there."""
        if self.secret_key:
            return self.secret_key
        path = Path(self.home) / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return path.read_text()
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text()


def _check_rate(rate: str) -> None:
    try:
        parse_many(rate or "1 per second")
    except ValueError:
        allowed = "such as 600 per minute"
        raise InvalidInput("BAILEY_RATE_LIMIT", "another text", allowed) from None


def _check_telling(settings: Settings) -> None:
    """Raise `InvalidInput` if patients could not be told by what is set."""
    if not _is_place(settings.public_url):
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


def _is_place(url: str) -> bool:
    """Return whether an address is one of the web, to which a path can be added."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = not re.search(r"[^!-~]", url) and len(url) <= LONGEST_URL
    extra = parts.query or parts.fragment
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and not extra


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings of an environment.

    Raises
    ------
    InvalidInput
        If a variable is outside its range; the message has no secret.
    """
    given = {
        field.name: environment[name]
        for field in fields(Settings)
        if environment.get(name := f"BAILEY_{field.name.upper()}")
    }
    return Settings(**given)
