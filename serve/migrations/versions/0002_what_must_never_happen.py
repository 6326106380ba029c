"""Nobody in two places at once, and records that are only ever added to.

PostgreSQL has exclusion constraints for what must not overlap; SQLite gets triggers that do the
same, which is enough because its writers come one after another.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
phase = "expand"

BUSY = "'held', 'booked', 'arrived', 'in_consultation'"
#: Name, table, the column that says who or what, and which rows count.
NEVER_OVERLAP = (
    ("appointment_patient_busy", "appointment", "patient_id", f"status IN ({BUSY})"),
    ("clinic_day_provider_busy", "clinic_day", "provider_id", "provider_id IS NOT NULL"),
    ("clinic_day_room_busy", "clinic_day", "room_id", "room_id IS NOT NULL"),
)
#: Tables of which no row is changed or taken away.
ONLY_ADDED_TO = ("audit_entry",)


def upgrade() -> None:
    """Add the constraints and triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        for name, table, column, counts in NEVER_OVERLAP:
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT ex_{name} EXCLUDE USING gist "
                f"({column} WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ({counts})"
            )
        op.execute(
            "CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for table in ONLY_ADDED_TO:
            op.execute(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()"
            )
        return
    for name, table, column, counts in NEVER_OVERLAP:
        new = counts
        for word in ("status", "provider_id", "room_id"):
            new = new.replace(word, f"NEW.{word}")
        for when in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER ex_{name}_{when.lower()} BEFORE {when} ON {table} "
                f"WHEN {new} AND EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.{column} "
                f"AND id <> NEW.id AND {counts} "
                f"AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at) "
                f"BEGIN SELECT RAISE(ABORT, 'ex_{name}'); END"
            )
    for table in ONLY_ADDED_TO:
        for when in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_only_added_to_{when.lower()} BEFORE {when} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
            )


def downgrade() -> None:
    """Take them away again."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ONLY_ADDED_TO:
            op.execute(f"DROP TRIGGER {table}_only_added_to ON {table}")
        op.execute("DROP FUNCTION only_added_to")
        for name, table, _, _ in NEVER_OVERLAP:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ex_{name}")
        return
    for table in ONLY_ADDED_TO:
        for when in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_only_added_to_{when}")
    for name, _, _, _ in NEVER_OVERLAP:
        for when in ("insert", "update"):
            op.execute(f"DROP TRIGGER ex_{name}_{when}")
