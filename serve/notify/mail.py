"""A notice as a mail: plain and as a small page, with a file for the calendar and a way to stop."""

from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from sqlalchemy.orm import Session

from serve.models import OutboxMessage
from serve.notify.addressing import mail_recipients
from serve.notify.attachment import NAME, Attachment, attachment_for
from serve.notify.facts import in_one_line, notice_of
from serve.notify.language import Language
from serve.notify.texts import Text, as_page, text_of, to_stop
from serve.notify.unsubscribing import link_for

#: Addresses in headers are not cut into lines, which would encode them (RFC 5322 allows 998).
UNFOLDED = SMTP.clone(max_line_length=900)
#: Whom a mail is to that goes to several people, who need not know each other's addresses.
SEVERAL = "undisclosed-recipients:;"
UNREACHABLE = "No e-mail address is known, of the patient or of who looks after the patient."


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to be handed over.

    Attributes
    ----------
    message_id
        The message in the outbox, from which the mail's identifier is made.
    content
        As it goes over the network.
    """

    message_id: UUID
    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True)
class MailWriter:
    """What writes the mails of one service.

    Attributes
    ----------
    sender
        Whom they are from.
    key, public_url
        Signs links, and where these lead.
    """

    sender: Address
    key: str
    public_url: str

    def letter(self, session: Session, message: OutboxMessage, now: datetime) -> Letter | None:
        """Return the mail of a message; None if it is to go to nobody, or not any more."""
        notice = notice_of(session, message, now)
        if notice is None:
            return None
        to = mail_recipients(session, notice.patient)
        if not to.addresses:
            message.problem = UNREACHABLE
            return None
        facts = replace(notice.facts, caring=to.caring)
        text = text_of(message.kind, facts, notice.language)
        attachment = attachment_for(session, notice.appointment, message.kind, now)
        link = link_for(notice.patient.id, self.key, self.public_url)
        mail = self._mail(message.id, to.addresses, text, notice.language, link, now)
        if attachment is not None:
            _attach(mail, attachment)
        # Last, because adding parts moves what is said of the content.
        mail["Content-Language"] = notice.language.tag
        return Letter(message.id, self.sender.addr_spec, to.addresses, mail.as_bytes())

    def _mail(
        self,
        message_id: UUID,
        recipients: tuple[str, ...],
        text: Text,
        language: Language,
        link: str,
        now: datetime,
    ) -> EmailMessage:
        mail = EmailMessage(policy=UNFOLDED)
        mail["From"] = self.sender
        mail["To"] = SEVERAL if len(recipients) > 1 else Address(addr_spec=recipients[0])
        mail["Subject"] = in_one_line(text.subject)
        mail["Date"] = now
        # The same for every attempt: by it whoever receives a mail twice knows it.
        mail["Message-ID"] = f"<{message_id}@{self.sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["List-Unsubscribe"] = f"<{link}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        stop, stop_in_html = to_stop(language, link)
        mail.set_content(f"{text.plain()}\n{stop}\n")
        mail.add_alternative(
            as_page(text.subject, text.paragraphs, language, stop_in_html), subtype="html"
        )
        return mail


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    mail.add_attachment(
        attachment.content,
        maintype="text",
        subtype="calendar",
        filename=NAME,
        params={"method": attachment.method, "charset": "utf-8"},
    )
