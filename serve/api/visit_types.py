"""The types of visits that a practice offers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from objective import InvalidInput, ServiceTime
from serve.api.call import Call
from serve.api.fields import Identifier, Minutes, Name, Probability, Sent, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.api.schemas import ServiceTimeIn
from serve.models import Resource, VisitType

visit_types = APIBlueprint("visit_types", __name__, url_prefix="/api/v1")

Rule = Literal["individual", "bailey_welch", "equispaced", "two_at_a_time"]
Notice = Annotated[int, Field(strict=True, ge=0, le=527_040)]


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
    resource_ids: list[UUID]
    version: int


class VisitTypesOut(PageOut):
    """A page of types of visits."""

    items: list[VisitTypeOut]


@route(
    visit_types, "GET", "/visit-types", "visit_type.read", "List the types of visits",
    query=PageIn, gives=VisitTypesOut,
)  # fmt: skip
def get_visit_types(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of types of visits."""
    query = select(VisitType).where(VisitType.practice_id == call.practice_id)
    return page(call.session, query, (VisitType.name, VisitType.id), asked)


@route(
    visit_types, "POST", "/visit-types", "visit_type.change", "Add a type of visit",
    takes=VisitTypeIn, gives=VisitTypeOut, status=201,
)  # fmt: skip
def post_visit_type(call: Call, given: VisitTypeIn) -> VisitType:
    """Add a type of visit."""
    made = VisitType(practice_id=call.practice_id, **_values(given))
    made.resources = _resources(call, given.resource_ids)
    call.session.add(made)
    return made


@route(
    visit_types, "PUT", "/visit-types/<uuid:visit_type_id>", "visit_type.change",
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
