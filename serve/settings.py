"""What the environment says about the service; secrets come from nowhere else."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import make_url

from serve.settings_allowed import check

#: Where the embedded mode keeps its data, beneath the folder in which it is started.
HOME = "instance"
#: Where models are, beneath the home folder.
MODELS = "models"


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
    demo
        Whether the practice is made up and its time simulated, as ``start --demo`` has it.
    device
        Where schedules are evaluated: ``cpu``, ``cuda`` or one GPU such as ``cuda:1``. While a GPU
        is not there or has no memory free, the work is done on the CPU.
    metrics_bind
        Host and port at which a worker tells its numbers and that it lives; ``off`` if nowhere.
    metrics_token
        Who sends it as ``Authorization: Bearer`` may read ``/metrics``; if it is not given, whoever
        asks from this machine or a private network may.
    webhook_allow
        Hosts, separated by commas, to which webhooks may also be sent without TLS and on a private
        network; all others must be on the internet.
    oidc_issuer, oidc_client_id, oidc_client_secret
        An OpenID Connect provider to sign in with; none if empty.
    events_bind
        Host and port at which the server of events listens; ``off`` if there is none.
    events_url
        Where clients reach the stream, if not at the web server's host and the port of
        ``events_bind``: its whole address behind a proxy.
    events_streams, events_streams_per_user
        Most streams at once, of all and of one user.
    events_days
        Days for which events are kept, so that whoever was away misses none.
    web_origin
        Origins of pages that may read the stream, such as ``https://clinic.example``; several are
        separated by blanks.
    public_url
        Where patients reach the service, for links in what is sent to them.
    smtp_url
        The server that takes mail: ``smtp://user:password@host:587``, which must offer STARTTLS
        unless ``?tls=none`` follows, or ``smtps://`` for TLS from the beginning. Without it each
        mail becomes a file in the home folder.
    mail_from
        The sender of mail, such as ``Bailey <clinic@example.org>``, who is also the organizer of
        visits in calendars where a practice has no address of its own.
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
    demo: str = "false"
    device: str = "cpu"
    metrics_bind: str = "off"
    metrics_token: str = ""
    webhook_allow: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    events_bind: str = "127.0.0.1:5001"
    events_url: str = ""
    events_streams: str = "500"
    events_streams_per_user: str = "10"
    events_days: str = "30"
    web_origin: str = ""
    public_url: str = "http://127.0.0.1:5000"
    smtp_url: str = ""
    mail_from: str = ""
    apprise_urls: str = ""

    def __post_init__(self) -> None:
        check(self)

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of pages that may read the stream."""
        return tuple(self.web_origin.split())

    @property
    def events_place(self) -> tuple[str, int] | None:
        """Host and port of the server of events; None if there is none."""
        return _place(self.events_bind)

    @property
    def metrics_place(self) -> tuple[str, int] | None:
        """Host and port at which a worker tells its numbers; None if nowhere."""
        return _place(self.metrics_bind)

    @property
    def url(self) -> str:
        """Address of the database."""
        return self.database_url or f"sqlite:///{Path(self.home).absolute() / 'bailey.db'}"

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """Hosts to which webhooks may be sent wherever they are."""
        hosts = (host.strip().lower() for host in self.webhook_allow.split(","))
        return frozenset(host.rstrip(".") for host in hosts if host)

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
            handle, written = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
            # Of two processes that start at once one gives the key, whole, and both read it.
            with suppress(FileExistsError):
                os.link(written, path)
            os.unlink(written)
        return path.read_text()


def _place(bind: str) -> tuple[str, int] | None:
    if bind == "off":
        return None
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


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
