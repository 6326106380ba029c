"""The channel where there is no mail server: each mail becomes a file, which mail programs open."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import OutboxMessage
from serve.notify.mail import Letter, MailWriter
from serve.outbox.courier import NotDeliveredError


@dataclass(frozen=True)
class ByFile:
    """Writes mails into a folder, each once, under the name of its message.

    Attributes
    ----------
    folder
        Where to, as nobody else may read it.
    """

    writer: MailWriter
    folder: Path

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> Letter | None:
        """Return the mail of a message; None for what is not to be sent any more."""
        return self.writer.letter(session, message, now)

    def deliver(self, composed: Letter) -> None:
        """Write a mail, whole or not at all; one that is there already is left as it is."""
        path = self.folder / f"{composed.message_id}.eml"
        part = self.folder / f".{composed.message_id}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists():
                return
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(composed.content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _keep(self.folder)
        except OSError as error:
            raise NotDeliveredError(f"The file cannot be written ({error.errno}).") from error


def forget_files(session: Session, folder: Path) -> int:
    """Delete the files of messages that are kept no longer, and return how many.

    Those of a patient who is erased are such: mails have a name and an address.
    """
    files = {path.stem: path for path in folder.glob("*.eml")}
    kept = {str(one) for one in session.scalars(select(OutboxMessage.id))} if files else set()
    gone = [path for name, path in files.items() if name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _keep(folder: Path) -> None:
    """Let a new name in a folder outlast a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
