"""The channel to telephones, by whichever gateways Apprise knows."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from sqlalchemy.orm import Session

from serve.models import OutboxMessage
from serve.notify.addressing import phone_of
from serve.notify.facts import notice_of
from serve.notify.texts import Text, text_of
from serve.outbox.courier import NotDeliveredError

UNREACHABLE = "No telephone number is known of the patient."


@dataclass(frozen=True)
class Call:
    """A text message that is ready to be handed over, and the number that it goes to."""

    phone: str
    text: Text


@dataclass(frozen=True)
class ByApprise:
    """Hands text messages to gateways.

    Attributes
    ----------
    urls
        Addresses as Apprise has them, with ``{phone}`` in them: the first that takes a message
        has it, the others are for when it does not.
    """

    urls: Sequence[str] = field(repr=False)

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> Call | None:
        """Return the text message of a message; None for what is not to be sent any more."""
        notice = notice_of(session, message, now)
        if notice is None:
            return None
        phone = phone_of(notice.patient)
        if not phone:
            message.problem = UNREACHABLE
            return None
        return Call(phone, text_of(message.kind, notice.facts, notice.language))

    def deliver(self, composed: Call) -> None:
        """Hand a text message to the first gateway that takes it."""
        # Here, because it is heavy and nothing else needs it.
        import apprise

        # It would write down numbers and addresses.
        logging.getLogger("apprise").disabled = True
        for url in self.urls:
            gateway = apprise.Apprise()
            added = gateway.add(url.replace("{phone}", quote(composed.phone, safe="")))
            if added and gateway.notify(body=composed.text.short(), body_format="text"):
                return
        raise NotDeliveredError("No gateway took the text message.")
