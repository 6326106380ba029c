"""``flask --app serve import TABLE FILE``: import a file from the command line."""

import json
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.api.imports import mapping_from
from serve.clock import now
from serve.database import transaction
from serve.errors import Refused
from serve.imports.columns import FURTHER
from serve.imports.place import Place
from serve.imports.report import Report
from serve.imports.run import How, import_file
from serve.imports.sheet import ENCODINGS
from serve.models import AuditEntry, Practice
from serve.models.records import TABLES


@click.command("import")
@click.argument("table", type=click.Choice(TABLES))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--practice", "practice_name", required=True, help="Name of the practice.")
@click.option("--mapping", default="{}", help='Columns as JSON, such as {"name": "Surname"}.')
@click.option("--encoding", type=click.Choice(ENCODINGS), help="By default what fits.")
@click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop")
@click.option("--further", type=click.Choice(FURTHER), default="refuse", help="Other columns.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@with_appcontext
def import_command(
    table: str,
    file: Path,
    practice_name: str,
    mapping: str,
    encoding: str | None,
    on_error: str,
    further: str,
    dry_run: bool,
) -> None:
    """Import a CSV file of providers, patients, appointments or history."""
    data = file.read_bytes()

    def work(session: Session) -> Report:
        practice = session.scalar(select(Practice).where(Practice.name == practice_name))
        if practice is None:
            raise InvalidInput("--practice", practice_name, "the name of a practice that is there")
        skip = on_error == "skip"
        how = How(mapping_from(mapping), encoding, dry_run, "skip" if skip else "stop", further)
        place = Place(practice.id, practice.zone, now())
        report = import_file(session, place, table, data, how)
        session.add(
            AuditEntry(
                practice_id=practice.id,
                at=place.now,
                by="system",
                action="import.change",
                subject="import",
                subject_id=report.id,
                details={"table": table, **report.counts},
            )
        )
        return report

    try:
        report = transaction(work)
    except InvalidInput as error:
        raise click.ClickException(f"{error.field} must be {error.allowed}") from None
    except Refused as error:
        lines = [str(error), *(f"{place}: {message}" for place, message in error.errors)]
        raise click.ClickException("\n".join(lines)) from None
    for problem in report.problems:
        click.echo(f"{problem.place}: {problem.message}", err=True)
    click.echo(json.dumps({"state": report.state, **report.counts}))
    if report.problem_count:
        raise SystemExit(1)
