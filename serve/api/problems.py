"""Errors as problem details (RFC 9457); they name fields, and never echo what was sent."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, g, jsonify
from werkzeug.exceptions import HTTPException, MethodNotAllowed, TooManyRequests

from objective import InvalidInput
from serve.errors import Conflict, Refused, SignInNeeded

PROBLEM = "application/problem+json"
MALFORMED = (
    "The body is not JSON (in UTF-8, each name once, numbers finite), or not sent as "
    "application/json."
)

#: Writes a problem in another form, from its members.
Renderer = Callable[[dict[str, Any]], Response]
#: Parts of the service that have a form of their own: whether a request is of one, and its form.
RENDERERS: list[tuple[Callable[[], bool], Renderer]] = []


def problem(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, **more: Any
) -> Response:
    """Return a problem response; ``errors`` lists field and message of each wrong input."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    body |= more
    for applies, render in RENDERERS:
        if applies():
            return render(body)
    response = jsonify(body)
    response.status_code = status
    response.mimetype = PROBLEM
    return response


def register_problems(app: APIFlask) -> None:
    """Let every error of an application leave as problem details."""

    @app.error_processor
    def of_request(error: HTTPError) -> Response:
        errors = [
            {"field": field or "body", "message": str(message)}
            for field, message in _flat("", error.detail)
        ]
        detail = "The request does not have the form that is described in the API."
        return problem(error.status_code, detail if errors else str(error.message), errors)

    @app.errorhandler(InvalidInput)
    def of_input(error: InvalidInput) -> Response:
        wrong = {"field": error.field, "message": f"must be {error.allowed}"}
        return problem(422, "An input cannot be used.", [wrong])

    @app.errorhandler(Refused)
    def of_refusal(error: Refused) -> Response:
        more: dict[str, Any] = {}
        if isinstance(error, Conflict):
            more["reason"] = g.conflict = error.reason
            if error.allowed:
                more["allowed"] = list(error.allowed)
        if issues := getattr(error, "issues", None):
            more["issues"] = [vars(one) for one in issues]
        errors = [{"field": place, "message": message} for place, message in error.errors]
        response = problem(error.status, str(error), errors, **more)
        if isinstance(error, SignInNeeded):
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        if error.code == HTTPStatus.BAD_REQUEST:
            return problem(400, MALFORMED)
        response = problem(error.code or 500, _described(error))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def of_anything_else(error: Exception) -> Response:
        app.logger.error("unexpected error", exc_info=error)
        return problem(500, "Something went wrong; it has been logged.")


def _described(error: HTTPException) -> str:
    if isinstance(error, TooManyRequests):
        return "That is too often; wait as long as Retry-After says."
    return error.description or ""


def _flat(path: str, detail: Any) -> list[tuple[str, str]]:
    """Return dotted fields and messages of APIFlask's nested validation errors."""
    if isinstance(detail, dict):
        if set(detail) & {"msg"}:
            place = ".".join(str(part) for part in detail.get("loc", ()))
            return [(f"{path}.{place}".strip("."), detail["msg"])]
        return [
            pair
            for key, value in detail.items()
            for pair in _flat(f"{path}.{key}".removeprefix(".json").strip("."), value)
        ]
    if isinstance(detail, list):
        return [pair for item in detail for pair in _flat(path, item)]
    return [(path, str(detail))]
