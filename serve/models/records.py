"""What is kept of what happened: events, answers given, accesses, imports."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serve.models.base import Base, Counter, Identified, Versioned, one_of

TABLES = (
    "providers", "patients", "appointments", "visits", "arrivals", "consultations", "offers",
)  # fmt: skip
IMPORTS = ("done", "undone")


def _now() -> datetime:
    return datetime.now(UTC)


class Event(Base):
    """Something that happened in a practice, in order, for whoever listens.

    Attributes
    ----------
    kind, subject_id
        What happened, such as ``appointment.booked``, and to which row.
    patient_id, provider_id, clinic_day_id
        Who and what it is about; None for nobody in particular.
    details
        Plain names and numbers; nothing about the patient.
    """

    __tablename__ = "event"
    # A number is never given twice, also where SQLite would begin anew in an empty table.
    __table_args__ = (
        Index("ix_event_practice_id", "practice_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[UUID]
    patient_id: Mapped[UUID | None] = mapped_column(default=None)
    provider_id: Mapped[UUID | None] = mapped_column(default=None)
    clinic_day_id: Mapped[UUID | None] = mapped_column(default=None)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=_now)


class AuditEntry(Base):
    """Who read or changed what, when and from where; rows are only ever added.

    Attributes
    ----------
    action, subject, subject_id
        What was done, as `serve.auth.policy` calls it, to which kind of row and which one.
    patient_id
        Whose data they were; None for nobody's.
    by
        How the user signed in: ``session``, ``token``, ``link`` for whoever has a secret link, or
        ``system`` for the service itself.
    address, request_id
        From where, and by which request.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_patient", "patient_id", "at"),)

    id: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    practice_id: Mapped[UUID | None] = mapped_column(index=True, default=None)
    at: Mapped[datetime] = mapped_column(default=_now)
    user_id: Mapped[UUID | None] = mapped_column(default=None)
    by: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), default="")
    subject_id: Mapped[UUID | None] = mapped_column(default=None)
    patient_id: Mapped[UUID | None] = mapped_column(default=None)
    address: Mapped[str] = mapped_column(String(60), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class IdempotencyRecord(Identified, Base):
    """The answer to a request, given again when the same request comes again.

    Attributes
    ----------
    owner
        Who asked: the user's identifier.
    key, fingerprint
        The request's ``Idempotency-Key``, and a hash of its method, path and body.
    """

    __tablename__ = "idempotency_record"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_idempotency_record_created", "created_at"),
    )

    owner: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    etag: Mapped[str] = mapped_column(String(64), default="")


class Import(Versioned, Base):
    """A file that was imported.

    Attributes
    ----------
    table, fingerprint
        What it held, and a hash of its bytes.
    mapping
        What its columns are called, by their name here.
    counts
        Rows added, changed, left as they were and skipped.
    """

    __tablename__ = "import"
    __table_args__ = (one_of('"table"', TABLES), one_of("state", IMPORTS))

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), default=None)
    table: Mapped[str] = mapped_column(String(20))
    fingerprint: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(20), default="done")


class ImportedRow(Identified, Base):
    """A row that an import added or changed, so that it can be undone.

    Attributes
    ----------
    kind, row_id
        The table of the row here, and its identifier.
    before
        Its values before the import; None for a row that was added.
    version
        The row's version after the import: one that was changed since is not undone.
    """

    __tablename__ = "imported_row"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[UUID] = mapped_column(index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1)


class HistoryRow(Versioned, Base):
    """A row of a table of `forecast.data.tables` from before the practice used the service.

    Attributes
    ----------
    table, key
        Which table, and the values by which the row differs from all others of it.
    values
        The row, by the names of its columns.
    """

    __tablename__ = "history_row"
    __table_args__ = (UniqueConstraint("practice_id", "table", "key"),)

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    table: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(index=True)
    values: Mapped[dict[str, Any]]
