"""The server that takes mail, and the sender, as the settings name them."""

from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from objective import InvalidInput

#: Ports where none is given (RFC 6409, RFC 8314).
PORTS = {"smtp": 587, "smtps": 465}
ALLOWED = (
    "smtp://user:password@host:587, smtps://user:password@host, or smtp://host:25?tls=none "
    "without a user"
)


@dataclass(frozen=True)
class MailServer:
    """A server that takes mail.

    Attributes
    ----------
    tls
        ``starttls``, ``begin`` for TLS from the beginning, or ``none``.
    user, password
        Empty for nobody.
    """

    host: str
    port: int
    tls: Literal["starttls", "begin", "none"]
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """Return the server of an address such as ``smtp://user:password@host:587``.

        Raises
        ------
        InvalidInput
            If it is no such address, or a password would be sent for everybody to read.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
            tls = _tls(parts)
        except (ValueError, KeyError):
            raise _wrong() from None
        if not parts.hostname or parts.path.strip("/") or parts.fragment:
            raise _wrong()
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if tls == "none" and (user or password):
            raise _wrong()
        return cls(parts.hostname, port, tls, user, password)


def _tls(parts: SplitResult) -> Literal["starttls", "begin", "none"]:
    asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    if parts.scheme == "smtps":
        if asked:
            raise ValueError
        return "begin"
    if not asked or asked == {"tls": ["starttls"]}:
        return "starttls"
    if asked == {"tls": ["none"]}:
        return "none"
    raise ValueError


def _wrong() -> InvalidInput:
    return InvalidInput("BAILEY_SMTP_URL", "another address", ALLOWED)


def sender_of(text: str) -> Address:
    """Return the sender that a text such as ``Bailey <clinic@example.org>`` names.

    Raises
    ------
    ValueError
        If it names none.
    """
    name, address = parseaddr(text)
    if not address.isascii() or not text.isprintable():
        raise ValueError
    try:
        found = Address(name, addr_spec=address)
    except (MessageError, IndexError) as error:
        raise ValueError from error
    if not found.username or not found.domain:
        raise ValueError
    return found


def is_sender(text: str) -> bool:
    """Return whether a text names a sender."""
    try:
        sender_of(text)
    except ValueError:
        return False
    return True
