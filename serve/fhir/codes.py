"""Code lists that R4 binds elements to, which the classes of resources do not check themselves."""

from collections.abc import Mapping

#: Codes of elements whose binding is required, by the class of `fhir.resources` and the element.
CODES: Mapping[str, tuple[str, ...]] = {
    "Address.use": ("home", "work", "temp", "old", "billing"),
    "Address.type": ("postal", "physical", "both"),
    "Appointment.status": (
        "proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow",
        "entered-in-error", "checked-in", "waitlist",
    ),
    "AppointmentParticipant.required": ("required", "optional", "information-only"),
    "AppointmentParticipant.status": ("accepted", "declined", "tentative", "needs-action"),
    "AuditEvent.action": ("C", "R", "U", "D", "E"),
    "AuditEvent.outcome": ("0", "4", "8", "12"),
    "AuditEventAgentNetwork.type": ("1", "2", "3", "4", "5"),
    "Bundle.type": (
        "document", "message", "transaction", "transaction-response", "batch", "batch-response",
        "history", "searchset", "collection",
    ),
    "BundleEntryRequest.method": ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"),
    "BundleEntrySearch.mode": ("match", "include", "outcome"),
    "CapabilityStatement.fhirVersion": ("4.0.1",),
    "CapabilityStatement.kind": ("instance", "capability", "requirements"),
    "CapabilityStatement.status": ("draft", "active", "retired", "unknown"),
    "CapabilityStatementRest.mode": ("client", "server"),
    "CapabilityStatementRestInteraction.code": (
        "transaction", "batch", "search-system", "history-system",
    ),
    "CapabilityStatementRestResource.versioning": ("no-version", "versioned", "versioned-update"),
    "CapabilityStatementRestResourceInteraction.code": (
        "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create",
        "search-type",
    ),
    "CapabilityStatementRestResourceSearchParam.type": (
        "number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special",
    ),
    "ContactPoint.system": ("phone", "fax", "email", "pager", "url", "sms", "other"),
    "ContactPoint.use": ("home", "work", "temp", "old", "mobile"),
    "HumanName.use": ("usual", "official", "temp", "nickname", "anonymous", "old", "maiden"),
    "Identifier.use": ("usual", "official", "temp", "secondary", "old"),
    "Location.mode": ("instance", "kind"),
    "Location.status": ("active", "suspended", "inactive"),
    "Narrative.status": ("generated", "extensions", "additional", "empty"),
    "OperationOutcomeIssue.code": (
        "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown",
        "expired", "forbidden", "suppressed", "processing", "not-supported", "duplicate",
        "multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension",
        "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store",
        "exception", "timeout", "incomplete", "throttled", "informational",
    ),
    "OperationOutcomeIssue.severity": ("fatal", "error", "warning", "information"),
    "Patient.gender": ("male", "female", "other", "unknown"),
    "PatientLink.type": ("replaced-by", "replaces", "refer", "seealso"),
    "Practitioner.gender": ("male", "female", "other", "unknown"),
    "Slot.status": ("busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"),
}  # fmt: skip


def allowed(model: str, element: str) -> tuple[str, ...] | None:
    """Return the codes that an element of a class takes; None for any text."""
    return CODES.get(f"{model}.{element}")
