"""The tables: what a practice is, who belongs to it, and what was planned, booked and done."""

from serve.models.appointment import Appointment, Offer, StatusChange, WaitlistEntry
from serve.models.availability import AvailabilityException, AvailabilityRule
from serve.models.base import Base
from serve.models.clinic import ClinicDay, Seat, Template
from serve.models.live import ExpectedStart, Outlook
from serve.models.people import (
    ApiToken,
    Carer,
    ExternalIdentity,
    Patient,
    PatientIdentifier,
    Preference,
    User,
    UserRole,
)
from serve.models.practice import Location, Practice, Provider, Resource, VisitType
from serve.models.records import (
    AuditEntry,
    Event,
    HistoryRow,
    IdempotencyRecord,
    Import,
    ImportedRow,
)
from serve.models.run import Run, RunCheckpoint
from serve.models.telling import CalendarFeed, OutboxMessage, Webhook

__all__ = [
    "ApiToken",
    "Appointment",
    "AuditEntry",
    "AvailabilityException",
    "AvailabilityRule",
    "Base",
    "CalendarFeed",
    "Carer",
    "ClinicDay",
    "Event",
    "ExpectedStart",
    "ExternalIdentity",
    "HistoryRow",
    "IdempotencyRecord",
    "Import",
    "ImportedRow",
    "Location",
    "Offer",
    "OutboxMessage",
    "Outlook",
    "Patient",
    "PatientIdentifier",
    "Practice",
    "Preference",
    "Provider",
    "Resource",
    "Run",
    "RunCheckpoint",
    "Seat",
    "StatusChange",
    "Template",
    "User",
    "UserRole",
    "VisitType",
    "WaitlistEntry",
    "Webhook",
]
