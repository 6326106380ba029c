"""What a practice is: itself, its locations, rooms, equipment, providers and types of visit."""

from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from objective import InvalidInput, ServiceTime
from serve.api.call import Call
from serve.api.fields import Identifier, Minutes, Name, Probability, Sent, Text, Told, Zone, change
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.api.schemas import ServiceTimeIn
from serve.models import Location, Practice, Provider, Resource, VisitType

practice = APIBlueprint("practice", __name__, url_prefix="/api/v1")

Rule = Literal["individual", "bailey_welch", "equispaced", "two_at_a_time"]
Notice = Annotated[int, Field(strict=True, ge=0, le=527_040)]


class PracticeChange(Sent):
    """What of a practice may be changed."""

    name: Name = ""
    zone: Zone = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")] = ""
    hold_minutes: Minutes = 1
    offer_minutes: Minutes = 1
    retention_days: Annotated[int, Field(strict=True, ge=0, le=36_525)] = 0


class PracticeOut(Told):
    """A practice."""

    id: UUID
    name: str
    zone: str
    country: str
    hold_minutes: int
    offer_minutes: int
    retention_days: int
    version: int


@route(practice, "GET", "/practice", "practice.read", "Tell of the practice", gives=PracticeOut)
def get_practice(call: Call) -> Practice:
    """Return the practice of whoever asks."""
    return call.find(Practice, call.practice_id)


@route(
    practice, "PATCH", "/practice", "practice.change", "Change the practice",
    takes=PracticeChange, gives=PracticeOut,
)  # fmt: skip
def patch_practice(call: Call, given: PracticeChange) -> Practice:
    """Change what is sent of the practice."""
    found = call.find_to_change(Practice, call.practice_id)
    change(found, given)
    return found


class LocationIn(Sent):
    """A location."""

    name: Name
    address: Text = ""


class LocationOut(Told):
    """A location."""

    id: UUID
    name: str
    address: str
    version: int


class LocationsOut(PageOut):
    """A page of locations."""

    items: list[LocationOut]


