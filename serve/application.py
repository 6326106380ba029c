"""The Flask application."""

from importlib.metadata import version

from apiflask import APIFlask
from flask_swagger_ui import get_swaggerui_blueprint

from serve.api.problems import register_problems
from serve.api.schedules import schedules

#: Where the description of the API is served, and a page to read and try it.
SPECIFICATION, DOCUMENTATION = "/api/openapi.json", "/api/docs"
#: Longest request body: ten thousand schedules of five hundred intervals.
MAX_BODY_BYTES = 16 * 2**20


def create_app() -> APIFlask:
    """Return a new application."""
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
        DESCRIPTION="Outpatient clinic schedules that are proved optimal.",
        TAGS=[
            {"name": "schedules", "description": "Optimise and price schedules."},
            {"name": "service", "description": "The state of the service."},
        ],
    )
    register_problems(app)
    app.register_blueprint(schedules)
    # The page comes with its scripts in the package, so that it works without the internet.
    app.register_blueprint(
        get_swaggerui_blueprint(DOCUMENTATION, SPECIFICATION, config={"app_name": "Bailey"})
    )

    @app.get("/healthz")
    @app.doc(summary="Say that the service is up", tags=["service"])
    def healthz() -> dict[str, str]:
        return {"status": "ok", "version": version("bailey")}

    return app
