"""What a practice is made of: locations, rooms, types of visits, providers."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.practice import (
    LocationIn,
    ResourceChange,
    ResourceIn,
    get_resources,
    patch_location,
    patch_resource,
    post_location,
    post_resource,
)
from serve.api.providers import ProviderIn, patch_provider, post_provider
from serve.api.visit_types import VisitTypeIn, post_visit_type, put_visit_type
from serve.models import Location, Provider, Resource, VisitType
from serve.web.administrator.blueprint import pages
from serve.web.administrator.session_form import LAWS
from serve.web.forms import WrongForm, model_of, read
from serve.web.names import everything, locations_of, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _

#: Fields of the law of consultation times in a form.
LAW = ("law", "mean", "cv")


@shows(pages, "/places", "location.change")
def places(call: Call) -> str:
    """List locations with their rooms and equipment."""
    return render(
        "administrator/places.html",
        locations=locations_of(call),
        resources=everything(get_resources, call.to("resource.read"), PageIn()),
    )


@does(pages, "/places", "location.change", form=places)
def add_location(call: Call) -> Done:
    """Add a location."""
    made = post_location(call, read(LocationIn))
    return Done(url_for(".places"), _("%(name)s is added.") % {"name": made.name})


@shows(pages, "/places/<uuid:location_id>", "location.change")
def location(call: Call, location_id: UUID) -> str:
    """Show a location with its rooms."""
    resources = everything(get_resources, call.to("resource.read"), PageIn())
    return render(
        "administrator/location.html",
        location=call.find(Location, location_id),
        resources=[one for one in resources if one.location_id == location_id],
    )


@does(pages, "/places/<uuid:location_id>", "location.change", form=location)
def change_location(call: Call, location_id: UUID) -> Done:
    """Change a location."""
    patch_location(call, location_id, read(LocationIn, kept_empty=("address",)))
    return Done(url_for(".places"), _("The location is changed."))


@does(pages, "/places/<uuid:location_id>/rooms", "resource.change", form=location)
def add_resource(call: Call, location_id: UUID) -> Done:
    """Add a room or equipment to a location."""
    made = post_resource(call, read(ResourceIn, location_id=str(location_id)))
    to = url_for(".location", location_id=location_id)
    return Done(to, _("%(name)s is added.") % {"name": made.name})


@shows(pages, "/rooms/<uuid:resource_id>", "resource.change")
def resource(call: Call, resource_id: UUID) -> str:
    """Show a room or equipment."""
    return render("administrator/resource.html", resource=call.find(Resource, resource_id))


@does(pages, "/rooms/<uuid:resource_id>", "resource.change", form=resource)
def change_resource(call: Call, resource_id: UUID) -> Done:
    """Change a room or equipment."""
    made = patch_resource(call, resource_id, read(ResourceChange))
    to = url_for(".location", location_id=made.location_id)
    return Done(to, _("%(name)s is changed.") % {"name": made.name})


@shows(pages, "/visit-types", "visit_type.change")
def visit_types(call: Call) -> str:
    """List the types of visits."""
    return render("administrator/visit_types.html", visit_types=visit_types_of(call))


@shows(pages, "/visit-types/new", "visit_type.change")
def new_visit_type(call: Call) -> str:
    """Show the form of a new type of visit."""
    return render("administrator/visit_type.html", one=None, **_choices(call))


@does(pages, "/visit-types/new", "visit_type.change", form=new_visit_type)
def add_visit_type(call: Call) -> Done:
    """Add a type of visit."""
    made = post_visit_type(call, _visit_type())
    return Done(url_for(".visit_types"), _("%(name)s is added.") % {"name": made.name})


@shows(pages, "/visit-types/<uuid:visit_type_id>", "visit_type.change")
def visit_type(call: Call, visit_type_id: UUID) -> str:
    """Show a type of visit."""
    found = call.find(VisitType, visit_type_id)
    return render("administrator/visit_type.html", one=found, **_choices(call))


@does(pages, "/visit-types/<uuid:visit_type_id>", "visit_type.change", form=visit_type)
def change_visit_type(call: Call, visit_type_id: UUID) -> Done:
    """Change a type of visit."""
    found = call.to("visit_type.read").find(VisitType, visit_type_id)
    made = put_visit_type(call, visit_type_id, _visit_type(found.service_time))
    return Done(url_for(".visit_types"), _("%(name)s is changed.") % {"name": made.name})


def _choices(call: Call) -> dict[str, Any]:
    resources = everything(get_resources, call.to("resource.read"), PageIn())
    return {"laws": LAWS, "resources": resources}


def _visit_type(kept: dict[str, Any] | None = None) -> VisitTypeIn:
    """Return what a form says of a type of visit; a law that no form has stays as it is kept."""
    form = request.form
    given: dict[str, Any] = {
        name: value.strip()
        for name, value in form.items()
        if name in VisitTypeIn.model_fields and value.strip()
    }
    law = form.get("law", "")
    if law in LAWS:
        time: dict[str, Any] = {"law": law}
        time["minutes" if law == "deterministic" else "mean"] = form.get("mean", "").strip()
        if LAWS[law] == 2 and form.get("cv", "").strip():
            time["cv"] = form["cv"].strip()
        given["service_time"] = time
    elif kept is not None:
        given["service_time"] = kept
    given["active"] = "active" in form
    given["resource_ids"] = form.getlist("resource_ids")
    try:
        return model_of(VisitTypeIn, given)
    except WrongForm as error:
        raise WrongForm(
            [(name.removeprefix("service_time."), message) for name, message in error.errors]
        ) from None


@shows(pages, "/providers", "provider.change")
def providers(call: Call) -> str:
    """List the providers."""
    return render("administrator/providers.html", providers=providers_of(call))


@does(pages, "/providers", "provider.change", form=providers)
def add_provider(call: Call) -> Done:
    """Add a provider, and go on to when clinic is held."""
    made = post_provider(call, read(ProviderIn))
    call.session.flush()
    return Done(
        url_for("hours.hours", provider_id=made.id),
        _("%(name)s is added. Say when clinic is held.") % {"name": made.name},
    )


@shows(pages, "/providers/<uuid:provider_id>", "provider.change")
def provider(call: Call, provider_id: UUID) -> str:
    """Show a provider."""
    return render("administrator/provider.html", provider=call.find(Provider, provider_id))


@does(pages, "/providers/<uuid:provider_id>", "provider.change", form=provider)
def change_provider(call: Call, provider_id: UUID) -> Done:
    """Change a provider."""
    active = "true" if "active" in request.form else "false"
    given = read(ProviderIn, beside=("active",), kept_empty=("external_id",), active=active)
    made = patch_provider(call, provider_id, given)
    return Done(url_for(".providers"), _("%(name)s is changed.") % {"name": made.name})
