"""``backup`` and ``restore``: all tables in a file, and back."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from serve.backups.restore import restore_backup
from serve.backups.write import write_backup
from serve.commands.failures import in_one_line
from serve.database import db

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup")
@click.argument("file", type=FILE)
@with_appcontext
def backup(file: Path) -> None:
    """Write all tables to FILE, as they are at one moment.

    The service may go on meanwhile. FILE holds data of patients: keep it as such. It can be
    restored into SQLite and PostgreSQL alike. The secret key, files of kept models and settings
    are not in it: keep a copy of the folder BAILEY_HOME beside it.
    """
    with in_one_line():
        manifest = write_backup(db.engine, file)
    rows = sum(one["rows"] for one in manifest["tables"].values())
    click.echo(f"{file}: {rows} rows of revision {manifest['revision']}.")


@click.command("restore")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Throw away what the database holds.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Fill the database with the backup FILE.

    Nothing is changed unless the file is whole, of this version's revision, and consistent; the
    database must be empty, or --replace be said. Stop the service first.
    """
    with in_one_line():
        rows = restore_backup(db.engine, file, replace)
    click.echo(f"{sum(rows.values())} rows are restored, compared and consistent.")
