"""A booking client written from the profile alone: FHIR R4 and IHE ITI Scheduling, no server's.

It reads the CapabilityStatement, and uses what that says: ``$find``, ``$hold`` and ``$book``
(ITI-115 to ITI-117), search (ITI-118), and PATCH or PUT with ``If-Match``.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests

FHIR_JSON = "application/fhir+json"
Resource = dict[str, Any]


class RefusedError(Exception):
    """What a server did not do, with its OperationOutcome."""

    def __init__(self, status: int, outcome: Resource) -> None:
        assert outcome["resourceType"] == "OperationOutcome"
        super().__init__(outcome["issue"][0].get("diagnostics", ""))
        self.status, self.outcome = status, outcome

    @property
    def codes(self) -> list[str]:
        """Codes of its issues."""
        return [one["code"] for one in self.outcome["issue"]]


@dataclass
class BookingClient:
    """A patient's program.

    Attributes
    ----------
    base
        Address of the server.
    token
        Bearer token.
    """

    base: str
    token: str
    http: requests.Session = field(default_factory=requests.Session)

    def capabilities(self) -> Resource:
        """Return what the server does, of its resource Appointment."""
        statement = self._send("GET", "metadata", signed_in=False)
        assert statement["fhirVersion"].startswith("4.0")
        resources = statement["rest"][0]["resource"]
        return next(one for one in resources if one["type"] == "Appointment")

    def myself(self) -> str:
        """Return a reference to the only patient that the token sees."""
        bundle = self._send("GET", "Patient")
        assert bundle["total"] == 1
        return f"Patient/{bundle['entry'][0]['resource']['id']}"

    def find(self, start: str, end: str, patient: str, count: int = 10) -> list[Resource]:
        """Return proposed appointments (ITI-115)."""
        parameters = [
            {"name": "start", "valueDateTime": start},
            {"name": "end", "valueDateTime": end},
            {"name": "patient-reference", "valueReference": {"reference": patient}},
            {"name": "_count", "valueInteger": count},
        ]
        bundle = self._operation("find", parameters)
        assert bundle["type"] == "searchset"
        found = [entry["resource"] for entry in bundle.get("entry", ())]
        assert all(one["status"] == "proposed" for one in found)
        assert bundle["total"] >= len(found)
        return found

    def hold(self, proposed: Resource) -> Resource:
        """Hold a proposed appointment (ITI-116)."""
        held = self._one(self._operation("hold", [self._reference(proposed)]))
        assert held["status"] == "pending"
        return held

    def book(self, appointment: Resource) -> Resource:
        """Book a proposed or held appointment (ITI-117)."""
        booked = self._one(self._operation("book", [self._reference(appointment)]))
        assert booked["status"] == "booked"
        return booked

    def reschedule(self, booked: Resource, proposed: Resource) -> Resource:
        """Book an appointment that is booked with the slot of a proposed one."""
        changed = booked | {name: proposed[name] for name in ("slot", "start", "end")}
        changed.pop("requestedPeriod", None)
        parameter = {"name": "appointment-resource", "resource": changed}
        return self._one(self._operation("book", [parameter]))

    def cancel(self, booked: Resource) -> Resource:
        """Cancel an appointment by a JSON Patch of the version that was read."""
        now = self.read(booked)
        return self._send(
            "PATCH",
            f"Appointment/{booked['id']}",
            [{"op": "replace", "path": "/status", "value": "cancelled"}],
            media="application/json-patch+json",
            version=now["meta"]["versionId"],
        )

    def read(self, appointment: Resource) -> Resource:
        """Read an appointment."""
        return self._send("GET", f"Appointment/{appointment['id']}")

    def mine(self, patient: str, **more: str) -> list[Resource]:
        """Return all appointments of a patient, page by page (ITI-118)."""
        found = []
        bundle = self._send("GET", "Appointment", query={"patient": patient, "_count": "2"} | more)
        while True:
            found += [entry["resource"] for entry in bundle.get("entry", ())]
            links = {one["relation"]: one["url"] for one in bundle["link"]}
            if "next" not in links:
                assert len(found) == bundle["total"]
                return found
            bundle = self._send("GET", links["next"])

    def _reference(self, appointment: Resource) -> Resource:
        reference = {"reference": f"Appointment/{appointment['id']}"}
        return {"name": "appointment-reference", "valueReference": reference}

    def _one(self, bundle: Resource) -> Resource:
        kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
        assert kinds.count("Appointment") == 1
        return bundle["entry"][kinds.index("Appointment")]["resource"]

    def _operation(self, name: str, parameters: list[Resource]) -> Resource:
        body = {"resourceType": "Parameters", "parameter": parameters}
        return self._send("POST", f"Appointment/${name}", body)

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        media: str = FHIR_JSON,
        version: str | None = None,
        signed_in: bool = True,
    ) -> Resource:
        headers = {"Accept": FHIR_JSON}
        if signed_in:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = media
        if version is not None:
            headers["If-Match"] = f'W/"{version}"'
        answer = self.http.request(
            method, urljoin(f"{self.base}/", path), json=body, params=query, headers=headers,
            timeout=60,
        )  # fmt: skip
        assert answer.headers["Content-Type"].partition(";")[0] == FHIR_JSON, answer.text
        told: Resource = answer.json()
        if answer.status_code >= 400:
            raise RefusedError(answer.status_code, told)
        return told
