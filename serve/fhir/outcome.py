"""Refusals as OperationOutcome: what is wrong and where, never what was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify

from serve.errors import Refused

#: Media type of everything that is sent and answered here.
FHIR_JSON = "application/fhir+json"
#: System of the words that tell programs why something conflicts, such as ``seat_taken``.
REASONS = "urn:bailey:reason"
#: What kind of issue a status is, by R4's list; 422 is a rule, 400 a form that was not kept.
ISSUE_OF: Mapping[int, str] = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    414: "too-long",
    415: "not-supported",
    422: "invalid",
    428: "required",
    429: "throttled",
}
#: Conflicts that are rules of the practice, and no competition for a seat.
RULES = ("notice", "holds", "extra_seat", "past", "too_early", "status", "arrived", "same_seat")


@dataclass(frozen=True)
class Issue:
    """Something that is wrong.

    Attributes
    ----------
    code
        Which kind, by R4's list of issue types.
    message
        What would be right, without what was sent.
    expression
        Where, in FHIRPath; empty for the whole.
    reason
        A word for programs; empty for none.
    """

    code: str
    message: str
    expression: str = ""
    reason: str = ""


class NotTaken(Refused):
    """What was sent cannot be used.

    Parameters
    ----------
    issues
        Everything that is wrong.
    status
        The answer's status in HTTP.
    """

    def __init__(self, issues: Iterable[Issue], status: int = 422) -> None:
        self.issues = list(issues)
        super().__init__(self.issues[0].message if self.issues else "It cannot be used.")
        self.status = status


def refuse(message: str, expression: str = "", code: str = "invalid", status: int = 422) -> None:
    """Raise `NotTaken` with one issue."""
    raise NotTaken([Issue(code, message, expression)], status)


def outcome_of(issues: Iterable[Issue], severity: str = "error") -> dict[str, Any]:
    """Return issues as an OperationOutcome."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [_told(one, severity) for one in issues],
    }


def render(body: Mapping[str, Any]) -> Response:
    """Return a problem, given by its members, as an OperationOutcome."""
    status = int(body["status"])
    response = jsonify(outcome_of(issues_of(body), "fatal" if status >= 500 else "error"))
    response.status_code = status
    response.mimetype = FHIR_JSON
    return response


def issues_of(body: Mapping[str, Any]) -> list[Issue]:
    """Return the issues of a problem."""
    reason = str(body.get("reason", ""))
    code = ISSUE_OF.get(int(body["status"]), "exception")
    if reason in RULES:
        code = "business-rule"
    if body.get("issues"):
        return [Issue(**one) for one in body["issues"]]
    errors = body.get("errors") or ()
    if not errors:
        return [Issue(code, str(body["detail"]), "", reason)]
    return [Issue(code, one["message"], _place(one["field"]), reason) for one in errors]


def _place(field: str) -> str:
    return "" if field in ("", "body") else field


def _told(issue: Issue, severity: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "severity": severity,
        "code": issue.code,
        "diagnostics": issue.message or "It cannot be used.",
    }
    if issue.reason:
        told["details"] = {"coding": [{"system": REASONS, "code": issue.reason}]}
    if issue.expression:
        told["expression"] = [issue.expression]
    return told
