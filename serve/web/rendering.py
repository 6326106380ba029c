"""How templates become pages; a name that a template misspells is an error and not a blank."""

from typing import Any

from flask import Flask, current_app, request
from jinja2 import Environment, StrictUndefined

from serve.web.texts import _, plural

#: Where an application keeps what renders its pages.
KEPT = "bailey_pages"


def prepare(app: Flask) -> Environment:
    """Return what renders an application's pages, with gettext."""
    made = app.jinja_env.overlay(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    made.install_gettext_callables(_, plural, newstyle=True)  # type: ignore[attr-defined]
    app.extensions[KEPT] = made
    return made


def render(template: str, /, fragment: str = "", **context: Any) -> str:
    """Return a page; where htmx asks for a part of it, that part alone.

    Parameters
    ----------
    template, fragment
        Templates of the page, and of the part of it that changes by itself.
    """
    part = fragment and request.headers.get("HX-Request") == "true"
    environment: Environment = current_app.extensions[KEPT]
    current_app.update_template_context(context)
    return environment.get_template(fragment if part else template).render(context)
