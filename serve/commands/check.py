"""``check``: whether what is stored can be."""

import sys

import click
from flask.cli import with_appcontext

from serve.commands.failures import in_one_line
from serve.consistency import what_is_wrong
from serve.database import reading


@click.command("check")
@with_appcontext
def check() -> None:
    """Look for what must never happen: a seat with two holders, a patient in two places.

    Also appointments that do not fit their seat or their history, intervals with more patients
    than places, and rows that refer to nothing. Ends with status 1 and a list if there is any.
    """
    with in_one_line(), reading() as session:
        wrong = what_is_wrong(session)
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        sys.exit(1)
    click.echo("Everything is consistent.")
