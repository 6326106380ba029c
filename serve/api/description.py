"""What the API's description says of all endpoints alike: errors, headers and how to sign in."""

from http import HTTPStatus
from typing import Any

from apiflask import APIFlask
from flask import current_app

from serve.api.dialect import PLAIN, Dialect
from serve.auth.session import CSRF_HEADER

#: What every endpoint may answer, and what those may that need a user, or change something.
ALWAYS = (400, 404, 405, 413, 414, 415, 422, 429)
SIGNED_IN = (401, 403)
CHANGES = (409,)
VERSIONED = (412, 428)

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A text of your own for each request; sent again, it gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
VERSION = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what is changed, from the last time it was read.",
    "schema": {"type": "string"},
}
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "reason": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"}},
    },
}
OUTCOME = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code"],
                "properties": {
                    "severity": {"enum": ["fatal", "error", "warning", "information"]},
                    "code": {"type": "string"},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def describe_all(app: APIFlask) -> None:
    """Let the description of an application say what its endpoints share."""

    @app.spec_processor
    def complete(specification: Any) -> Any:
        components = specification.setdefault("components", {})
        components.setdefault("schemas", {}).update(Problem=SCHEMA, OperationOutcome=OUTCOME)
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {
                "type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"],
                "description": f"Changes need the header {CSRF_HEADER}, which the account tells.",
            },
        }  # fmt: skip
        views = _views()
        for path, operations in specification["paths"].items():
            for method, operation in operations.items():
                if isinstance(operation, dict) and "responses" in operation:
                    _complete(operation, views.get((path, method.upper())))
        return specification


def _views() -> dict[tuple[str, str], Any]:
    """Return views by path, as the description writes it, and method."""
    found = {}
    for rule in current_app.url_map.iter_rules():
        path = "".join(
            f"{{{text}}}" if dynamic else text for dynamic, text in rule._trace if text != "|"
        )
        for method in rule.methods or ():
            found[path, method] = current_app.view_functions[rule.endpoint]
    return found


def _complete(operation: dict[str, Any], view: Any) -> None:
    effect, action = getattr(view, "effect", None), getattr(view, "action", None)
    dialect: Dialect = getattr(view, "dialect", PLAIN)
    statuses = [*ALWAYS, *dialect.refuses]
    if getattr(view, "linked", False):
        effect = "reads"
        operation["security"] = []
        operation["x-action"] = action
    elif action is not None:
        statuses += SIGNED_IN
        operation["security"] = [{"token": []}, {"session": []}]
        operation["x-action"] = action
    if effect in ("makes", "changes"):
        statuses += CHANGES
    parameters = operation.setdefault("parameters", [])
    parameters += getattr(view, "parameters", ())
    if effect == "makes":
        parameters.append(KEY | {"required": dialect.keyed})
    if effect == "changes" or (effect == "makes" and not dialect.keyed):
        statuses += VERSIONED
        schema = {"type": "string", "pattern": dialect.version}
        parameters.append(VERSION | {"required": effect == "changes", "schema": schema})
    responses = operation["responses"]
    media = getattr(view, "takes_media", dialect.media)
    _speak(operation.get("requestBody", {}), media)
    for response in responses.values():
        _speak(response, dialect.media)
    for kind in getattr(view, "files", ()):
        schema = {"type": "string", "format": "binary"}
        responses["200"]["content"][kind] = {"schema": schema}
    for status in sorted({*statuses, *(int(one) for one in responses if int(one) >= 400)}):
        media, schema_name = dialect.errors
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema_name}"}}},
        }


def _speak(described: dict[str, Any], media: str) -> None:
    """Let what is described as JSON be of another media type."""
    content = described.get("content", {})
    if PLAIN.media in content:
        content[media] = content.pop(PLAIN.media)
