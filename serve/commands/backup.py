"""``backup`` and ``restore``: all tables in a file, and back."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from serve.backups.models import restore_models, write_models
from serve.backups.place import read_from, written_to
from serve.backups.restore import restore_backup
from serve.backups.write import write_backup
from serve.commands.failures import in_one_line
from serve.database import db


@click.command("backup")
@click.argument("file")
@click.option("--models-to", metavar="FILE", help="Also write the kept models, to a file more.")
@with_appcontext
def backup(file: str, models_to: str | None) -> None:
    """Write all tables to FILE, as they are at one moment; s3://bucket/key is an object of S3.

    The service may go on meanwhile. FILE holds data of patients: keep it as such. It can be
    restored into SQLite and PostgreSQL alike. The secret key and the settings are not in it, and
    the kept models, which are in the folder BAILEY_HOME, only by --models-to.
    """
    with in_one_line(), written_to(file) as path:
        manifest = write_backup(db.engine, path)
    rows = sum(one["rows"] for one in manifest["tables"].values())
    click.echo(f"{file}: {rows} rows of revision {manifest['revision']}.")
    if models_to is not None:
        with in_one_line(), written_to(models_to) as path:
            files = write_models(_home(), path)
        click.echo(f"{models_to}: {files} files of models.")


@click.command("restore")
@click.argument("file")
@click.option("--replace", is_flag=True, help="Throw away what is there.")
@click.option("--models-from", metavar="FILE", help="Also put kept models back, from this file.")
@with_appcontext
def restore(file: str, replace: bool, models_from: str | None) -> None:
    """Fill the database with the backup FILE.

    Nothing is changed unless the file is whole, of this version's revision, and consistent; the
    database must be empty, or --replace be said. Stop the service first.
    """
    with in_one_line(), read_from(file) as path:
        rows = restore_backup(db.engine, path, replace)
    click.echo(f"{sum(rows.values())} rows are restored, compared and consistent.")
    if models_from is not None:
        with in_one_line(), read_from(models_from) as path:
            files = restore_models(_home(), path, replace)
        click.echo(f"{files} files of models are restored.")


def _home() -> Path:
    return Path(current_app.config["SETTINGS"].home)
