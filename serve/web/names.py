"""What pages call things by: names of providers, visits and places, and whole lists."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from serve.api.call import Call
from serve.api.pages import LONGEST_PAGE, PageIn
from serve.api.practice import get_locations
from serve.api.providers import get_providers
from serve.api.visit_types import get_visit_types
from serve.models import Location, Patient, Provider, VisitType

Asked = TypeVar("Asked", bound=PageIn)


def everything(
    view: Callable[[Call, Asked], Mapping[str, Any]], call: Call, asked: Asked, most: int = 2000
) -> list[Any]:
    """Return the rows of all pages of a list of the API, up to a number of rows."""
    found: list[Any] = []
    asked = asked.model_copy(update={"limit": LONGEST_PAGE})
    while len(found) < most:
        page = view(call, asked)
        found += page["items"]
        if page["next"] is None:
            break
        asked = asked.model_copy(update={"cursor": page["next"]})
    return found


def providers_of(call: Call) -> dict[UUID, Provider]:
    """Return the providers of the practice in the order of their names."""
    found = everything(get_providers, call.to("provider.read"), PageIn())
    return {one.id: one for one in found}


def visit_types_of(call: Call) -> dict[UUID, VisitType]:
    """Return the types of visits of the practice in the order of their names."""
    found = everything(get_visit_types, call.to("visit_type.read"), PageIn())
    return {one.id: one for one in found}


def locations_of(call: Call) -> dict[UUID, Location]:
    """Return the locations of the practice."""
    found = everything(get_locations, call.to("location.read"), PageIn())
    return {one.id: one for one in found}


def patients_of(call: Call, identifiers: set[UUID]) -> dict[UUID, Patient]:
    """Return patients whom the reader may see; what is shown of them is noted."""
    to = call.to("patient.read")
    # Together, so that they are not asked for one by one.
    every = call.session.scalars(select(Patient).where(Patient.id.in_(identifiers))).all()
    return {one.id: to.find(Patient, one.id) for one in every}
