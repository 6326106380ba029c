"""``migrate``: bring the database to what this version of the service needs."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from serve.commands.failures import in_one_line
from serve.database import db
from serve.migrations import migrate, newest, revision
from serve.settings import Settings


@click.command("migrate")
@with_appcontext
def migrate_database() -> None:
    """Make the tables, or bring them up to date.

    Can be run again at any time, and while another process does the same. Make a backup first
    where there is something to lose.
    """
    with in_one_line():
        before, after = bring_up_to_date()
    if before == after:
        click.echo(f"The database is at revision {after} already.")
    else:
        click.echo(f"The database went from {before or 'nothing'} to revision {after}.")


def bring_up_to_date() -> tuple[str | None, str]:
    """Migrate to the newest revision; return the revision before and after."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.embedded:
        Path(settings.home).mkdir(parents=True, exist_ok=True)
    before = revision(db.engine)
    migrate(db.engine)
    return before, newest()
