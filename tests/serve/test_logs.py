"""Logs, request identifiers and what must never be in them."""

import json
import logging
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from serve.database import reading
from serve.logs import JsonLines
from serve.models import AuditEntry
from tests.serve.conftest import Clinic

#: A patient's name, wherever somebody might put it.
PLANTED = "Wilhelmina-Planted"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return what was logged, as it is written."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_every_request_leaves_one_line(as_role: Any, clinic: Clinic, caplog: Any):
    """With the route's template, the status, the time and who asked."""
    administrator = as_role("administrator")
    caplog.clear()
    administrator("PATCH", f"/providers/{clinic.provider}", {"name": "Dr Bailey"}, version=1)
    (line,) = [one for one in lines(caplog) if one["message"] == "request"]
    assert line["route"] == "/api/v1/providers/<uuid:provider_id>"
    assert (line["method"], line["status"]) == ("PATCH", 200)
    assert line["user_id"] == str(clinic.users["administrator"])
    assert line["milliseconds"] >= 0


def test_no_line_has_what_was_sent(as_role: Any, clinic: Clinic, caplog: Any):
    """In a body, a query, a header, a path or a method; taken or refused."""
    administrator = as_role("administrator")
    caplog.clear()
    administrator("POST", "/patients", {"name": PLANTED})
    administrator("POST", "/patients", {"name": PLANTED, "unknown": PLANTED})
    administrator("GET", "/patients", query_string={"name": PLANTED, "cursor": PLANTED})
    administrator("GET", "/practice", headers={"X-Request-Id": f"{PLANTED} {PLANTED}"})
    administrator("GET", "/practice", headers={"User-Agent": PLANTED, "If-None-Match": PLANTED})
    administrator("GET", f"/patients/{PLANTED}")
    administrator("POST", "/providers", {"name": PLANTED}, key=PLANTED)
    administrator("POST", "/providers", {"name": PLANTED})
    administrator("PATCH", "/practice", {"name": PLANTED}, version=1)
    administrator(PLANTED, "/practice")
    assert len(lines(caplog)) >= 10
    assert PLANTED not in json.dumps(lines(caplog))


def test_an_unexpected_error_is_told_without_its_message(app: APIFlask, caplog: Any):
    """A database's error quotes values; the kind and the places are enough."""

    def fail() -> str:
        try:
            raise ValueError(PLANTED)
        except ValueError as cause:
            raise RuntimeError(PLANTED) from cause

    app.add_url_rule("/fails", view_func=fail)
    answer = app.test_client().get("/fails")
    assert answer.status_code == 500
    assert PLANTED not in answer.text
    (told,) = [one for one in lines(caplog) if "error" in one]
    assert told["error"]["kind"] == "RuntimeError"
    assert told["error"]["cause"]["kind"] == "ValueError"
    assert "test_logs.py" in told["error"]["places"][-1]
    assert PLANTED not in json.dumps(lines(caplog))


@pytest.mark.parametrize("given", ["abc-1.2_3", "x" * 64])
def test_a_safe_identifier_is_taken_over(app: APIFlask, as_role: Any, clinic: Clinic, given: str):
    """Into the answer and into the audit."""
    answer = as_role("administrator")(
        "GET", f"/patients/{clinic.patient}", headers={"X-Request-Id": given}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Request-Id"] == given
    with app.app_context(), reading() as session:
        found = session.scalars(
            select(AuditEntry.request_id).where(AuditEntry.patient_id == clinic.patient)
        )
        assert given in list(found)


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a/b", "é", "<script>"])
def test_another_identifier_is_replaced(app: APIFlask, given: str):
    """By one of our own."""
    environ = {"HTTP_X_REQUEST_ID": given}
    answers = [app.test_client().get("/healthz", environ_overrides=environ) for _ in range(2)]
    first, second = (answer.headers["X-Request-Id"] for answer in answers)
    assert first != second
    assert len(first) == 32


def test_lines_are_json(capsys: Any):
    """Whatever is logged, on one line of standard error."""
    record = logging.LogRecord("a", logging.WARNING, "", 0, "two\nlines %s", ("€",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines €"
