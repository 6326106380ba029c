"""Commands of the service: ``flask --app serve --help`` lists them."""

from flask import Flask

from serve.commands.backup import backup, restore
from serve.commands.check import check
from serve.commands.create_admin import create_admin
from serve.commands.demo_data import demo_data
from serve.commands.migrate import migrate_database
from serve.commands.start import start
from serve.events.command import events
from serve.jobs.command import worker

COMMANDS = (
    migrate_database,
    create_admin,
    demo_data,
    start,
    backup,
    restore,
    check,
    worker,
    events,
)


def register_commands(app: Flask) -> None:
    """Give an application its commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
