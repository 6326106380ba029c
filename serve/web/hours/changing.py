"""A change of availability: first what it would do to what is booked, then it is saved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, g, make_response, request, url_for
from pydantic import BaseModel

from serve.api.availability import (
    delete_exception,
    delete_rule,
    get_exception,
    get_rule,
    post_exception,
    post_rule,
    put_rule,
)
from serve.api.availability_fields import ExceptionBody, ExceptionIn, RuleBody, RuleIn
from serve.api.availability_preview import PreviewIn, post_preview
from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.practice import get_resources
from serve.api.templates import TemplatesIn, get_templates
from serve.auth.policy import reach
from serve.models import AvailabilityRule, Provider
from serve.web.forms import model_of
from serve.web.hours.blueprint import pages
from serve.web.hours.words import DAYS, days_of, recurrence_of, weeks_of
from serve.web.names import everything, locations_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall

#: How far ahead a change is looked at before it is saved, days.
AHEAD = 180
#: Fields of a form that say nothing of what is saved.
BESIDE = ("csrf_token", "once", "version", "sure", "days", "weeks")


def _fields(call: Call, provider_id: UUID) -> dict[str, Any]:
    """Return what both forms choose from."""
    may_see = reach(call.actor, "resource.read") is not None
    rooms = everything(get_resources, call.to("resource.read"), PageIn()) if may_see else []
    may_see = reach(call.actor, "template.read") is not None
    templates = (
        everything(get_templates, call.to("template.read"), TemplatesIn()) if may_see else []
    )
    return {
        "provider": call.find(Provider, provider_id),
        "visit_types": {key: one for key, one in visit_types_of(call).items() if one.active},
        "locations": locations_of(call),
        "rooms": [one for one in rooms if one.kind == "room"],
        "templates": templates,
        "days": DAYS,
        "today": on_wall(call.now),
    }


@shows(pages, "/<uuid:provider_id>/rules/new", "availability.change")
def rule_form(call: Call, provider_id: UUID) -> str:
    """Show the form of a new rule."""
    return render("hours/rule.html", rule=None, chosen=[], weeks=1, **_fields(call, provider_id))


@does(pages, "/<uuid:provider_id>/rules/new", "availability.change", form=rule_form)
def add_rule(call: Call, provider_id: UUID) -> Done | Response:
    """Add a rule, once it was seen what it does."""
    body = model_of(RuleBody, _rule_values())
    if not _sure():
        return _preview(call, provider_id, rule=body)
    given = {**_rule_values(), "provider_id": str(provider_id)}
    post_rule(call, model_of(RuleIn, given))
    return Done(url_for(".hours", provider_id=provider_id), _("The sessions are added."))


@shows(pages, "/rules/<uuid:rule_id>", "availability.change")
def change_form(call: Call, rule_id: UUID) -> str:
    """Show the form of a rule that is there."""
    rule: AvailabilityRule = get_rule(call.to("availability.read"), rule_id)
    return render(
        "hours/rule.html",
        rule=rule,
        chosen=days_of(rule.recurrence),
        weeks=weeks_of(rule.recurrence),
        **_fields(call, rule.provider_id),
    )


@does(pages, "/rules/<uuid:rule_id>", "availability.change", form=change_form)
def change_rule(call: Call, rule_id: UUID) -> Done | Response:
    """Change a rule, once it was seen what that does."""
    rule = get_rule(call.to("availability.read"), rule_id)
    body = model_of(RuleBody, _rule_values())
    if not _sure():
        return _preview(call, rule.provider_id, rule=body, replaces=rule_id)
    put_rule(call, rule_id, body)
    return Done(url_for(".hours", provider_id=rule.provider_id), _("The sessions are changed."))


@does(pages, "/rules/<uuid:rule_id>/end", "availability.change", form=change_form)
def end_rule(call: Call, rule_id: UUID) -> Done | Response:
    """Delete a rule, once it was seen what that does."""
    rule = get_rule(call.to("availability.read"), rule_id)
    if not _sure():
        return _preview(call, rule.provider_id, replaces=rule_id)
    delete_rule(call, rule_id)
    return Done(url_for(".hours", provider_id=rule.provider_id), _("The sessions are taken out."))


@shows(pages, "/<uuid:provider_id>/exceptions/new", "availability.change")
def exception_form(call: Call, provider_id: UUID) -> str:
    """Show the form of a date that is not as the others."""
    return render("hours/exception.html", **_fields(call, provider_id))


@does(pages, "/<uuid:provider_id>/exceptions/new", "availability.change", form=exception_form)
def add_exception(call: Call, provider_id: UUID) -> Done | Response:
    """Add an exception, once it was seen what it does."""
    body = model_of(ExceptionBody, _exception_values())
    if not _sure():
        return _preview(call, provider_id, exception=body)
    given = {**_exception_values(), "provider_id": str(provider_id)}
    post_exception(call, model_of(ExceptionIn, given))
    return Done(url_for(".hours", provider_id=provider_id), _("The exception is added."))


@shows(pages, "/exceptions/<uuid:exception_id>", "availability.read")
def exception(call: Call, exception_id: UUID) -> str:
    """Show one exception."""
    found = get_exception(call, exception_id)
    provider = call.find(Provider, found.provider_id)
    return render("hours/exception_there.html", exception=found, provider=provider)


@does(pages, "/exceptions/<uuid:exception_id>/end", "availability.change", form=exception)
def end_exception(call: Call, exception_id: UUID) -> Done | Response:
    """Delete an exception, once it was seen what that does."""
    found = get_exception(call.to("availability.read"), exception_id)
    provider_id = found.provider_id
    if not _sure():
        return _preview(call, provider_id, replaces=exception_id)
    delete_exception(call, exception_id)
    return Done(url_for(".hours", provider_id=provider_id), _("That day is as the others again."))


def _sure() -> bool:
    return request.form.get("sure") == "true"


def _plain(*beside: str) -> dict[str, Any]:
    return {
        name: value.strip()
        for name, value in request.form.items()
        if name not in (*BESIDE, *beside) and value.strip()
    }


def _rule_values() -> dict[str, Any]:
    """Return what a form says of a rule; its days of the week as a recurrence."""
    values = _plain()
    days = request.form.getlist("days")
    if days:
        values["recurrence"] = recurrence_of(days, request.form.get("weeks", "").strip())
    return values


def _exception_values() -> dict[str, Any]:
    values = _plain()
    if values.get("kind") == "away":
        # Where and for what are asked for extra sessions alone.
        for name in ("visit_type_id", "location_id", "room_id"):
            values.pop(name, None)
    return values


def _preview(
    call: Call,
    provider_id: UUID,
    rule: BaseModel | None = None,
    exception: BaseModel | None = None,
    replaces: UUID | None = None,
) -> Response:
    """Return a page that says what a change would do, with a button that does it."""
    today = on_wall(call.now)
    asked = PreviewIn.model_construct(
        provider_id=provider_id,
        first=today,
        last=today + timedelta(days=AHEAD),
        rule=rule,
        exception=exception,
        replaces=replaces,
    )
    preview: Callable[[Call, PreviewIn], dict[str, Any]] = post_preview
    would = preview(call.to("availability.read"), asked)
    g.pop("refusal", None)
    return make_response(
        render(
            "hours/preview.html",
            provider=call.find(Provider, provider_id),
            would=would,
            sent=[
                (name, value)
                for name, values in request.form.lists()
                for value in values
                if name not in ("csrf_token", "once", "version", "sure")
            ],
            given_version=request.form.get("version", ""),
            ahead=AHEAD,
            visit_types=visit_types_of(call),
        )
    )
