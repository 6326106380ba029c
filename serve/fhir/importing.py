"""A bundle's entries written as imports: providers, then patients, then appointments."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.fhir.entries import Entry, keys_of, patient_values, practitioner_values
from serve.fhir.identifiers import kept_as
from serve.fhir.outcome import Issue
from serve.fhir.resolving import Resolver
from serve.imports.appointments import appointment_fields, import_appointments
from serve.imports.fields import Field
from serve.imports.outcome import Outcome
from serve.imports.patients import (
    import_patients,
    known_patients,
    patient_fields,
)
from serve.imports.place import Place
from serve.imports.providers import import_providers, provider_fields
from serve.imports.report import Problem, Report
from serve.imports.rows import Row, Rows
from serve.imports.run import How, import_with
from serve.imports.writing import Writer
from serve.models import Appointment, PatientIdentifier, Provider

#: Where in a resource what a column holds comes from.
ELEMENTS: Mapping[str, Mapping[str, str]] = {
    "Practitioner": {"name": "name", "external_id": "identifier", "active": "active"},
    "Patient": {
        "identifier": "identifier", "system": "identifier", "name": "name", "born_on": "birthDate",
        "email": "telecom", "phone": "telecom", "language": "communication",
    },
    "Appointment": {
        "appointment_id": "identifier", "patient": "participant", "provider": "participant",
        "visit_type": "serviceType", "scheduled_at": "start", "booked_at": "created",
    },
}  # fmt: skip
TABLE_OF = {"Practitioner": "providers", "Patient": "patients", "Appointment": "appointments"}


class Importer:
    """Writes the entries of one bundle.

    Attributes
    ----------
    rows
        What each entry became here, by its number: identifiers.
    there
        Numbers of entries whose row was there before.
    reports
        What came of each kind.
    """

    def __init__(self, session: Session, place: Place, entries: Sequence[Entry]) -> None:
        self.session, self.place, self.entries = session, place, entries
        self.rows: dict[int, UUID] = {}
        self.there: set[int] = set()
        self.reports: list[Report] = []

    def run(self) -> None:
        """Write all entries that can be used, and note what is wrong with the others."""
        self._import("Practitioner", provider_fields(self.place), self._practitioners)
        self._import("Patient", patient_fields(self.place), self._patients)
        self._import("Appointment", appointment_fields(self.place), self._appointments)

    def _import(
        self,
        kind: str,
        fields: Mapping[str, Field],
        written: Callable[[list[Row], Rows, Writer], Outcome],
    ) -> None:
        """Write the entries of a kind."""
        own = [one for one in self.entries if one.kind == kind and not one.issues]
        values = {one.number: self._values(one) for one in own}
        usable = []
        for one in own:
            row = self._row(one, values[one.number], fields)
            if not one.issues:
                usable.append(row)
        if not usable:
            return
        rows = Rows(list(usable), [])

        def write(writer: Writer) -> tuple[Outcome, list[Problem]]:
            return written(usable, rows, writer), rows.problems

        text = json.dumps([one.resource for one in own], sort_keys=True)
        report = import_with(
            self.session, self.place, TABLE_OF[kind], How(on_error="skip"), len(usable),
            hashlib.sha256(text.encode()).hexdigest(), write, shown=len(usable) * 10,
        )  # fmt: skip
        self.reports.append(report)
        for problem in report.problems:
            entry = self.entries[problem.line]
            element = ELEMENTS[kind].get(problem.column, "")
            place = f"{entry.place}.resource.{element}".rstrip(".")
            message = re.sub(r"\bline (\d+)", r"entry \1", problem.message)
            entry.issues.append(Issue("business-rule", message, place))
        for row in usable:
            if self.entries[row.line].issues:
                self.rows.pop(row.line, None)

    def _values(self, entry: Entry) -> dict[str, Any]:
        if entry.kind == "Practitioner":
            return practitioner_values(entry)
        if entry.kind == "Patient":
            return self._patient_values(entry)
        return self._appointment_values(entry)

    def _row(self, entry: Entry, values: Mapping[str, Any], fields: Mapping[str, Field]) -> Row:
        """Return the row of an entry; what cannot be read of it is noted."""
        read: dict[str, Any] = {}
        for name, one in fields.items():
            value = values.get(name)
            where = f"resource.{ELEMENTS[entry.kind].get(name, name)}"
            if value in (None, ""):
                place = f"{entry.place}.{where}"
                noted = any(issue.expression.startswith(place) for issue in entry.issues)
                if one.required and not noted:
                    entry.wrong("required", "must be given", where)
            elif not isinstance(value, str):
                read[name] = value
            else:
                try:
                    read[name] = one.read(value)
                except ValueError:
                    entry.wrong("value", f"must be {one.allowed}", where)
        return Row(entry.number, read)

    def _practitioners(self, usable: list[Row], rows: Rows, writer: Writer) -> Outcome:
        self.there |= {row.line for row in usable if self._provider(row) is not None}
        outcome = import_providers(rows, self.place, writer)
        for row in rows.usable:
            self.rows[row.line] = self._provider(row)  # type: ignore[assignment]
        return outcome

    def _provider(self, row: Row) -> UUID | None:
        query = select(Provider.id).where(Provider.practice_id == self.place.practice_id)
        external = row.values.get("external_id")
        if external:
            found = self.session.scalar(query.where(Provider.external_id == external))
            if found is not None:
                return found
        return self.session.scalar(query.where(Provider.name == row.values["name"]))

    def _patient_values(self, entry: Entry) -> dict[str, str]:
        keys = keys_of(entry)
        if not keys:
            message = "must be given: by it a patient is known"
            entry.wrong("required", message, "resource.identifier")
            return patient_values(entry, ("", ""))
        known = known_patients(self.session, self.place.practice_id, keys)
        if len(set(known.values())) > 1:
            message = "must be identifiers of one patient, and are of several"
            entry.wrong("multiple-matches", message, "resource.identifier")
        return patient_values(entry, next(iter(known), keys[0]))

    def _patients(self, usable: list[Row], rows: Rows, writer: Writer) -> Outcome:
        practice = self.place.practice_id
        keys = {row.line: (row.values["system"], row.values["identifier"]) for row in usable}
        before = known_patients(self.session, practice, keys.values())
        self.there |= {line for line, key in keys.items() if key in before}
        outcome = import_patients(rows, self.place, writer)
        known = known_patients(self.session, practice, keys.values())
        for row in rows.usable:
            self.rows[row.line] = known[keys[row.line]]
        self._add_identifiers(rows, writer)
        return outcome

    def _add_identifiers(self, rows: Rows, writer: Writer) -> None:
        """Add what patients are called beside what they are known by."""
        wanted = {
            pair: self.rows[row.line]
            for row in rows.usable
            for pair in keys_of(self.entries[row.line])
        }
        practice = self.place.practice_id
        known = known_patients(self.session, practice, wanted)
        new = {pair: one for pair, one in wanted.items() if pair not in known}
        writer.add(
            PatientIdentifier,
            [
                {"practice_id": practice, "patient_id": one, "system": system, "value": value}
                for (system, value), one in new.items()
            ],
        )

    def _appointment_values(self, entry: Entry) -> dict[str, Any]:
        resource = entry.resource
        if resource["status"] != "booked":
            message = "must be booked: what was is imported as history, what is held is held here"
            entry.wrong("business-rule", message, "resource.status")
        values: dict[str, Any] = {
            "scheduled_at": str(resource.get("start", "")),
            "booked_at": str(resource.get("created", "")),
        }
        if len(values["booked_at"]) < 16:
            # A date alone is no time at which it was booked.
            values["booked_at"] = ""
        if entry.identifiers:
            values["appointment_id"] = kept_as(*entry.identifiers[0])
        resolver = Resolver(self.session, self.place.practice_id, self.entries, self.rows)
        return values | resolver.named(entry)

    def _appointments(self, usable: list[Row], rows: Rows, writer: Writer) -> Outcome:
        names = {row.line: row.values["appointment_id"] for row in usable}
        before = self._named(list(names.values()))
        self.there |= {line for line, name in names.items() if name in before}
        outcome = import_appointments(rows, self.place, writer)
        known = self._named(list(names.values()))
        for row in rows.usable:
            self.rows[row.line] = known[names[row.line]]
        return outcome

    def _named(self, names: Sequence[str]) -> dict[str, UUID]:
        query = select(Appointment.external_id, Appointment.id).where(
            Appointment.practice_id == self.place.practice_id, Appointment.external_id.in_(names)
        )
        return {name: one for name, one in self.session.execute(query)}