@route(
    practice, "GET", "/locations", "location.read", "List the locations",
    query=PageIn, gives=LocationsOut,
)  # fmt: skip
def get_locations(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of locations."""
    query = select(Location).where(Location.practice_id == call.practice_id)
    return page(call.session, query, (Location.name, Location.id), asked)


@route(
    practice, "POST", "/locations", "location.change", "Add a location",
    takes=LocationIn, gives=LocationOut, status=201,
)  # fmt: skip
def post_location(call: Call, given: LocationIn) -> Location:
    """Add a location."""
    made = Location(practice_id=call.practice_id, **given.model_dump())
    call.session.add(made)
    return made


@route(
    practice, "PATCH", "/locations/<uuid:location_id>", "location.change", "Change a location",
    takes=LocationIn, gives=LocationOut,
)  # fmt: skip
def patch_location(call: Call, location_id: UUID, given: LocationIn) -> Location:
    """Change a location."""
    found = call.find_to_change(Location, location_id)
    change(found, given)
    return found


class ResourceIn(Sent):
    """A room, or pieces of equipment."""

    location_id: Identifier
    kind: Literal["room", "equipment"]
    name: Name
    pieces: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1


class ResourceOut(Told):
    """A room, or pieces of equipment."""

    id: UUID
    location_id: UUID
    kind: str
    name: str
    pieces: int
    version: int


class ResourcesOut(PageOut):
    """A page of rooms and equipment."""

    items: list[ResourceOut]


@route(
    practice, "GET", "/resources", "resource.read", "List rooms and equipment",
    query=PageIn, gives=ResourcesOut,
)  # fmt: skip
def get_resources(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of rooms and equipment."""
    query = select(Resource).where(Resource.practice_id == call.practice_id)
    return page(call.session, query, (Resource.name, Resource.id), asked)


@route(
    practice, "POST", "/resources", "resource.change", "Add a room or equipment",
    takes=ResourceIn, gives=ResourceOut, status=201,
)  # fmt: skip
def post_resource(call: Call, given: ResourceIn) -> Resource:
    """Add a room or equipment."""
    call.find(Location, given.location_id, "location.read")
    made = Resource(practice_id=call.practice_id, **given.model_dump())
    call.session.add(made)
    return made


class ProviderIn(Sent):
    """A provider."""

    name: Name
    external_id: Text = ""
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
    practice, "GET", "/providers", "provider.read", "List the providers",
    query=PageIn, gives=ProvidersOut,
)  # fmt: skip
def get_providers(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of providers."""
    query = select(Provider).where(Provider.practice_id == call.practice_id)
    return page(call.session, query, (Provider.name, Provider.id), asked)


@route(
    practice, "POST", "/providers", "provider.change", "Add a provider",
    takes=ProviderIn, gives=ProviderOut, status=201,
)  # fmt: skip
def post_provider(call: Call, given: ProviderIn) -> Provider:
    """Add a provider."""
    made = Provider(practice_id=call.practice_id, **given.model_dump())
    call.session.add(made)
    return made


@route(
    practice, "PATCH", "/providers/<uuid:provider_id>", "provider.change", "Change a provider",
    takes=ProviderIn, gives=ProviderOut,
)  # fmt: skip
def patch_provider(call: Call, provider_id: UUID, given: ProviderIn) -> Provider:
    """Change a provider; one that is not active keeps what is booked and gets no more."""
    found = call.find_to_change(Provider, provider_id)
    change(found, given)
    return found


class VisitTypeIn(Sent):
    """A type of visit."""

    name: Name
    minutes: Minutes
    interval_minutes: Annotated[int, Field(strict=True, ge=1, le=240)] = 5
    service_time: ServiceTimeIn
    no_show: Probability = 0.0
    default_rule: Rule = "individual"
    book_notice_minutes: Notice = 60
    cancel_notice_minutes: Notice = 1440
    active: bool = True
    resource_ids: Annotated[list[Identifier], Field(max_length=20, default_factory=list)]


class VisitTypeOut(Told):
    """A type of visit."""

    id: UUID
    name: str
    minutes: int
    interval_minutes: int
    service_time: dict[str, Any]
    no_show: float
    default_rule: str
    book_notice_minutes: int
    cancel_notice_minutes: int
    active: bool
    version: int


class VisitTypesOut(PageOut):
    """A page of types of visits."""

    items: list[VisitTypeOut]


@route(
    practice, "GET", "/visit-types", "visit_type.read", "List the types of visits",
    query=PageIn, gives=VisitTypesOut,
)  # fmt: skip
def get_visit_types(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of types of visits."""
    query = select(VisitType).where(VisitType.practice_id == call.practice_id)
    return page(call.session, query, (VisitType.name, VisitType.id), asked)


@route(
    practice, "POST", "/visit-types", "visit_type.change", "Add a type of visit",
    takes=VisitTypeIn, gives=VisitTypeOut, status=201,
)  # fmt: skip
def post_visit_type(call: Call, given: VisitTypeIn) -> VisitType:
    """Add a type of visit."""
    made = VisitType(practice_id=call.practice_id, **_values(given))
    made.resources = _resources(call, given.resource_ids)
    call.session.add(made)
    return made


@route(
    practice, "PUT", "/visit-types/<uuid:visit_type_id>", "visit_type.change",
    "Change a type of visit", takes=VisitTypeIn, gives=VisitTypeOut,
)  # fmt: skip
def put_visit_type(call: Call, visit_type_id: UUID, given: VisitTypeIn) -> VisitType:
    """Change a type of visit; sessions that are published stay as they are."""
    found = call.find_to_change(VisitType, visit_type_id)
    for name, value in _values(given).items():
        setattr(found, name, value)
    found.resources = _resources(call, given.resource_ids)
    return found


def _values(given: VisitTypeIn) -> dict[str, Any]:
    """Return a type's columns; raise `InvalidInput` for a law that cannot be used."""
    law = given.service_time.model_dump(exclude_none=True)
    ServiceTime.from_dict(law)
    return given.model_dump(exclude={"resource_ids", "service_time"}) | {"service_time": law}


def _resources(call: Call, identifiers: list[UUID]) -> list[Resource]:
    if len(set(identifiers)) < len(identifiers):
        raise InvalidInput("resource_ids", "a list", "resources, each named once")
    return [call.find(Resource, one, "resource.read") for one in identifiers]
