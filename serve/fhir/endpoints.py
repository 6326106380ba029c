"""Every endpoint of the facade; whoever imports this has them registered."""

from serve.fhir import (
    appointment_search,
    audit_event,
    booking,
    bundles,
    capability,
    changing,
    find,
    healthcare_service,
    location,
    patient,
    practitioner,
    schedule,
    slot,
)
from serve.fhir.dialect import fhir

__all__ = [
    "appointment_search",
    "audit_event",
    "booking",
    "bundles",
    "capability",
    "changing",
    "fhir",
    "find",
    "healthcare_service",
    "location",
    "patient",
    "practitioner",
    "schedule",
    "slot",
]
