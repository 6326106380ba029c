"""What a machine asks about the service: whether it is up, whether it is ready, how it does."""

import hmac
import os
import tempfile
from importlib.metadata import version
from ipaddress import ip_address

from apiflask import APIFlask
from flask import Response, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from serve.api.problems import problem
from serve.database import db
from serve.errors import NotFound, SignInNeeded
from serve.metrics import answer, measure
from serve.migrations import is_ahead, newest, revision
from serve.settings import Settings


def tell_of_health(app: APIFlask, settings: Settings) -> None:
    """Give an application ``/healthz``, ``/readyz`` and ``/metrics``."""
    metrics = measure(app)

    @app.get("/healthz")
    @app.doc(summary="Say that the service is up", tags=["service"])
    def healthz() -> dict[str, str]:
        return {"status": "ok", "version": version("bailey")}

    @app.get("/readyz")
    @app.doc(
        summary="Say whether the service can work",
        tags=["service"],
        responses={200: "Nothing is missing.", 503: "Something that it needs is missing."},
    )
    def readyz() -> dict[str, str] | Response:
        missing = what_is_missing(settings)
        if missing:
            errors = [{"field": part, "message": message} for part, message in missing]
            return problem(503, "Something that the service needs is missing.", errors)
        return {"status": "ready"}

    @app.get("/metrics")
    @app.doc(hide=True)
    def numbers() -> Response:
        may_read_numbers(settings.metrics_token)
        return answer(metrics)


def what_is_missing(settings: Settings) -> list[tuple[str, str]]:
    """Return the parts that keep the service from working, and why, in words without secrets."""
    missing = []
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        found = revision(db.engine)
        if found != newest() and not is_ahead(found):
            message = "is of another revision: run `flask --app serve migrate`"
            missing.append(("database", message))
    except SQLAlchemyError:
        missing.append(("database", "does not answer"))
    if settings.embedded:
        try:
            with tempfile.TemporaryFile(dir=settings.home) as file:
                file.write(os.urandom(1))
        except OSError:
            missing.append(("folder", "cannot be written to"))
    return missing


def may_read_numbers(token: str) -> None:
    """Raise unless whoever asks sends the token; or, where none is set, is of this network."""
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise SignInNeeded("Send the token for metrics.")
        return
    try:
        near = ip_address(request.remote_addr or "").is_private
    except ValueError:
        near = False
    if not near:
        raise NotFound("page")
