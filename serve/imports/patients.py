"""Patients from a file, known by what another system calls them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, lazyload

from serve.imports.fields import Field, birthday, email, pattern, short_text
from serve.imports.outcome import Outcome, differences
from serve.imports.place import Place
from serve.imports.rows import Row, Rows
from serve.imports.writing import Writer, locked, together
from serve.models import Patient, PatientIdentifier

#: The system that numbered the patients, where a file does not say it.
SYSTEM = "import"
#: A system and what it calls a patient.
Key = tuple[str, str]
#: Columns by which a patient is known.
KEY = ("system", "identifier")
#: What a patient has unless the file says something else.
NOTHING = {"email": "", "phone": "", "language": "en", "area": ""}


def patient_fields(place: Place) -> Mapping[str, Field]:
    """Return the columns of patients."""
    language = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,2}"
    return {
        "identifier": short_text(required=True),
        "system": short_text(),
        "name": short_text(required=True),
        "born_on": birthday(place.today),
        "email": email(),
        "phone": pattern(r"[+0-9 ()/-]{0,40}", "a telephone number", 40),
        "language": pattern(language, "a language such as nl or pt-BR", 20),
        "area": short_text(),
    }


def import_patients(rows: Rows, place: Place, writer: Writer) -> Outcome:
    """Add and change patients."""
    rows.once("identifier", {row.line: _key(row) for row in rows.usable})
    keys = [_key(row) for row in rows.usable]
    known = known_patients(writer.session, place.practice_id, keys)
    rows.once("identifier", {row.line: known.get(_key(row)) for row in rows.usable})
    there = _patients(writer.session, [known[key] for key in keys if key in known])
    added: list[dict[str, Any]] = []
    new_keys: list[Key] = []
    changed: list[tuple[Patient, dict[str, Any]]] = []
    for row in rows.usable:
        values = {name: one for name, one in row.values.items() if name not in KEY}
        key = _key(row)
        if key in known:
            patient = there[known[key]]
            changes = differences(patient, values)
            if changes:
                changed.append((patient, changes))
        else:
            new_keys.append(key)
            added.append(
                {
                    "practice_id": place.practice_id, "version": 1, "born_on": None,
                    "attributes": {}, **NOTHING, **values,
                }
            )  # fmt: skip
    identifiers = [
        {"practice_id": place.practice_id, "patient_id": one, "system": system, "value": value}
        for one, (system, value) in zip(writer.add(Patient, added), new_keys, strict=True)
    ]
    writer.add(PatientIdentifier, identifiers)
    writer.change(Patient, changed)
    return Outcome(len(added), len(changed), len(rows.usable) - len(added) - len(changed))


def known_patients(session: Session, practice_id: UUID, keys: Iterable[Key]) -> dict[Key, UUID]:
    """Return which patients some identifiers are."""
    found: dict[Key, UUID] = {}
    pair = tuple_(PatientIdentifier.system, PatientIdentifier.value)
    for part in together(keys):
        query = select(
            PatientIdentifier.system, PatientIdentifier.value, PatientIdentifier.patient_id
        ).where(PatientIdentifier.practice_id == practice_id, pair.in_(part))
        found.update({(system, value): one for system, value, one in session.execute(query)})
    return found


def _patients(session: Session, identifiers: list[UUID]) -> dict[UUID, Patient]:
    """Return patients, locked in one order so that two imports do not wait for each other."""
    found: dict[UUID, Patient] = {}
    for part in together(sorted(set(identifiers))):
        query = select(Patient).where(Patient.id.in_(part)).order_by(Patient.id)
        query = query.options(lazyload(Patient.identifiers))
        found.update({one.id: one for one in session.scalars(locked(query))})
    return found


def _key(row: Row) -> Key:
    return row.values.get("system", SYSTEM), row.values["identifier"]
