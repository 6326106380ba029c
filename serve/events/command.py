"""``flask --app serve events``: the process that streams what happens."""

import logging

import click
from flask import current_app
from flask.cli import with_appcontext

from objective import InvalidInput
from serve.commands.failures import in_one_line

logger = logging.getLogger(__name__)


@click.command("events")
@with_appcontext
def events() -> None:
    """Stream what happens to whoever listens, until SIGTERM or Ctrl-C.

    Listens at BAILEY_EVENTS_BIND; clients that lose it come back and miss nothing.
    """
    # Here, because no other command needs what the server needs.
    from serve.events.serving import serve_events

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with in_one_line():
        place = app.config["SETTINGS"].events_place
        if place is None:
            raise InvalidInput("BAILEY_EVENTS_BIND", "off", "a host and a port for this command")
    logger.info("the server of events is ready to begin")
    serve_events(app, *place)
    logger.info("the server of events is gone")
