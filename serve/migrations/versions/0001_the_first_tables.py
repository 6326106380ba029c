"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
#: Plain names and numbers.
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
#: A number that rises with every row.
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

phase = "expand"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the database forward."""
    op.create_table(
        "audit_entry",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_patient", "audit_entry", ["patient_id", "at"], unique=False)
    op.create_index(
        op.f("ix_audit_entry_practice_id"), "audit_entry", ["practice_id"], unique=False
    )

    op.create_table(
        "idempotency_record",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", DOCUMENT, nullable=False),
        sa.Column("etag", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_idempotency_record_owner_key")),
    )
    op.create_index(
        "ix_idempotency_record_created", "idempotency_record", ["created_at"], unique=False
    )

    op.create_table(
        "practice",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=10), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("offer_minutes", sa.Integer(), nullable=False),
        sa.Column("reminder_hours", sa.Integer(), nullable=False),
        sa.Column("delay_minutes", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("forgotten_event", COUNTER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "hold_minutes > 0 AND offer_minutes > 0", name=op.f("ck_practice_minutes")
        ),
        sa.CheckConstraint("retention_days >= 0", name=op.f("ck_practice_retention")),
        sa.CheckConstraint(
            "reminder_hours >= 0 AND delay_minutes > 0", name=op.f("ck_practice_notices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("name", name=op.f("uq_practice_name")),
    )
    op.create_table(
        "event",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_day_id", sa.Uuid(), nullable=True),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_event_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_practice_id", "event", ["practice_id", "id"], unique=False)

    op.create_table(
        "history_row",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("table", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_history_row_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_row")),
        sa.UniqueConstraint(
            "practice_id", "table", "key", name=op.f("uq_history_row_practice_id_table_key")
        ),
    )
    op.create_index(op.f("ix_history_row_at"), "history_row", ["at"], unique=False)

    op.create_table(
        "location",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_location_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("practice_id", "name", name=op.f("uq_location_practice_id_name")),
    )
    op.create_table(
        "provider",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_provider_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("practice_id", "name", name=op.f("uq_provider_practice_id_name")),
    )
    op.create_table(
        "visit_type",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("service_time", DOCUMENT, nullable=False),
        sa.Column("no_show", sa.Double(), nullable=False),
        sa.Column("default_rule", sa.String(length=20), nullable=False),
        sa.Column("book_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("cancel_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "default_rule IN ('individual', 'bailey_welch', 'equispaced', 'two_at_a_time')",
            name=op.f("ck_visit_type_default_rule"),
        ),
        sa.CheckConstraint(
            "book_notice_minutes >= 0 AND cancel_notice_minutes >= 0",
            name=op.f("ck_visit_type_notice"),
        ),
        sa.CheckConstraint(
            "minutes > 0 AND interval_minutes > 0", name=op.f("ck_visit_type_minutes")
        ),
        sa.CheckConstraint("no_show >= 0 AND no_show < 1", name=op.f("ck_visit_type_no_show")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_visit_type_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_type")),
        sa.UniqueConstraint("practice_id", "name", name=op.f("uq_visit_type_practice_id_name")),
    )
    op.create_table(
        "resource",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('room', 'equipment')", name=op.f("ck_resource_kind")),
        sa.CheckConstraint(
            "pieces > 0 AND (kind = 'equipment' OR pieces = 1)", name=op.f("ck_resource_pieces")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_resource_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_resource_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint(
            "location_id", "kind", "name", name=op.f("uq_resource_location_id_kind_name")
        ),
    )
    op.create_table(
        "user",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=500), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_in_epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_email")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_user_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_user_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_user_provider_id")),
    )
    op.create_table(
        "api_token",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)

    op.create_table(
        "availability_exception",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("visit_type_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind = 'away' OR (starts IS NOT NULL AND visit_type_id IS NOT NULL AND location_id IS NOT NULL)",
            name=op.f("ck_availability_exception_extra"),
        ),
        sa.CheckConstraint(
            "kind IN ('away', 'extra')", name=op.f("ck_availability_exception_kind")
        ),
        sa.CheckConstraint(
            "(starts IS NULL) = (minutes IS NULL)",
            name=op.f("ck_availability_exception_whole_date"),
        ),
        sa.CheckConstraint(
            "minutes IS NULL OR (minutes > 0 AND minutes <= 1440)",
            name=op.f("ck_availability_exception_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_availability_exception_location_id_location"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_availability_exception_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["resource.id"], name=op.f("fk_availability_exception_room_id_resource")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_availability_exception_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_exception")),
    )
    op.create_index(
        "ix_availability_exception_provider_day",
        "availability_exception",
        ["provider_id", "day"],
        unique=False,
    )

    op.create_table(
        "external_identity",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_external_identity_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(
        op.f("ix_external_identity_user_id"), "external_identity", ["user_id"], unique=False
    )

    op.create_table(
        "import",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("table", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping", DOCUMENT, nullable=False),
        sa.Column("counts", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('done', 'undone')", name=op.f("ck_import_state")),
        sa.CheckConstraint(
            "\"table\" IN ('providers', 'patients', 'appointments', 'visits', 'arrivals', 'consultations', 'offers')",
            name=op.f('ck_import_"table"'),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_import_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_import_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index(op.f("ix_import_practice_id"), "import", ["practice_id"], unique=False)

    op.create_table(
        "patient",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("attributes", DOCUMENT, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_patient_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_patient_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("user_id", name=op.f("uq_patient_user_id")),
    )
    op.create_index(op.f("ix_patient_practice_id"), "patient", ["practice_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("request", DOCUMENT, nullable=False),
        sa.Column("progress", DOCUMENT, nullable=False),
        sa.Column("result", DOCUMENT, nullable=True),
        sa.Column("problem", sa.String(length=2000), nullable=True),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("ck_run_result")),
        sa.CheckConstraint(
            "kind IN ('optimisation', 'frontier', 'allocation', 'forecast')",
            name=op.f("ck_run_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_run_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_run_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_practice", "run", ["practice_id", "kind", "created_at"], unique=False)
    op.create_index("ix_run_state", "run", ["state", "alive_at"], unique=False)
    op.create_table(
        "run_checkpoint",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_checkpoint_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_checkpoint")),
    )

    op.create_table(
        "user_role",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('patient', 'provider', 'front_desk', 'administrator', 'analyst')",
            name=op.f("ck_user_role_role"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_role_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_role")),
    )
    op.create_table(
        "visit_type_resource",
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_visit_type_resource_resource_id_resource"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_visit_type_resource_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint(
            "visit_type_id", "resource_id", name=op.f("pk_visit_type_resource")
        ),
    )
    op.create_table(
        "carer",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_carer_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_carer_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", "patient_id", name=op.f("pk_carer")),
    )
    op.create_index("ix_carer_patient_id", "carer", ["patient_id"], unique=False)

    op.create_table(
        "imported_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_imported_row_import_id_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_row")),
    )
    op.create_index(op.f("ix_imported_row_import_id"), "imported_row", ["import_id"], unique=False)
    op.create_index(op.f("ix_imported_row_row_id"), "imported_row", ["row_id"], unique=False)

    op.create_table(
        "patient_identifier",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"],
            ["practice.id"],
            name=op.f("fk_patient_identifier_practice_id_practice"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_identifier")),
        sa.UniqueConstraint(
            "practice_id",
            "system",
            "value",
            name=op.f("uq_patient_identifier_practice_id_system_value"),
        ),
    )
    op.create_index(
        op.f("ix_patient_identifier_patient_id"), "patient_identifier", ["patient_id"], unique=False
    )

    op.create_table(
        "preference",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("providers", DOCUMENT, nullable=False),
        sa.Column("weekdays", DOCUMENT, nullable=False),
        sa.Column("times", DOCUMENT, nullable=False),
        sa.Column("notices", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_preference_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preference")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_preference_patient_id")),
    )
    op.create_table(
        "template",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("objective", DOCUMENT, nullable=False),
        sa.Column("schedule", DOCUMENT, nullable=False),
        sa.Column("performance", DOCUMENT, nullable=False),
        sa.Column("certificate", DOCUMENT, nullable=True),
        sa.Column("known", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "known IN ('optimal', 'bounded', 'heuristic', 'priced')", name=op.f("ck_template_known")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_template_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_template_run_id_run")),
        sa.ForeignKeyConstraint(
            ["visit_type_id"], ["visit_type.id"], name=op.f("fk_template_visit_type_id_visit_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint("practice_id", "name", name=op.f("uq_template_practice_id_name")),
    )
    op.create_table(
        "availability_rule",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("recurrence", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "last_date IS NULL OR last_date >= first_date", name=op.f("ck_availability_rule_dates")
        ),
        sa.CheckConstraint(
            "minutes > 0 AND minutes <= 1440", name=op.f("ck_availability_rule_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_availability_rule_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_availability_rule_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["resource.id"], name=op.f("fk_availability_rule_room_id_resource")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name=op.f("fk_availability_rule_template_id_template")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_availability_rule_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_rule")),
    )
    op.create_index(
        op.f("ix_availability_rule_provider_id"), "availability_rule", ["provider_id"], unique=False
    )

    op.create_table(
        "clinic_day",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(length=20), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interval_minutes", sa.Double(), nullable=False),
        sa.Column("objective", DOCUMENT, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("away_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rule IS NULL OR rule IN ('individual', 'bailey_welch', 'equispaced', 'two_at_a_time')",
            name=op.f("ck_clinic_day_rule"),
        ),
        sa.CheckConstraint(
            "(template_id IS NULL) <> (rule IS NULL)", name=op.f("ck_clinic_day_filled")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_clinic_day_ends")),
        sa.CheckConstraint("interval_minutes > 0", name=op.f("ck_clinic_day_interval")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_clinic_day_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_clinic_day_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_clinic_day_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["resource.id"], name=op.f("fk_clinic_day_room_id_resource")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name=op.f("fk_clinic_day_template_id_template")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_clinic_day_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_day")),
    )
    op.create_index(
        "ix_clinic_day_practice_day", "clinic_day", ["practice_id", "day"], unique=False
    )
    op.create_index(
        "ix_clinic_day_provider_starts", "clinic_day", ["provider_id", "starts_at"], unique=True
    )

    op.create_table(
        "seat",
        sa.Column("clinic_day_id", sa.Uuid(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extra", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("extra = (reason <> '')", name=op.f("ck_seat_reason")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_seat_ends")),
        sa.CheckConstraint("interval >= 0 AND number >= 0", name=op.f("ck_seat_place")),
        sa.ForeignKeyConstraint(
            ["clinic_day_id"], ["clinic_day.id"], name=op.f("fk_seat_clinic_day_id_clinic_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint(
            "clinic_day_id",
            "interval",
            "number",
            name=op.f("uq_seat_clinic_day_id_interval_number"),
        ),
    )
    op.create_index("ix_seat_starts_at", "seat", ["starts_at"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("walk_in", sa.Boolean(), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'held') = (held_until IS NOT NULL)", name=op.f("ck_appointment_held")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show', 'cancelled_by_patient', 'cancelled_by_practice', 'expired')",
            name=op.f("ck_appointment_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show') OR seat_id IS NOT NULL",
            name=op.f("ck_appointment_has_seat"),
        ),
        sa.CheckConstraint(
            "(seat_id IS NULL) = (starts_at IS NULL) AND (starts_at IS NULL) = (ends_at IS NULL)",
            name=op.f("ck_appointment_times"),
        ),
        sa.CheckConstraint(
            "started_at IS NULL OR ended_at IS NULL OR ended_at >= started_at",
            name=op.f("ck_appointment_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_appointment_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_appointment_seat_id_seat")),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_appointment_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_held_until", "appointment", ["held_until"], unique=False)
    op.create_index(
        "ix_appointment_patient_starts", "appointment", ["patient_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_appointment_practice_starts", "appointment", ["practice_id", "starts_at"], unique=False
    )
    op.create_index(
        "uq_appointment_seat_holder",
        "appointment",
        ["seat_id"],
        unique=True,
        sqlite_where=sa.text(
            "status IN ('held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show')"
        ),
        postgresql_where=sa.text(
            "status IN ('held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show')"
        ),
    )

    op.create_table(
        "status_change",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show', 'cancelled_by_patient', 'cancelled_by_practice', 'expired')",
            name=op.f("ck_status_change_status"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_status_change_appointment_id_appointment"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_status_change_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_change")),
    )
    op.create_index(
        "uq_status_change_number", "status_change", ["appointment_id", "number"], unique=True
    )

    op.create_table(
        "waitlist_entry",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("latest", sa.Date(), nullable=False),
        sa.Column("urgency", sa.Double(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'offered', 'served', 'left')",
            name=op.f("ck_waitlist_entry_status"),
        ),
        sa.CheckConstraint("latest >= earliest", name=op.f("ck_waitlist_entry_window")),
        sa.CheckConstraint("urgency > 0", name=op.f("ck_waitlist_entry_urgency")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_waitlist_entry_appointment_id_appointment"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_waitlist_entry_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_waitlist_entry_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_waitlist_entry_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
            name=op.f("fk_waitlist_entry_visit_type_id_visit_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
    )
    op.create_index(
        "uq_waitlist_entry_open",
        "waitlist_entry",
        ["patient_id", "visit_type_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('waiting', 'offered')"),
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )

    op.create_table(
        "offer",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('offered', 'accepted', 'declined', 'expired')", name=op.f("ck_offer_status")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waitlist_entry.id"], name=op.f("fk_offer_entry_id_waitlist_entry")
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["appointment.id"], name=op.f("fk_offer_hold_id_appointment")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_offer_seat_id_seat")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_ends_at", "offer", ["ends_at"], unique=False)
    op.create_index(op.f("ix_offer_entry_id"), "offer", ["entry_id"], unique=False)
    op.create_index(
        "uq_offer_open",
        "offer",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text("status = 'offered'"),
        postgresql_where=sa.text("status = 'offered'"),
    )


def downgrade() -> None:
    """Bring the database back."""
    op.drop_index(
        "uq_offer_open",
        table_name="offer",
        sqlite_where=sa.text("status = 'offered'"),
        postgresql_where=sa.text("status = 'offered'"),
    )
    op.drop_index(op.f("ix_offer_entry_id"), table_name="offer")
    op.drop_index("ix_offer_ends_at", table_name="offer")

    op.drop_table("offer")
    op.drop_index(
        "uq_waitlist_entry_open",
        table_name="waitlist_entry",
        sqlite_where=sa.text("status IN ('waiting', 'offered')"),
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )

    op.drop_table("waitlist_entry")
    op.drop_index("uq_status_change_number", table_name="status_change")

    op.drop_table("status_change")

    op.drop_index(
        "uq_appointment_seat_holder",
        table_name="appointment",
        sqlite_where=sa.text(
            "status IN ('held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show')"
        ),
        postgresql_where=sa.text(
            "status IN ('held', 'booked', 'arrived', 'in_consultation', 'completed', 'no_show')"
        ),
    )
    op.drop_index("ix_appointment_practice_starts", table_name="appointment")
    op.drop_index("ix_appointment_patient_starts", table_name="appointment")
    op.drop_index("ix_appointment_held_until", table_name="appointment")

    op.drop_table("appointment")
    op.drop_index("ix_seat_starts_at", table_name="seat")

    op.drop_table("seat")
    op.drop_index("ix_clinic_day_provider_starts", table_name="clinic_day")
    op.drop_index("ix_clinic_day_practice_day", table_name="clinic_day")

    op.drop_table("clinic_day")
    op.drop_index(op.f("ix_availability_rule_provider_id"), table_name="availability_rule")

    op.drop_table("availability_rule")
    op.drop_table("template")
    op.drop_table("preference")
    op.drop_index(op.f("ix_patient_identifier_patient_id"), table_name="patient_identifier")

    op.drop_table("patient_identifier")
    op.drop_index(op.f("ix_imported_row_row_id"), table_name="imported_row")
    op.drop_index(op.f("ix_imported_row_import_id"), table_name="imported_row")

    op.drop_table("imported_row")
    op.drop_index("ix_carer_patient_id", table_name="carer")

    op.drop_table("carer")
    op.drop_table("visit_type_resource")
    op.drop_table("user_role")
    op.drop_table("run_checkpoint")
    op.drop_index("ix_run_state", table_name="run")
    op.drop_index("ix_run_practice", table_name="run")

    op.drop_table("run")
    op.drop_index(op.f("ix_patient_practice_id"), table_name="patient")

    op.drop_table("patient")
    op.drop_index(op.f("ix_import_practice_id"), table_name="import")

    op.drop_table("import")
    op.drop_index(op.f("ix_external_identity_user_id"), table_name="external_identity")

    op.drop_table("external_identity")
    op.drop_index("ix_availability_exception_provider_day", table_name="availability_exception")

    op.drop_table("availability_exception")
    op.drop_index(op.f("ix_api_token_user_id"), table_name="api_token")

    op.drop_table("api_token")
    op.drop_table("user")
    op.drop_table("resource")
    op.drop_table("visit_type")
    op.drop_table("provider")
    op.drop_table("location")
    op.drop_index(op.f("ix_history_row_at"), table_name="history_row")

    op.drop_table("history_row")
    op.drop_index("ix_event_practice_id", table_name="event")

    op.drop_table("event")
    op.drop_table("practice")
    op.drop_index("ix_idempotency_record_created", table_name="idempotency_record")

    op.drop_table("idempotency_record")
    op.drop_index(op.f("ix_audit_entry_practice_id"), table_name="audit_entry")
    op.drop_index("ix_audit_entry_patient", table_name="audit_entry")

    op.drop_table("audit_entry")
