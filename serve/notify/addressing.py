"""To whom a notice goes: the patient, or who looks after the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Carer, Patient, User


@dataclass(frozen=True)
class Recipients:
    """Addresses of mail, and whether they are those of people who look after the patient."""

    addresses: tuple[str, ...]
    caring: bool = False


def mail_recipients(session: Session, patient: Patient) -> Recipients:
    """Return where mail to a patient goes.

    To the patient's address, or that with which the patient signs in; if there is none, to
    everybody who looks after the patient.
    """
    own = patient.email
    if not own and patient.user_id is not None:
        signs_in = select(User.email).where(User.id == patient.user_id, User.active)
        own = session.scalar(signs_in) or ""
    if own:
        return Recipients(_usable([own]))
    carers = session.scalars(
        select(User.email)
        .join(Carer, Carer.user_id == User.id)
        .where(Carer.patient_id == patient.id, User.active)
        .order_by(User.email)
    ).all()
    return Recipients(_usable(carers), caring=True)


def phone_of(patient: Patient) -> str:
    """Return a patient's number as gateways take it, digits after a plus; empty for none."""
    digits = "".join(one for one in patient.phone if one in "0123456789")
    return f"+{digits}" if patient.phone.strip().startswith("+") else digits


def _usable(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses to which mail can be sent, with domains as the network has them."""
    found = []
    for one in addresses:
        local, _, domain = one.rpartition("@")
        try:
            plain = f"{local}@{domain.encode('idna').decode()}"
            found.append(Address(addr_spec=plain).addr_spec)
        except (MessageError, ValueError, IndexError):
            continue
    return tuple(dict.fromkeys(found))
