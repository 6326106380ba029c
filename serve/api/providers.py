"""The providers of a practice."""

from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import Name, Sent, Text, Told, change
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.models import Provider

providers = APIBlueprint("providers", __name__, url_prefix="/api/v1")


class ProviderIn(Sent):
    """A provider."""

    name: Name
    external_id: Annotated[Text, Field(max_length=200)] = ""
    active: bool = True


class ProviderOut(Told):
    """A provider."""

    id: UUID
    name: str
    external_id: str
    active: bool
    version: int


class ProvidersOut(PageOut):
    """A page of providers."""

    items: list[ProviderOut]


@route(
    providers, "GET", "/providers", "provider.read", "List the providers",
    query=PageIn, gives=ProvidersOut,
)  # fmt: skip
def get_providers(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of providers."""
    query = select(Provider).where(Provider.practice_id == call.practice_id)
    return page(call.session, query, (Provider.name, Provider.id), asked)


@route(
    providers, "POST", "/providers", "provider.change", "Add a provider",
    takes=ProviderIn, gives=ProviderOut, status=201,
)  # fmt: skip
def post_provider(call: Call, given: ProviderIn) -> Provider:
    """Add a provider."""
    made = Provider(practice_id=call.practice_id, **given.model_dump())
    call.session.add(made)
    return made


@route(
    providers, "PATCH", "/providers/<uuid:provider_id>", "provider.change", "Change a provider",
    takes=ProviderIn, gives=ProviderOut,
)  # fmt: skip
def patch_provider(call: Call, provider_id: UUID, given: ProviderIn) -> Provider:
    """Change a provider; one that is not active keeps what is booked and gets no more."""
    found = call.find_to_change(Provider, provider_id)
    change(found, given)
    return found
