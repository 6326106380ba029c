"""The Flask application."""

import os
from importlib.metadata import version

from apiflask import APIFlask
from flask_swagger_ui import get_swaggerui_blueprint

from serve.api.blueprints import BLUEPRINTS
from serve.api.description import describe_all
from serve.api.problems import register_problems
from serve.clock import Clock, machine_clock
from serve.database import connect
from serve.jobs.command import worker
from serve.settings import Settings, settings_from

#: Where the description of the API is served, and a page to read and try it.
SPECIFICATION, DOCUMENTATION = "/api/openapi.json", "/api/docs"
#: Longest request body: ten thousand schedules of five hundred intervals.
MAX_BODY_BYTES = 16 * 2**20


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
    settings = settings_from(os.environ) if settings is None else settings
    app = APIFlask(
        __name__,
        title="Bailey",
        version=version("bailey"),
        spec_path=SPECIFICATION,
        docs_path=None,
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        DESCRIPTION="Outpatient clinic schedules that are proved optimal, published and booked.",
        SECRET_KEY=settings.key(),
        SETTINGS=settings,
        CLOCK=clock,
    )
    connect(app, settings.url)
    app.cli.add_command(worker)
    register_problems(app)
    describe_all(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    # The page comes with its scripts in the package, so that it works without the internet.
    app.register_blueprint(
        get_swaggerui_blueprint(DOCUMENTATION, SPECIFICATION, config={"app_name": "Bailey"})
    )

    @app.get("/healthz")
    @app.doc(summary="Say that the service is up", tags=["service"])
    def healthz() -> dict[str, str]:
        return {"status": "ok", "version": version("bailey")}

    return app
