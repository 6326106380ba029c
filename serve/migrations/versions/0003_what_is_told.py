"""Messages to send, webhooks, calendar feeds, and what is expected of days that run."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
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
        "webhook",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("kinds", DOCUMENT, nullable=False),
        sa.Column("secret_number", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_webhook_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_practice_id"), "webhook", ["practice_id"], unique=False)
    op.create_table(
        "calendar_feed",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(patient_id IS NULL) <> (provider_id IS NULL)", name=op.f("ck_calendar_feed_whose")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_calendar_feed_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_calendar_feed_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_calendar_feed_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_calendar_feed_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(
        op.f("ix_calendar_feed_patient_id"), "calendar_feed", ["patient_id"], unique=False
    )
    op.create_index(
        op.f("ix_calendar_feed_practice_id"), "calendar_feed", ["practice_id"], unique=False
    )
    op.create_index(op.f("ix_calendar_feed_user_id"), "calendar_feed", ["user_id"], unique=False)
    op.create_table(
        "outlook",
        sa.Column("clinic_day_id", sa.Uuid(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", COUNTER, nullable=False),
        sa.Column("finish_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finish_earliest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finish_latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overtime_probability", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "overtime_probability >= 0 AND overtime_probability <= 1",
            name=op.f("ck_outlook_overtime"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_day_id"],
            ["clinic_day.id"],
            name=op.f("fk_outlook_clinic_day_id_clinic_day"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clinic_day_id", name=op.f("pk_outlook")),
    )
    op.create_table(
        "expected_start",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_day_id", sa.Uuid(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_expected_start_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["clinic_day_id"],
            ["clinic_day.id"],
            name=op.f("fk_expected_start_clinic_day_id_clinic_day"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_expected_start")),
    )
    op.create_index(
        op.f("ix_expected_start_clinic_day_id"), "expected_start", ["clinic_day_id"], unique=False
    )
    op.create_table(
        "outbox_message",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("webhook_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", COUNTER, nullable=True),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_outbox_message_sent")
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'file', 'apprise', 'webhook')",
            name=op.f("ck_outbox_message_channel"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'withdrawn', 'failed')",
            name=op.f("ck_outbox_message_state"),
        ),
        sa.CheckConstraint(
            "(appointment_id IS NULL) <> (webhook_id IS NULL) AND (webhook_id IS NULL) = (event_id IS NULL)",
            name=op.f("ck_outbox_message_about"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_outbox_message_appointment_id_appointment"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_outbox_message_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_outbox_message_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint(
            "appointment_id",
            "channel",
            "kind",
            "due_at",
            name=op.f("uq_outbox_message_appointment_id_channel_kind_due_at"),
        ),
        sa.UniqueConstraint(
            "webhook_id", "event_id", name=op.f("uq_outbox_message_webhook_id_event_id")
        ),
    )
    op.create_index(
        op.f("ix_outbox_message_practice_id"), "outbox_message", ["practice_id"], unique=False
    )
    op.create_index("ix_outbox_message_try", "outbox_message", ["state", "try_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_outbox_message_try", table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_practice_id"), table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index(op.f("ix_expected_start_clinic_day_id"), table_name="expected_start")
    op.drop_table("expected_start")
    op.drop_table("outlook")
    op.drop_index(op.f("ix_calendar_feed_user_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_practice_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_patient_id"), table_name="calendar_feed")
    op.drop_table("calendar_feed")
    op.drop_index(op.f("ix_webhook_practice_id"), table_name="webhook")
    op.drop_table("webhook")
