"""How somebody says, with a link in a mail and without signing in, that no more are wished.

The link has a text that only the service can make; it names the patient and allows nothing else.
"""

from datetime import datetime
from html import escape
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.database import lock
from serve.errors import NotFound
from serve.models import Patient, Practice, Preference
from serve.notify.derive import rederive_all
from serve.notify.language import Language, language_of
from serve.notify.texts import as_page

#: Keeps a text that is signed for this from being good for anything else.
PURPOSE = "stop mail to a patient"


def link_for(patient_id: UUID, key: str, public_url: str) -> str:
    """Return the address at which mail to a patient is stopped."""
    text = _signer(key).dumps(patient_id.hex)
    return f"{public_url.rstrip('/')}/api/v1/notices/unsubscribe/{text}"


def patient_of_link(session: Session, text: str, key: str, to_change: bool = False) -> Patient:
    """Return the patient that a link names; raise `NotFound` for a text that is not ours.

    Who was erased gets nothing any more, and is not told apart from nobody.
    """
    try:
        identifier = UUID(hex=_signer(key).loads(text))
    except (BadData, ValueError, TypeError, AttributeError):
        raise NotFound("link") from None
    patient = (lock if to_change else Session.get)(session, Patient, identifier)
    if patient is None or patient.erased_at is not None:
        raise NotFound("link")
    return patient


def stop_mail(session: Session, patient: Patient, now: datetime) -> bool:
    """Send a patient, who is locked, no more mail; return whether that is something new."""
    found = session.scalar(select(Preference).where(Preference.patient_id == patient.id))
    if found is None:
        found = Preference(patient_id=patient.id)
        session.add(found)
        found.notices = {}
    ways = found.notices.get("channels", ["email"])
    if "email" not in ways:
        return False
    found.notices = found.notices | {"channels": [one for one in ways if one != "email"]}
    session.flush()
    rederive_all(session, patient, now)
    return True


def page_to_ask(session: Session, patient: Patient) -> str:
    """Return the page that asks whether mail is to stop: what reads links ahead stops nothing."""
    language = _language(session, patient)
    _ = language.translate
    title = _("No more e-mails about appointments?")
    button = escape(_("Send me no more e-mails"))
    form = f'<form method="post"><button type="submit">{button}</button></form>'
    return as_page(title, (title,), language, form)


def page_when_done(session: Session, patient: Patient) -> str:
    """Return the page that says that mail is stopped."""
    language = _language(session, patient)
    _ = language.translate
    said = _("You get no more e-mails about appointments. The practice can turn them on again.")
    return as_page(said, (said,), language)


def _language(session: Session, patient: Patient) -> Language:
    country = session.get_one(Practice, patient.practice_id).country
    return language_of(patient.language, country)


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=PURPOSE)
