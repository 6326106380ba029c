"""Giving an application its pages."""

import secrets
from typing import Any

from flask import Flask, Response, g

from serve.api.problems import RENDERERS, problem
from serve.auth.actor import NOBODY
from serve.auth.policy import reach
from serve.auth.session import csrf_token
from serve.web import forms, times
from serve.web.areas import AREAS
from serve.web.assets import serve_assets
from serve.web.demo import pages as demo
from serve.web.demo.panel import panel
from serve.web.errors import asks_for_page, page_of
from serve.web.everybody import pages as everybody
from serve.web.figures import picture_address, plot_for_page, written
from serve.web.hours import pages as hours
from serve.web.rendering import prepare
from serve.web.stepping import LABELS
from serve.web.texts import _, language
from serve.web.work import pages as work
from serve.webhooks.kinds import KINDS

#: Every kind of event that a page may listen to.
EVENTS = " ".join(f"{group}.{what}" for group, kinds in KINDS.items() for what in kinds)

RENDERERS.append((asks_for_page, page_of))


def register_pages(app: Flask) -> None:
    """Give an application the pages of all roles."""
    prepare(app)
    for name in ("clock", "day", "short_day", "minutes", "percent"):
        app.add_template_filter(getattr(times, name), name)
    app.add_template_filter(times.plain_date, "date")
    app.add_template_filter(times.moment_of, "moment")
    app.add_template_filter(plot_for_page, "plot_json")
    app.add_template_filter(picture_address, "picture_address")
    app.add_template_filter(written, "written")
    serve_assets(app)
    app.register_blueprint(everybody)
    app.register_blueprint(hours)
    app.register_blueprint(work)
    for area in AREAS:
        app.register_blueprint(area.pages)
    if app.config["SETTINGS"].demo == "true":
        app.register_blueprint(demo)

    @app.errorhandler(forms.WrongForm)
    def of_address(error: forms.WrongForm) -> Response:
        errors = [{"field": field, "message": message} for field, message in error.errors]
        return problem(422, _("The address names something that cannot be used."), errors)

    @app.context_processor
    def shared() -> dict[str, Any]:
        actor = g.get("actor", NOBODY)
        return {
            "actor": actor,
            "areas": [(area, menu) for area in AREAS if (menu := area.menu_of(actor))],
            "csrf_token": csrf_token() or "",
            "demo": panel(g.get("call")),
            "events": EVENTS,
            "kept": forms.kept,
            "kept_list": forms.kept_list,
            "language": language(),
            "may": lambda action: actor is not NOBODY and reach(actor, action) is not None,
            "now": g.call.now if "call" in g else None,
            "once": secrets.token_hex(16),
            "practice": g.get("practice"),
            "reader": g.get("reader"),
            "refusal": g.get("refusal"),
            "step_labels": LABELS,
        }
