"""Patients as rows that several hands change: identifiers, carers, and what finds them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from serve.errors import Conflict, NotFound
from serve.models import Carer, Patient, PatientIdentifier, User, UserRole


def touch(patient: Patient) -> None:
    """Raise a patient's version: what belongs to the patient is changed, not the row itself."""
    flag_modified(patient, "name")


def still_there(patient: Patient) -> Patient:
    """Return a patient; raise `Conflict` for one that was erased."""
    if patient.erased_at is not None:
        raise Conflict("The patient's data were erased.", "erased")
    return patient


def set_identifiers(patient: Patient, pairs: Iterable[tuple[str, str]]) -> None:
    """Give a patient identifiers, by system and value, and no others."""
    before = {(one.system, one.value): one for one in patient.identifiers}
    wanted = sorted(set(pairs))
    if sorted(before) == wanted:
        return
    patient.identifiers = [
        before.get(pair)
        or PatientIdentifier(practice_id=patient.practice_id, system=pair[0], value=pair[1])
        for pair in wanted
    ]
    touch(patient)


def searched(
    query: Select[Any],
    name: str | None,
    identifier: str | None,
    born_on: date | None,
) -> Select[Any]:
    """Return a query of patients for those who are meant.

    Parameters
    ----------
    name
        How a word of the name begins, in whichever letters the database takes for the same.
    identifier
        What any other system calls the patient.
    born_on
        Date of birth.
    """
    if name is not None:
        # The database makes both sides small, because it may know fewer letters than Python.
        known, start = func.lower(Patient.name), _escaped(name)
        query = query.where(
            or_(
                known.like(func.lower(f"{start}%"), escape="\\"),
                known.like(func.lower(f"% {start}%"), escape="\\"),
            )
        )
    if identifier is not None:
        query = query.where(
            Patient.id.in_(
                select(PatientIdentifier.patient_id).where(PatientIdentifier.value == identifier)
            )
        )
    return query if born_on is None else query.where(Patient.born_on == born_on)


def _escaped(text: str) -> str:
    for letter in ("\\", "%", "_"):
        text = text.replace(letter, f"\\{letter}")
    return text


def add_carer(session: Session, patient: Patient, email: str) -> User:
    """Let an active user of the practice act for a patient; who may already stays so.

    Raises
    ------
    NotFound
        If the practice has no such user.
    """
    user = session.scalar(
        select(User).where(
            User.email == email, User.practice_id == patient.practice_id, User.active
        )
    )
    if user is None:
        raise NotFound("user")
    if session.get(Carer, (user.id, patient.id)) is None:
        session.add(Carer(user_id=user.id, patient_id=patient.id))
        touch(patient)
    if "patient" not in {role.role for role in user.roles}:
        user.roles.append(UserRole(role="patient"))
        flag_modified(user, "name")
    return user


def remove_carer(session: Session, patient: Patient, user_id: object) -> None:
    """Take from a user that it acts for a patient; raise `NotFound` if it does not."""
    carer = session.get(Carer, (user_id, patient.id))
    if carer is None:
        raise NotFound("carer")
    session.delete(carer)
    touch(patient)
