"""Logs: one line of JSON for each request and event, and nothing about patients in them.

A line names the route's template and never the path, the query or the body; of an unexpected error
it has the kind and the places in the code, and not the message, which may quote values.
"""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any, TextIO
from uuid import uuid4

from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
#: What a request's identifier may be to be taken over from whoever sends it.
SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

_logger = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """One line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, without a message of an exception."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _told(record.exc_info[1])
        return json.dumps(line, default=str)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(JsonLines())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Standard error."""
        return sys.stderr


def log_as_json() -> None:
    """Let everything that is logged leave as lines of JSON on standard error."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Stderr) for handler in root.handlers):
        root.addHandler(_Stderr())
    logging.getLogger("serve").setLevel(logging.INFO)
    # The development server would write down whole addresses.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def route_template() -> str:
    """Return the template of the request's route; empty for none."""
    return request.url_rule.rule if request.url_rule is not None else ""


def method() -> str:
    """Return the request's method, or ``other`` for one that is made up."""
    return request.method if request.method in METHODS else "other"


def log_requests(app: Flask) -> None:
    """Give every request an identifier, and write one line when it is answered.

    Call it before anything else that acts before a request.
    """
    log_as_json()

    @app.before_request
    def begin() -> None:
        begun()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = begun()
        fields = {
            "request_id": g.request_id,
            "method": method(),
            "route": route_template(),
            "status": response.status_code,
            "milliseconds": round(1000 * (time.perf_counter() - g.began), 1),
            "user_id": g.get("user_id"),
        }
        _logger.info("request", extra={"fields": fields})
        return response


def begun() -> str:
    """Return the request's identifier; make it, and note the time, when it is first asked for."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if SAFE.fullmatch(given) else uuid4().hex
        g.began = time.perf_counter()
    identifier: str = g.request_id
    return identifier


def _told(error: BaseException) -> dict[str, Any]:
    """Return an error's kind, where it was raised, and the same of what caused it."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    told: dict[str, Any] = {"kind": type(error).__qualname__, "places": places[-20:]}
    cause = error.__cause__
    if cause is not None:
        told["cause"] = _told(cause)
    return told
