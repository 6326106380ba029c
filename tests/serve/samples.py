"""Requests that have the form that the API's description asks for."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

#: Gives the identifier of a row by the name of the field that holds it; None for no such row.
Rows = Callable[[str], str | None]

#: What has a form that the description does not tell, by the name of the field.
KNOWN: dict[str, Callable[[], Any]] = {
    "email": lambda: f"{uuid4().hex}@people.example",
    "name": lambda: uuid4().hex,
    "password": lambda: "vier rode fietsen in de regen",
    "new": lambda: "vijf rode fietsen in de regen",
    "url": lambda: "https://9.9.9.9/hook",
    "zone": lambda: "Europe/Amsterdam",
    "recurrence": lambda: "FREQ=WEEKLY;BYDAY=MO",
    "scopes": lambda: ["practice.read"],
}
FORMATS = {
    "date": "2026-03-09",
    "date-time": "2026-03-09T09:00:00Z",
    "time": "10:00",
}
TEXTS = ("text", "a", "en", "NL", "10:00", "2026-03-09", "12", "")


def sample(schema: dict[str, Any], document: dict[str, Any], rows: Rows, field: str = "") -> Any:
    """Return a value of a schema with no more than it requires.

    Raises
    ------
    LookupError
        If the form is unknown: `KNOWN` or the test's own table of bodies must have it.
    """
    if field in KNOWN:
        return KNOWN[field]()
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return sample(document["components"]["schemas"][name], document, rows, field)
    for word in ("default", "const"):
        if word in schema:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return sample(schema[word][0], document, rows, field)
    return _of_type(schema, document, rows, field)


def _of_type(schema: dict[str, Any], document: dict[str, Any], rows: Rows, field: str) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        required = schema.get("required", [])
        return {
            name: sample(one, document, rows, name)
            for name, one in schema.get("properties", {}).items()
            if name in required
        }
    if kind == "array":
        length = max(schema.get("minItems", 0), 1 if rows(field) else 0)
        return [sample(schema["items"], document, rows, field) for _ in range(length)]
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return max(low, 1) if schema.get("maximum", 1) >= 1 else low
    if kind == "boolean":
        return True
    if kind == "string":
        return _text(schema, rows, field)
    raise LookupError(f"no sample of {field or schema}")


def _text(schema: dict[str, Any], rows: Rows, field: str) -> str:
    if schema.get("format") == "uuid":
        return rows(field) or str(uuid4())
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    for text in TEXTS:
        fits = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 99)
        if fits and re.search(schema.get("pattern", ""), text):
            return text
    raise LookupError(f"no text of {field}: {schema}")
