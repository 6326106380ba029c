"""Whether the equipment that a type of visit needs is there for one more session."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.database import lock
from serve.errors import Conflict
from serve.models import ClinicDay, Resource, VisitType
from serve.models.practice import visit_type_resource


def check_equipment(
    session: Session,
    visit_type: VisitType,
    starts_at: datetime,
    ends_at: datetime,
    day_id: UUID | None,
) -> None:
    """Raise `Conflict` if all pieces of some equipment are in use by sessions at that time.

    Whoever publishes with the same equipment waits until this transaction ends.

    Parameters
    ----------
    day_id
        The session itself, if it is there already.
    """
    needed = [one.id for one in visit_type.resources if one.kind == "equipment"]
    # In one order for all, so that two never wait for each other.
    for resource_id in sorted(needed):
        resource = lock(session, Resource, resource_id)
        users = (
            select(func.count(ClinicDay.id))
            .join(
                visit_type_resource,
                visit_type_resource.c.visit_type_id == ClinicDay.visit_type_id,
            )
            .where(
                visit_type_resource.c.resource_id == resource_id,
                ClinicDay.starts_at < ends_at,
                ClinicDay.ends_at > starts_at,
            )
        )
        if day_id is not None:
            users = users.where(ClinicDay.id != day_id)
        if resource is not None and (session.scalar(users) or 0) >= resource.pieces:
            raise Conflict("Equipment that is needed is in use at that time.", "equipment_busy")
