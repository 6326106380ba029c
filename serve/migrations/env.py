"""Runs migrations on the connection that `serve.migrations.migrate` hands over."""

from alembic import context

from serve.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
context.run_migrations()
