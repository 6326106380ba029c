"""``migrate``: bring the database to what this version of the service needs."""

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from objective import InvalidInput
from serve.commands.failures import in_one_line
from serve.database import db
from serve.errors import Conflict
from serve.migrations import contracts_after, is_ahead, migrate, newest, revision
from serve.settings import Settings


@click.command("migrate")
@click.option(
    "--contract", is_flag=True,
    help="Also take steps after which the version before does not work any more.",
)  # fmt: skip
@with_appcontext
def migrate_database(contract: bool) -> None:
    """Make the tables, or bring them up to date.

    Can be run again at any time, and while the service runs. Make a backup first where there is
    something to lose.
    """
    with in_one_line():
        _make_home()
        refused = contracts_after(revision(db.engine))
        if refused and not contract:
            raise Conflict(
                f"Steps {', '.join(refused)} take away what the version before needs: once none of "
                "its processes runs, say --contract.",
                "contracts",
            )
        before, after = bring_up_to_date()
    if before == after:
        click.echo(f"The database is at revision {after} already.")
    else:
        click.echo(f"The database went from {before or 'nothing'} to revision {after}.")


@click.command("may-go-back")
@click.argument("to")
@with_appcontext
def may_go_back(to: str) -> None:
    """Say whether a version with revision TO works with the database of this version.

    Ends with status 1 if it does not.
    """
    with in_one_line():
        if is_ahead(to):
            raise InvalidInput("TO", to, "a revision that this version knows")
    refused = contracts_after(to)
    if refused:
        click.echo(f"No: steps {', '.join(refused)} took away what revision {to} needs.")
        sys.exit(1)
    click.echo(f"Yes: revision {to} works with what revision {newest()} has.")


@click.command("revision")
@with_appcontext
def tell_revision() -> None:
    """Print the revision of the database, or nothing if it is empty."""
    with in_one_line():
        found = revision(db.engine)
    if found:
        click.echo(found)


def bring_up_to_date() -> tuple[str | None, str]:
    """Migrate to the newest revision; return the revision before and after.

    The database of a later version is left as it is: this one works with it.
    """
    _make_home()
    before = revision(db.engine)
    if before is not None and is_ahead(before):
        return before, before
    migrate(db.engine)
    return before, newest()


def _make_home() -> None:
    settings: Settings = current_app.config["SETTINGS"]
    if settings.embedded:
        Path(settings.home).mkdir(parents=True, exist_ok=True)
