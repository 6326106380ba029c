"""Entries of a bundle that is to be imported: each one checked, and as values of a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from serve.fhir.codes import CODES
from serve.fhir.identifiers import kept_as
from serve.fhir.outcome import Issue
from serve.fhir.validation import wrong_with
from serve.imports.patients import SYSTEM

#: What is imported, in the order in which one refers to the other.
IMPORTED = ("Practitioner", "Patient", "Appointment")


@dataclass
class Entry:
    """An entry of a bundle.

    Attributes
    ----------
    number
        Which it is, from 0.
    kind, resource
        What it holds, which is one of R4 unless there are issues.
    url
        What other entries call it; empty for nothing.
    issues
        What is wrong with it.
    """

    number: int
    kind: str = ""
    resource: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    issues: list[Issue] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it is, as FHIRPath."""
        return f"Bundle.entry[{self.number}]"

    def wrong(self, code: str, message: str, where: str) -> None:
        """Note something that is wrong with it."""
        self.issues.append(Issue(code, message, f"{self.place}.{where}"))

    @property
    def identifiers(self) -> list[tuple[str, str]]:
        """What it is called elsewhere, by system and value."""
        return [
            (str(one.get("system", "")), str(one["value"]))
            for one in self.resource.get("identifier", ())
            if one.get("value")
        ]


def read_entry(number: int, given: Any) -> Entry:
    """Return an entry with everything that its form alone says is wrong."""
    entry = Entry(number)
    if not isinstance(given, Mapping):
        entry.issues.append(Issue("structure", "must be an entry", entry.place))
        return entry
    resource, request = given.get("resource"), given.get("request")
    if not isinstance(resource, Mapping):
        entry.wrong("required", "must be given", "resource")
        return entry
    kind = resource.get("resourceType")
    if kind not in IMPORTED:
        message = f"must be one of {', '.join(IMPORTED)}"
        entry.wrong("not-supported", message, "resource.resourceType")
        return entry
    entry.kind, entry.resource = kind, dict(resource)
    url = given.get("fullUrl")
    entry.url = url if isinstance(url, str) else ""
    entry.issues += wrong_with(resource, kind, f"{entry.place}.resource")
    if not entry.issues:
        _check_request(entry, request)
    return entry


def _check_request(entry: Entry, request: Any) -> None:
    """Note what is wrong with how an entry is sent: a POST, or a PUT by an identifier."""
    if not isinstance(request, Mapping):
        entry.wrong("required", "must be given", "request")
        return
    method, url = request.get("method"), request.get("url")
    if method not in CODES["BundleEntryRequest.method"]:
        message = f"must be one of {', '.join(CODES['BundleEntryRequest.method'])}"
        entry.wrong("code-invalid", message, "request.method")
    elif method == "POST":
        if url != entry.kind:
            entry.wrong("invalid", f"must be {entry.kind}", "request.url")
    elif method != "PUT":
        entry.wrong("not-supported", "must be POST or PUT", "request.method")
    else:
        kind, _, query = str(url).partition("?")
        named = dict(parse_qsl(query)).get("identifier", "")
        own = {kept_as(*pair) for pair in entry.identifiers}
        if kind != entry.kind or named.lstrip("|") not in own:
            message = f"must be {entry.kind}?identifier= and an identifier of the resource"
            entry.wrong("invalid", message, "request.url")


def practitioner_values(entry: Entry) -> dict[str, str]:
    """Return a Practitioner as the texts of a row of providers."""
    values = {"name": _name(entry.resource)}
    if entry.identifiers:
        values["external_id"] = kept_as(*entry.identifiers[0])
    if "active" in entry.resource:
        values["active"] = "true" if entry.resource["active"] else "false"
    return values


def patient_values(entry: Entry, key: tuple[str, str]) -> dict[str, str]:
    """Return a Patient, known by a key, as the texts of a row of patients."""
    resource = entry.resource
    values = {"system": key[0], "identifier": key[1], "name": _name(resource)}
    if resource.get("birthDate"):
        values["born_on"] = str(resource["birthDate"])
    for system in ("phone", "email"):
        for one in resource.get("telecom", ()):
            if one.get("system") == system and one.get("value") and one.get("use") != "old":
                values.setdefault(system, str(one["value"]))
    spoken = resource.get("communication", [])
    for one in sorted(spoken, key=lambda each: not each.get("preferred", False)):
        for coding in one.get("language", {}).get("coding", ()):
            if coding.get("code"):
                values.setdefault("language", str(coding["code"]))
    return values


def keys_of(entry: Entry) -> list[tuple[str, str]]:
    """Return what a Patient may be known by; one without a system has the system of imports."""
    return [(system or SYSTEM, value) for system, value in entry.identifiers]


def _name(resource: Mapping[str, Any]) -> str:
    """Return the name that is used: the first that is not an old one."""
    names = [one for one in resource.get("name", ()) if one.get("use") != "old"]
    for one in names:
        parts = [*one.get("given", ()), one.get("family", "")]
        text = str(one.get("text") or " ".join(str(part) for part in parts if part)).strip()
        if text:
            return text
    return ""
