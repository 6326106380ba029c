"""Templates: looked at, renamed, published to dates, and deleted."""

from typing import Any
from uuid import UUID

from flask import Response, make_response, request, url_for

from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.api.publishing import PublicationIn, post_publication
from serve.api.templates import (
    TemplateChange,
    TemplatesIn,
    delete_template,
    get_template,
    get_templates,
    patch_template,
)
from serve.web.administrator.blueprint import pages
from serve.web.administrator.session_form import BEGINS
from serve.web.forms import read
from serve.web.names import everything, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall


@shows(pages, "/templates", "template.read")
def templates(call: Call) -> str:
    """List the templates."""
    return render(
        "administrator/templates.html",
        templates=everything(get_templates, call, TemplatesIn()),
        visit_types=visit_types_of(call),
    )


@shows(pages, "/templates/<uuid:template_id>", "template.read")
def template(call: Call, template_id: UUID) -> str:
    """Show a template, and the form to publish it."""
    found = get_template(call, template_id)
    length = found.objective["session"]["interval_length"]
    times = [
        (count, *divmod(int(BEGINS + interval * length), 60))
        for interval, count in enumerate(found.schedule)
        if count
    ]
    return render(
        "administrator/template.html",
        template=found,
        bars=[(count, f"{hour % 24:02d}:{minute:02d}") for count, hour, minute in times],
        providers={key: one for key, one in providers_of(call).items() if one.active},
        visit_types=visit_types_of(call),
        today=on_wall(call.now),
    )


@does(pages, "/templates/<uuid:template_id>", "template.change", form=template)
def rename(call: Call, template_id: UUID) -> Done:
    """Call a template something else."""
    made = patch_template(call, template_id, read(TemplateChange))
    said = _("It is called %(name)s now.") % {"name": made.name}
    return Done(url_for(".template", template_id=template_id), said)


@does(pages, "/templates/<uuid:template_id>/delete", "template.change", form=template)
def delete(call: Call, template_id: UUID) -> Done:
    """Delete a template that nothing uses."""
    delete_template(call, template_id)
    return Done(url_for(".templates"), _("The template is deleted."))


class Dates(Sent):
    """With whom and on which dates."""

    provider_id: Identifier | None = None
    first: Day
    last: Day


@does(pages, "/templates/<uuid:template_id>/publish", "template.publish", form=template)
def publish(call: Call, template_id: UUID) -> Done | Response:
    """Publish a template to dates, once it was seen what that does."""
    dates = read(Dates, beside=("sure",))
    given = PublicationIn(template_id=template_id, **dates.model_dump())
    if request.form.get("sure") != "true":
        # It is done as it would be, told, and taken back.
        with call.session.begin_nested() as trial:
            told = outcomes(post_publication(call, given)["items"])
            trial.rollback()
        return make_response(
            render(
                "administrator/publish.html",
                template=get_template(call.to("template.read"), template_id),
                told=told,
                dates=dates,
                providers=providers_of(call),
            )
        )
    told = outcomes(post_publication(call, given)["items"])
    number = len(told["published"]) + len(told["changed"])
    said = _("%(number)s sessions are published.") % {"number": number}
    return Done(url_for(".sessions", first=dates.first.isoformat()), said)


def outcomes(items: list[Any]) -> dict[str, list[Any]]:
    """Return what was done for each block, by what it was."""
    found: dict[str, list[Any]] = {"published": [], "changed": [], "unchanged": [], "left_out": []}
    for one in items:
        found[one.done].append(one)
    return found
