"""What an imported appointment refers to: entries of its bundle, or what is here already."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.fhir.entries import Entry
from serve.fhir.identifiers import kept_as
from serve.fhir.practice import of_service_type
from serve.fhir.references import UUIDS, split
from serve.imports.patients import SYSTEM, known_patients
from serve.models import Patient, Provider, VisitType


class Resolver:
    """Finds what appointments of a bundle refer to.

    Parameters
    ----------
    entries, rows
        All entries, and what those that were written became, by their number.
    """

    def __init__(
        self,
        session: Session,
        practice_id: UUID,
        entries: Sequence[Entry],
        rows: Mapping[int, UUID],
    ) -> None:
        self.session, self.practice_id, self.rows = session, practice_id, rows
        self.by_url = {one.url: one for one in entries if one.url}

    def named(self, entry: Entry) -> dict[str, Any]:
        """Return type of visit, patient and provider of an entry; what is missing is noted."""
        values: dict[str, Any] = {"visit_type": self._visit_type(entry)}
        for number, one in enumerate(entry.resource["participant"]):
            self._participant(entry, values, one.get("actor", {}), number)
        return values

    def _visit_type(self, entry: Entry) -> VisitType | None:
        codings = [
            coding
            for one in entry.resource.get("serviceType", ())
            for coding in [*one.get("coding", ()), {"code": one.get("text")}]
            if coding.get("code")
        ]
        for one in codings:
            token = kept_as(str(one.get("system", "")), str(one["code"]))
            found = self.session.scalars(
                select(VisitType).where(
                    VisitType.practice_id == self.practice_id, of_service_type(token)
                )
            ).first()
            if found is not None:
                return found
        if codings:
            entry.wrong(
                "code-invalid", "must be a visit that is known here", "resource.serviceType"
            )
        return None

    def _participant(
        self, entry: Entry, values: dict[str, Any], actor: Mapping[str, Any], number: int
    ) -> None:
        text = str(actor.get("reference", ""))
        identifier = actor.get("identifier", {})
        target = self.by_url.get(text)
        kind = target.kind if target is not None else split(text)[0] or str(actor.get("type", ""))
        column = {"Patient": "patient", "Practitioner": "provider"}.get(kind)
        if column is None:
            if text.startswith("urn:"):
                entry.wrong("not-found", "must refer to what is there", _actor(number))
            return
        found: UUID | None = None
        if target is not None:
            found = self.rows.get(target.number)
        elif text:
            name = split(text)[1]
            model: Any = Patient if kind == "Patient" else Provider
            row = self.session.get(model, UUID(name)) if UUIDS.fullmatch(name) else None
            if row is not None and row.practice_id == self.practice_id:
                found = row.id
        elif identifier.get("value"):
            found = self._identified(kind, identifier)
        if found is None:
            entry.wrong("not-found", "must refer to what is there", _actor(number))
        elif column in values:
            entry.wrong("not-supported", f"must be the only {kind}", _actor(number))
        else:
            values[column] = found

    def _identified(self, kind: str, identifier: Mapping[str, Any]) -> UUID | None:
        system, value = str(identifier.get("system", "")), str(identifier["value"])
        if kind == "Patient":
            key = system or SYSTEM, value
            return known_patients(self.session, self.practice_id, [key]).get(key)
        return self.session.scalar(
            select(Provider.id).where(
                Provider.practice_id == self.practice_id,
                Provider.external_id == kept_as(system, value),
            )
        )


def _actor(number: int) -> str:
    return f"resource.participant[{number}].actor"
