"""``demo-data``: a made-up practice to try everything with."""

import click
from flask.cli import with_appcontext


@click.command("demo-data")
@with_appcontext
def demo_data() -> None:
    """To be written."""
