"""A practice, its locations, rooms and equipment."""

from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import Identifier, Minutes, Name, Sent, Text, Told, Zone, change
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.models import Location, Practice, Resource

practice = APIBlueprint("practice", __name__, url_prefix="/api/v1")


class PracticeChange(Sent):
    """What of a practice may be changed."""

    name: Name = ""
    zone: Zone = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")] = ""
    hold_minutes: Minutes = 1
    offer_minutes: Minutes = 1
    retention_days: Annotated[int, Field(strict=True, ge=0, le=36_525)] = 0
    reminder_hours: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=720,
            description="how long before a visit that is booked from now on its patient is "
            "reminded, unless the patient says otherwise; 0 for never",
        ),
    ] = 0
    delay_minutes: Annotated[
        Minutes,
        Field(description="by how much an expected start moves before its patient is told"),
    ] = 1
    contact: Annotated[
        Text, Field(max_length=200, description="where patients reach the practice")
    ] = ""


class PracticeOut(Told):
    """A practice."""

    id: UUID
    name: str
    zone: str
    country: str
    hold_minutes: int
    offer_minutes: int
    retention_days: int
    reminder_hours: int
    delay_minutes: int
    contact: str
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


class ResourceChange(Sent):
    """What of a room or of equipment may be changed."""

    name: Name
    pieces: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1


@route(
    practice, "PATCH", "/resources/<uuid:resource_id>", "resource.change",
    "Change a room or equipment", takes=ResourceChange, gives=ResourceOut,
)  # fmt: skip
def patch_resource(call: Call, resource_id: UUID, given: ResourceChange) -> Resource:
    """Change the name of a room, or name and number of pieces of equipment."""
    found = call.find_to_change(Resource, resource_id)
    change(found, given)
    return found
