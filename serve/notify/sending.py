"""The courier of notices in the worker: looks often, and ends between two messages."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from serve.clock import now
from serve.notify.by_apprise import ByApprise
from serve.notify.by_file import ByFile
from serve.notify.by_mail import ByMail
from serve.notify.mail import MailWriter
from serve.notify.mail_server import MailServer, sender_of
from serve.outbox.courier import IN_HAND, Channel, Courier
from serve.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds between two looks, and after one that failed.
LOOK, PAUSE = 0.5, 5.0
#: Part of the time that a message is in hand in which it must have been delivered.
DELIVERED = 0.75
#: Folder of mails that went to no server, in the home folder.
OUTBOX = "outbox"
#: Whom those are from, if nothing else is set.
NOBODY = "Bailey <bailey@localhost>"


def channels_of(settings: Settings, key: str, in_hand: timedelta = IN_HAND) -> dict[str, Channel]:
    """Return the channels by which notices go out, by their names in the outbox."""
    writer = MailWriter(sender_of(settings.mail_from or NOBODY), key, settings.public_url)
    channels: dict[str, Channel] = {"file": ByFile(writer, folder_of(settings))}
    if settings.smtp_url:
        seconds = DELIVERED * in_hand.total_seconds()
        channels["email"] = ByMail(writer, MailServer.of(settings.smtp_url), seconds)
    if settings.apprise_urls:
        channels["apprise"] = ByApprise(settings.apprise_urls.split())
    return channels


def folder_of(settings: Settings) -> Path:
    """Return the folder of mails that went to no server."""
    return Path(settings.home) / OUTBOX


@dataclass(frozen=True)
class Sending:
    """What sends the notices of an application.

    Attributes
    ----------
    in_hand
        How long a message is another worker's before this one takes that worker for dead.
    """

    app: Flask
    in_hand: timedelta = IN_HAND

    def run(self, stop: threading.Event) -> None:
        """Send what is due until it is told to stop; a message in hand is brought to its end."""
        with self.app.app_context():
            courier = Courier(self._channels(), now, self.in_hand)
            pause = 0.0
            while not stop.wait(pause):
                try:
                    courier.send_due(stop.is_set)
                    pause = LOOK
                except SQLAlchemyError:
                    logger.warning("the courier reaches no database now", exc_info=True)
                    pause = PAUSE
                except Exception:
                    logger.exception("the courier goes on after an error")
                    pause = PAUSE

    def _channels(self) -> Mapping[str, Channel]:
        settings: Settings = self.app.config["SETTINGS"]
        return channels_of(settings, self.app.config["SECRET_KEY"], self.in_hand)
