"""The Flask application."""

import os
from importlib.metadata import version
from pathlib import Path

from apiflask import APIFlask
from flask_swagger_ui import get_swaggerui_blueprint

from serve.api.blueprints import BLUEPRINTS
from serve.api.description import describe_all
from serve.api.problems import register_problems
from serve.api.route import tag_of
from serve.api.sent_json import SentJson
from serve.auth.openid import register_openid
from serve.auth.session import register_sessions
from serve.clock import Clock, machine_clock
from serve.commands import register_commands
from serve.commands.failures import in_one_line
from serve.database import connect
from serve.demo.clock import DemoClock
from serve.health import tell_of_health
from serve.imports.command import import_command
from serve.limits import limit
from serve.logs import log_requests
from serve.protection import protect
from serve.settings import Settings, settings_from
from serve.web.register import register_pages

#: Where the description of the API is served, and a page to read and try it.
SPECIFICATION, DOCUMENTATION = "/api/openapi.json", "/api/docs"


def create_app(settings: Settings | None = None, clock: Clock = machine_clock) -> APIFlask:
    """Return a new application.

    Parameters
    ----------
    settings
        What the environment says, if it is not given.
    clock
        What time it is; days can be played in simulated time.

    Raises
    ------
    InvalidInput
        If a setting is outside its range.
    """
    with in_one_line():
        settings = settings_from(os.environ) if settings is None else settings
        secret_key = settings.key()
    if settings.demo == "true" and clock is machine_clock:
        clock = DemoClock(Path(settings.home))
    app = APIFlask(
        __name__,
        static_folder=None,  # type: ignore[arg-type]
        title="Bailey",
        version=version("bailey"),
        spec_path=SPECIFICATION,
        docs_path=None,
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION="Outpatient clinic schedules that are proved optimal, published and booked.",
        TAGS=[{"name": name} for name in sorted({*map(tag_of, BLUEPRINTS), "service"})],
        SECRET_KEY=secret_key,
        SETTINGS=settings,
        CLOCK=clock,
        SESSION_CLOCK=clock.machine if isinstance(clock, DemoClock) else clock,
    )
    app.json = SentJson(app)
    log_requests(app)
    protect(app, settings, DOCUMENTATION)
    limit(app, settings)
    tell_of_health(app, settings)
    connect(app, settings.url)
    register_sessions(app)
    register_openid(app)
    register_problems(app)
    describe_all(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.cli.add_command(import_command)
    # The page comes with its scripts in the package, so that it works without the internet.
    app.register_blueprint(
        get_swaggerui_blueprint(
            DOCUMENTATION, SPECIFICATION, config={"app_name": "Bailey", "oauth2RedirectUrl": ""}
        )
    )
    register_pages(app)
    register_commands(app)
    return app
