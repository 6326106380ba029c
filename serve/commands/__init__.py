"""Commands of the service: ``flask --app serve --help`` lists them."""

from flask import Flask

from serve.commands.backup import backup, restore
from serve.commands.check import check
from serve.commands.chores import forget_old, refit_models
from serve.commands.create_admin import create_admin
from serve.commands.demo_data import demo_data
from serve.commands.migrate import may_go_back, migrate_database, tell_revision
from serve.commands.start import start
from serve.events.command import events
from serve.jobs.command import worker

COMMANDS = (
    migrate_database,
    tell_revision,
    may_go_back,
    create_admin,
    demo_data,
    start,
    backup,
    restore,
    check,
    worker,
    refit_models,
    forget_old,
    events,
)


def register_commands(app: Flask) -> None:
    """Give an application its commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
