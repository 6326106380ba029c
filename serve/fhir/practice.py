"""What resources share of a practice: its clock, its codes, and what belongs to what."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select

from serve.api.call import Call
from serve.clock import wall_clock
from serve.fhir.references import UUIDS
from serve.fhir.values import token
from serve.models import Base, Practice, VisitType

#: System of the types of visits of a practice; a code is the identifier of one.
VISIT_TYPES = "urn:bailey:visit-type"

Model = TypeVar("Model", bound=Base)


def zone_of(call: Call) -> str:
    """Return the zone of the practice of whoever asks."""
    return call.session.get_one(Practice, call.practice_id).zone


def local(moment: datetime, zone: str) -> str:
    """Return a moment as the practice's clock shows it, with its offset."""
    return wall_clock(moment, zone).isoformat(timespec="seconds")


def instant(moment: datetime) -> str:
    """Return a moment in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def meta(row: Any, changed: datetime | None = None) -> dict[str, Any]:
    """Return version and last change of a row."""
    told = {"versionId": str(row.version)}
    return told | {"lastUpdated": instant(changed)} if changed is not None else told


def service_type(visit_type: VisitType) -> list[dict[str, Any]]:
    """Return a type of visit as a code."""
    coding = {"system": VISIT_TYPES, "code": str(visit_type.id), "display": visit_type.name}
    return [{"coding": [coding], "text": visit_type.name}]


def of_service_type(value: str) -> ColumnElement[bool]:
    """Return the condition that a type of visit is the one of a token: by identifier or name."""
    system, code = token(value)
    if system not in (None, "", VISIT_TYPES):
        return false()
    by_name = func.lower(VisitType.name) == func.lower(code)
    return or_(by_name, VisitType.id == UUID(code)) if UUIDS.fullmatch(code) else by_name


def rows_by_id(
    call: Call, model: type[Model], identifiers: Iterable[UUID | None]
) -> Mapping[UUID, Model]:
    """Return rows of a table by their identifiers."""
    wanted = sorted({one for one in identifiers if one is not None})
    column = model.id  # type: ignore[attr-defined]
    found = call.session.scalars(select(model).where(column.in_(wanted)))
    return {one.id: one for one in found}  # type: ignore[attr-defined]
