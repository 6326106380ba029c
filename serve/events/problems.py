"""Problem details (RFC 9457) of the server of events; they never echo what was sent."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from serve.errors import Refused, SignInNeeded
from serve.events.where import POLLING, STREAM

PROBLEM = "application/problem+json"


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return a problem as an answer."""
    body = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
        "detail": detail, **more,
    }  # fmt: skip
    return JSONResponse(body, status, headers, PROBLEM)


def wrong(field: str, allowed: str) -> JSONResponse:
    """Return the answer to an input that cannot be used."""
    errors = [{"field": field, "message": f"must be {allowed}"}]
    return problem(422, "An input cannot be used.", errors=errors)


def of_refusal(refused: Refused) -> JSONResponse:
    """Return the answer to somebody who may not listen."""
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(refused, SignInNeeded) else None
    return problem(refused.status, str(refused), headers)


def full(detail: str, seconds: int) -> JSONResponse:
    """Return the answer to a stream too many: what to ask instead, and when to try again."""
    more = f"{detail} Ask {POLLING} every few seconds meanwhile."
    return problem(503, more, {"Retry-After": str(seconds)}, polling=POLLING)


async def of_http(request: Request, error: Exception) -> JSONResponse:
    """Return the answer to a request that no path or method here takes."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        return problem(405, "It can only be read.", {"Allow": "GET"})
    if isinstance(error, HTTPException):
        return problem(error.status_code, f"There is nothing here; the stream is {STREAM}.")
    return problem(500, "Something went wrong; it has been logged.")
