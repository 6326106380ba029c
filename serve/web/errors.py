"""Pages that say what went wrong: a sentence and the request's number, and no detail."""

from typing import Any
from urllib.parse import quote

from flask import Response, g, make_response, redirect, request

from serve.api.problems import PROBLEM
from serve.web.rendering import render
from serve.web.texts import _

HTML = "text/html"


def asks_for_page() -> bool:
    """Return whether the request in hand is one of a browser that shows a page."""
    if request.path.startswith(("/api/", "/fhir/")):
        return False
    if request.headers.get("HX-Request") == "true":
        return True
    return request.accept_mimetypes.best_match([PROBLEM, HTML]) == HTML


def page_of(problem: dict[str, Any]) -> Response:
    """Return the page of a problem; for whoever must sign in, the way to do so."""
    status = problem["status"]
    if status == 401 and request.endpoint != "everybody.sign_in":
        back = request.full_path.rstrip("?") if request.method == "GET" else "/"
        to = f"/sign-in?next={quote(back, safe='')}"
        if request.headers.get("HX-Request") == "true":
            response = make_response("", 401)
            response.headers["HX-Redirect"] = to
            return response
        return redirect(to)  # type: ignore[return-value]
    heading = {
        403: _("That is not yours to see"),
        404: _("There is no such page"),
        429: _("That was too often"),
    }.get(status, _("That did not work") if status < 500 else _("Something went wrong"))
    # What was read in a transaction that is rolled back cannot be shown.
    for kept in ("call", "practice", "reader", "refusal"):
        g.pop(kept, None)
    page = render(
        "shared/error.html", heading=heading, detail=problem["detail"],
        errors=problem.get("errors", []), request_id=g.get("request_id", ""),
    )  # fmt: skip
    return make_response(page, status)
