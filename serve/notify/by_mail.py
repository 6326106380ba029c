"""The channel to a mail server.

SMTP leaves one window: after the server has said that it took a mail, and before that is written
down, whoever dies leaves a mail that is handed over again. It is as small as it can be, as nothing
is done between the two, and a mail has the same Message-ID every time, by which those who receive
mail leave out what they have (RFC 5321, 4.5.4.1 and 6.1; RFC 5322, 3.6.4).
"""

import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from serve.models import OutboxMessage
from serve.notify.mail import Letter, MailWriter
from serve.notify.mail_server import MailServer
from serve.outbox.courier import NotDeliveredError

#: Part of the time of a delivery in which the server must be ready to take the mail.
READY = 0.4
#: Part of it that one answer may take until then.
ANSWER = 0.1


@dataclass(frozen=True)
class ByMail:
    """Hands mails to a server.

    Attributes
    ----------
    seconds
        How long a delivery may take: less than the courier has a message in hand.
    """

    writer: MailWriter
    server: MailServer
    seconds: float

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> Letter | None:
        """Return the mail of a message; None for what is not to be sent any more."""
        return self.writer.letter(session, message, now)

    def deliver(self, composed: Letter) -> None:
        """Hand a mail over; raise `NotDeliveredError` unless the server took it."""
        began = time.monotonic()
        try:
            with self._connected() as connection:
                self._hand_over(connection, composed, began)
        except ssl.SSLError as error:
            raise NotDeliveredError("The mail server's TLS cannot be trusted.") from error
        except smtplib.SMTPAuthenticationError as error:
            raise NotDeliveredError("The mail server does not know the user.") from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotDeliveredError("The mail server offers no STARTTLS, or no user.") from error
        except smtplib.SMTPDataError as error:
            code = error.smtp_code
            refused = f"The mail server refused the mail ({code})."
            raise NotDeliveredError(refused, code >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise NotDeliveredError(f"The mail server is not ready ({error.smtp_code}).") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotDeliveredError("The mail server cannot be reached, or went away.") from error

    def _hand_over(self, connection: "_Connection", letter: Letter, began: float) -> None:
        code, _ = connection.mail(letter.sender)
        if code != 250:
            # It is the service that it does not take mail from: no fault of this message.
            raise NotDeliveredError(f"The mail server does not take mail from here ({code}).")
        codes = [connection.rcpt(one)[0] for one in letter.recipients]
        if not any(code in (250, 251) for code in codes):
            worst = min(codes)
            raise NotDeliveredError(f"The mail server refused the address ({worst}).", worst >= 500)
        left = self.seconds - (time.monotonic() - began)
        if left < (1 - READY) * self.seconds:
            raise NotDeliveredError("The mail server takes too long.")
        # The answer to a whole mail may take long: giving it up too early sends it twice.
        cast(socket.socket, connection.sock).settimeout(left)
        code, _ = connection.data(letter.content)
        if code != 250:
            raise NotDeliveredError(f"The mail server refused the mail ({code}).", code >= 500)

    def _connected(self) -> "_Connection":
        patience = max(self.seconds * ANSWER, 0.5)
        context = ssl.create_default_context()
        host, port = self.server.host, self.server.port
        connection: _Connection
        if self.server.tls == "begin":
            connection = _SecureConnection(host, port, timeout=patience, context=context)
        else:
            connection = _Connection(host, port, timeout=patience)
        try:
            if self.server.tls == "starttls":
                connection.starttls(context=context)
            if self.server.user:
                connection.login(self.server.user, self.server.password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection


class _Connection(smtplib.SMTP):
    """A connection that is left without waiting, so that what was done is written down at once."""

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.putcmd("quit")
        self.close()


class _SecureConnection(smtplib.SMTP_SSL, _Connection):
    """The same, with TLS from the beginning."""
