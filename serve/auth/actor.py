"""Who does something: a user with roles, or the service itself."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Carer, Patient, User

#: How somebody was recognised.
By = Literal["session", "token", "link", "system", "nobody"]


@dataclass(frozen=True)
class Actor:
    """Who does something.

    Attributes
    ----------
    user_id, practice_id
        None for nobody and for the service itself.
    roles
        Roles of the user.
    provider_id
        The provider that the user is.
    patient_ids
        The patients for whom the user acts: oneself, and those cared for.
    scopes
        Actions to which a token is limited; None for no limit.
    by
        How the user was recognised.
    until
        When the token by which the user was recognised ends; None without a token.
    """

    user_id: UUID | None = None
    practice_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    provider_id: UUID | None = None
    patient_ids: frozenset[UUID] = field(default_factory=frozenset)
    scopes: frozenset[str] | None = None
    by: By = "nobody"
    until: datetime | None = None

    @property
    def system(self) -> bool:
        """Whether it is the service itself, which may do everything."""
        return self.by == "system"


NOBODY = Actor()
#: Whoever has a link whose secret is the right to it; which practice's it is, its route finds out.
WITH_LINK = Actor(by="link")
SYSTEM = Actor(by="system")


def actor_of(
    session: Session,
    user: User,
    by: By,
    scopes: frozenset[str] | None = None,
    until: datetime | None = None,
) -> Actor:
    """Return the actor that a user is."""
    own = session.scalars(
        select(Patient.id).where(Patient.user_id == user.id, Patient.erased_at.is_(None))
    )
    cared_for = session.scalars(
        select(Carer.patient_id)
        .join(Patient, Patient.id == Carer.patient_id)
        .where(Carer.user_id == user.id, Patient.erased_at.is_(None))
    )
    roles = frozenset(role.role for role in user.roles)
    return Actor(
        user_id=user.id,
        practice_id=user.practice_id,
        roles=roles,
        # Who was a provider, or a patient, has what was theirs only as long as the role.
        provider_id=user.provider_id if "provider" in roles else None,
        patient_ids=frozenset([*own, *cared_for]) if "patient" in roles else frozenset(),
        scopes=scopes,
        by=by,
        until=until,
    )
